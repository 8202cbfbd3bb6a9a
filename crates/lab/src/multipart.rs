//! A form with files: `multipart/form-data`. <https://www.rfc-editor.org/rfc/rfc7578>

use bytes::Bytes;

use super::exchange::Asked;

/// A field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) content: Bytes,
}

/// Reads the form of a request; `None` if it has none.
pub(super) fn fields(asked: &Asked) -> Option<Vec<Field>> {
    let kind = asked.header("content-type")?;
    if !kind.get(..19)?.eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = kind.split(';').find_map(|part| part.trim().strip_prefix("boundary="))?.trim_matches('"');
    let line = [b"--".as_slice(), boundary.as_bytes()].concat();
    let ends = positions(&asked.body, &line);
    let fields = ends.windows(2).take(MOST_FIELDS).filter_map(|pair| {
        let part = asked.body.slice(pair[0] + line.len()..pair[1]);
        field(&part)
    });
    Some(fields.collect())
}

/// Returns the content of a field as text.
pub(super) fn text<'a>(fields: &'a [Field], name: &str) -> Option<&'a str> {
    std::str::from_utf8(&content(fields, name)?.content).ok()
}

/// Returns a field by its name.
pub(super) fn content<'a>(fields: &'a [Field], name: &str) -> Option<&'a Field> {
    fields.iter().find(|field| field.name == name)
}

/// Reads a part between two boundaries.
fn field(part: &Bytes) -> Option<Field> {
    let start = part.strip_prefix(b"\r\n").map(|_| 2)?;
    let end = start + positions(&part[start..], b"\r\n\r\n").first()?;
    let head = std::str::from_utf8(&part[start..end]).ok()?;
    let disposition = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    let name = disposition.split(';').find_map(|part| part.trim().strip_prefix("name="))?;
    let content = part.slice(end + 4..);
    let length = content.strip_suffix(b"\r\n").map_or(content.len(), <[u8]>::len);
    Some(Field { name: name.trim_matches('"').to_owned(), content: content.slice(..length) })
}

/// Returns the positions of a pattern.
fn positions(bytes: &[u8], pattern: &[u8]) -> Vec<usize> {
    let Some(first) = pattern.first() else { return Vec::new() };
    let starts = bytes.iter().enumerate().filter(|(_, byte)| *byte == first).map(|(at, _)| at);
    starts.filter(|at| bytes[*at..].starts_with(pattern)).take(MOST_FIELDS + 1).collect()
}

/// The maximum number of fields.
const MOST_FIELDS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(kind: &str, body: &[u8]) -> Asked {
        let mut asked = Asked::get("contoso.example", "/");
        asked.headers = vec![("content-type".into(), kind.into())];
        asked.body = Bytes::copy_from_slice(body);
        asked
    }

    #[test]
    fn fields_are_read_with_their_bytes() {
        let body = b"--xX\r\nContent-Disposition: form-data; name=\"audio\"; filename=\"a.wav\"\r\nContent-Type: audio/wav\r\n\r\n\r\n--x\0\r\n--xX\r\n\
            content-disposition: form-data; name=definition\r\n\r\n{}\r\n--xX--\r\n";
        let fields = fields(&asked("multipart/form-data; boundary=\"xX\"", body)).unwrap();
        assert_eq!(fields.len(), 2);
        assert_eq!(&content(&fields, "audio").unwrap().content[..], b"\r\n--x\0");
        assert_eq!((text(&fields, "definition"), text(&fields, "none")), (Some("{}"), None));
    }

    #[test]
    fn what_is_no_form_is_rejected_and_nothing_panics() {
        assert_eq!(fields(&asked("application/json", b"{}")), None);
        assert_eq!(fields(&asked("multipart/form-data", b"{}")), None);
        let body = b"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--b--";
        for end in 0..body.len() {
            fields(&asked("multipart/form-data; boundary=b", &body[..end]));
        }
    }
}
