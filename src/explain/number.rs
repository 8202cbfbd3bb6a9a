//! Whole numbers in a text, and which of them stand in the position of a status, a close code or an error number.

use super::clean::boundary_from;

/// What a number in its position can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberKind {
    /// A system error number, or the number of an SDK that stands in its place.
    Error,
    /// An HTTP status.
    Status,
    /// A close code of a WebSocket.
    Close,
}

/// A whole number in a text, with the text before and after it.
pub(super) struct Whole<'a> {
    pub(super) value: u32,
    /// The offset of its first digit.
    pub(super) start: usize,
    /// The text before the number, without blanks, brackets and signs.
    before: &'a str,
    is_quoted: bool,
    is_bracketed: bool,
    after: &'a str,
}

/// Returns the numbers of a lower-case text that are not part of a longer word, a version or an address.
pub(super) fn numbers(text: &str) -> impl Iterator<Item = Whole<'_>> {
    let bytes = text.as_bytes();
    let is_digit = move |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let starts = (0..bytes.len()).filter(move |&at| is_digit(at) && (at == 0 || !is_digit(at - 1)));
    starts.filter_map(move |start| {
        let end = start + bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (lead, after) = (&text[..start], &text[end..]);
        let joins = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '%' | '#');
        let continues = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '/' | '%');
        let is_fraction = after.starts_with('.') && is_digit(end + 1);
        if lead.ends_with(joins) && !lead.ends_with("http") || after.starts_with(continues) || is_fraction {
            return None;
        }
        let before = lead.trim_end_matches([' ', ':', '=', '(', '[', '"', '\'', '`']);
        let between = &lead[before.len()..];
        Some(Whole {
            value: text[start..end].parse().ok()?,
            start,
            before,
            is_quoted: between.contains(['"', '\'', '`']),
            is_bracketed: between.ends_with('('),
            after,
        })
    })
}

impl Whole<'_> {
    pub(super) fn is(&self, kind: NumberKind) -> bool {
        match kind {
            NumberKind::Error => self.is_error_number(),
            NumberKind::Status => self.is_status(),
            NumberKind::Close => self.is_close_code(),
        }
    }

    /// Matches `Error details: 11001`, `code=111`, `[0x3 | 111]`, `[Errno 104]`, `[WinError 10061]`, `connect failure 101`.
    fn is_error_number(&self) -> bool {
        let named = ["details", "details: code", "errno", "winerror", "os error", "connect failure", "0x3 |", "0x3 ¦"];
        self.stands_alone()
            || named.iter().any(|word| self.before.ends_with(word))
            || self.before.trim_end_matches(['|', '¦', ' ']).ends_with("0x80000001")
            || self.before.ends_with("code") && !self.is_quoted && !self.is_foreign_code()
            || self.before.ends_with("error") && self.value >= 10_000
    }

    /// Matches `Unexpected server response: 401`, `HTTP 404`, `"statusCode": 429`, `Bad request (400)`, `403 Forbidden`.
    fn is_status(&self) -> bool {
        let phrases = [
            " unauthorized",
            " forbidden",
            " not found",
            " bad request",
            " too many requests",
            " bad gateway",
            " client error",
            " server error",
            " proxy authentication required",
            " service unavailable",
            " gateway timeout",
            " internal server error",
            " switching protocols",
            // How `aiohttp` prints an answer.
            ", message=",
        ];
        let named = [
            "server response",
            "response code",
            "http",
            "http/1.0",
            "http/1.1",
            "http/2",
            "http/2.0",
            "error",
            "status",
            "http status",
            "wsserverhandshakeerror",
            "statuscodeerror",
            "response status",
            "failed with status",
            "upgrade",
            "from server",
        ];
        let bracketed =
            ["error", "request", "requests", "forbidden", "unauthorized", "unavailable", "timeout", "redirect"];
        self.stands_alone()
            || self.is_told()
            || self.is_logged_answer()
            || self.before.ends_with("code") && !self.is_exit_code()
            || !self.is_quoted && named.iter().any(|word| self.before.ends_with(word))
            || self.is_bracketed && bracketed.iter().any(|word| self.before.ends_with(word))
            || !self.is_quoted && phrases.iter().any(|phrase| self.after.starts_with(phrase))
    }

    /// Matches what people tell: `it returns a 404.`, `I always get 401`, `fails with 403,`.
    fn is_told(&self) -> bool {
        let is_known = matches!(self.value, 401 | 403 | 404 | 429 | 502 | 503);
        let before = self.before.trim_end_matches(" a").trim_end_matches(" an").trim_end_matches(" the");
        let told =
            ["returns", "returned", "returning", "return", "get", "gets", "got", "getting", "with", "gives", "throws"];
        let is_end = self.after.is_empty() || self.after.starts_with(['.', ',', ';', ':', '!', '?', ')', '\n']);
        let is_told = told
            .iter()
            .any(|word| before.strip_suffix(word).is_some_and(|lead| !lead.ends_with(|c: char| c.is_alphanumeric())));
        is_known && !self.is_quoted && is_end && is_told
    }

    /// Matches the log of a client, where the request follows its host: `https://host:443 "POST /path HTTP/1.1" 404 198`. In the
    /// log of a server, the request follows an address and a time.
    fn is_logged_answer(&self) -> bool {
        if !["http/1.0", "http/1.1", "http/2"].iter().any(|version| self.before.ends_with(version)) {
            return false;
        }
        // The host stands before the request.
        let start = boundary_from(self.before, self.before.len().saturating_sub(1000));
        self.before[start..].rsplit_once(['"', '\'']).is_some_and(|(lead, _)| {
            let host = lead.trim_end().rsplit([' ', '\n']).next().unwrap_or_default();
            host.contains("://") && host.ends_with(|c: char| c.is_ascii_digit())
        })
    }

    /// Matches `StatusCode: 1006`, `Error code: 1007`, `closed with 1012`, `received 1011 (internal error)`.
    fn is_close_code(&self) -> bool {
        let named = ["closed", "closed with", "close", "received", "sent", "reason"];
        self.stands_alone()
            || self.before.ends_with("code") && !self.is_exit_code()
            || named.iter().any(|word| self.before.ends_with(word))
    }

    /// Returns whether the number is the whole text and long enough to be meaningful alone.
    fn stands_alone(&self) -> bool {
        self.before.is_empty()
            && self.after.trim_end_matches(['.', ' ', '\r', '\n', '"', '\'', ')', ']']).is_empty()
            && self.value >= 200
    }

    /// Matches `when status code '101' was expected`.
    pub(super) fn is_expected(&self) -> bool {
        self.after.trim_start_matches(['\'', '"', '`', ' ']).starts_with("was expected")
    }

    fn is_foreign_code(&self) -> bool {
        self.is_exit_code() || ["status code", "statuscode", "http code"].iter().any(|word| self.before.ends_with(word))
    }

    fn is_exit_code(&self) -> bool {
        ["exit code", "exited with code", "return code"].iter().any(|word| self.before.ends_with(word))
    }
}
