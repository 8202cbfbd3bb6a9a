//! The ids in a log by which Microsoft's support finds a call.

/// An id in a log, as it is written there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoggedId {
    /// What it names.
    pub kind: IdKind,
    /// 32 hexadecimal digits, or those of a GUID with hyphens.
    pub value: String,
}

/// What an id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum IdKind {
    /// A session of the Speech SDK.
    Session,
    /// A connection.
    Connection,
    /// A request or a turn.
    Request,
    /// A trace or correlation of the service or of Entra.
    Trace,
}

impl IdKind {
    /// Every kind, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Session, Self::Connection, Self::Request, Self::Trace];

    /// Returns the stable identifier.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Connection => "connection",
            Self::Request => "request",
            Self::Trace => "trace",
        }
    }
}

/// Returns the ids in a text, each once, in their order. Only what a label names is an id, because a key has the same shape; a
/// value that a label of a credential names anywhere does not count.
pub(super) fn ids(text: &str) -> Vec<LoggedId> {
    let mut ids: Vec<LoggedId> = Vec::new();
    let mut secrets: Vec<&str> = Vec::new();
    for (start, value) in values(text) {
        let label = label(&text[..start]);
        if SECRET.iter().any(|end| label.ends_with(end)) {
            secrets.push(value);
        } else if let Some((kind, _)) = LABELS.iter().find(|(_, end)| label.ends_with(end)) {
            let is_new = !ids.iter().any(|id| id.value.eq_ignore_ascii_case(value) && id.kind == *kind);
            if is_new && ids.iter().filter(|id| id.kind == *kind).count() < MOST {
                ids.push(LoggedId { kind: *kind, value: value.to_owned() });
            }
        }
    }
    ids.retain(|id| !secrets.iter().any(|secret| secret.eq_ignore_ascii_case(&id.value)));
    ids
}

/// The number of ids of one kind that are kept.
const MOST: usize = 100;

const LABELS: [(IdKind, &str); 12] = [
    (IdKind::Session, "session"),
    (IdKind::Session, "sessionstarted"),
    (IdKind::Connection, "connection"),
    (IdKind::Session, "sessionid"),
    (IdKind::Connection, "connectionid"),
    (IdKind::Request, "requestid"),
    (IdKind::Request, "requestidis"),
    (IdKind::Session, "sessionidvalue"),
    (IdKind::Trace, "traceid"),
    (IdKind::Trace, "correlationid"),
    (IdKind::Trace, "operationid"),
    (IdKind::Trace, "activityid"),
];

const SECRET: [&str; 6] = ["key", "token", "secret", "password", "authorization", "bearer"];

/// Returns the runs of 32 hexadecimal digits, or of a GUID, with their offsets.
fn values(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let mut rest = 0;
    let runs = std::iter::from_fn(move || {
        let start = rest + text[rest..].find(is_part)?;
        let end = start + text[start..].find(|c| !is_part(c)).unwrap_or(text.len() - start);
        rest = end;
        Some((start, &text[start..end]))
    });
    runs.filter(|(_, run)| {
        let hyphens = || run.match_indices('-').map(|(at, _)| at);
        let is_guid = run.len() == 36 && hyphens().eq([8, 13, 18, 23]);
        (run.len() == 32 && !run.contains(['-', '_']) || is_guid)
            && run.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
    })
}

/// Returns the words before a value, in lower case and without signs and blanks.
fn label(before: &str) -> String {
    let lead = before.char_indices().rev().nth(LONGEST_LABEL).map_or(0, |(at, _)| at);
    let line = before[lead..].rsplit(['\n', '|', ',', '&', '{']).next().unwrap_or_default();
    line.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase()).collect()
}

const LONGEST_LABEL: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "998b9f0f349049858c0be24e91778fbc";
    const KEY: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn what_a_label_names_is_an_id() {
        for (before, kind) in [
            ("SessionId: ", IdKind::Session),
            ("privSessionId: ", IdKind::Session),
            ("name='SessionId'; value='", IdKind::Session),
            ("X-ConnectionId: ", IdKind::Connection),
            ("&X-ConnectionId=", IdKind::Connection),
            ("\"connectionId\":\"", IdKind::Connection),
            ("RequestId: '", IdKind::Request),
            ("The current speech request id is ", IdKind::Request),
            ("apim-request-id: ", IdKind::Request),
            ("x-ms-request-id=", IdKind::Request),
            ("Correlation ID: ", IdKind::Trace),
            ("Trace ID: ", IdKind::Trace),
        ] {
            let found = ids(&format!("x {before}{ID} y"));
            assert_eq!(found, [LoggedId { kind, value: ID.to_owned() }], "{before}");
        }
        let guid = "D717CC70-0BED-4C80-A176-C440CC64DEE9";
        assert_eq!(ids(&format!("SessionId: {guid}"))[0].value, guid);
    }

    #[test]
    fn what_a_credential_label_names_is_never_an_id() {
        for text in [
            format!("Ocp-Apim-Subscription-Key: {KEY}"),
            format!("key={KEY} SessionId: {KEY}"),
            format!("SessionId: {KEY}\nOcp-Apim-Subscription-Key={}", KEY.to_uppercase()),
            format!("api-key {KEY}"),
            KEY.to_owned(),
            format!("SessionId: x, {KEY}"),
            format!("SessionId: {KEY}0"),
        ] {
            assert!(ids(&text).is_empty(), "{text}");
        }
    }
}
