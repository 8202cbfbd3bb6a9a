//! The lines of a program in a text. A report shows the code beside the error, and the code names every error that it handles.

/// The number of lines from which a text is a report. A shorter one is what somebody chose to paste.
const REPORT: usize = 3;

/// Returns where the lines of a program begin and end in a lower-case text, in order.
pub(super) fn code(text: &str) -> Vec<(usize, usize)> {
    let mut spans = Vec::new();
    if text.lines().take(REPORT).count() < REPORT {
        return spans;
    }
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if is_code(line.trim_end()) {
            spans.push((start, start + line.len()));
        }
        start += line.len();
    }
    spans
}

/// Returns whether one of the spans, which are in order, holds an offset.
pub(super) fn holds(spans: &[(usize, usize)], at: usize) -> bool {
    let next = spans.partition_point(|(_, end)| *end <= at);
    spans.get(next).is_some_and(|(start, _)| *start <= at)
}

/// Returns whether a line is one of a program. Prose begins with the same words, so the end of the line counts too.
fn is_code(line: &str) -> bool {
    let is_indented = line.starts_with([' ', '\t']);
    let line = line.trim_start_matches(['>', ' ', '\t']);
    let begins = |words: &[&str]| words.iter().any(|word| line.starts_with(word));
    let ends = |signs: &[char]| line.ends_with(signs);
    is_call(line)
        || begins(&["//", "/*"])
        // A heading of Markdown begins alike, but it is not indented.
        || is_indented && begins(&["# "])
        || begins(&["if (", "if(", "} else if", "else if (", "catch (", "} catch", "catch {", "except:", "throw new ", "print("])
        || begins(&["if ", "elif ", "if not ", "if err"]) && (ends(&['{', '}']) || ends(&[':']) && is_condition(line))
        || begins(&["except ", "case "]) && ends(&[':'])
        || begins(&["for ", "while ", "function ", "public ", "private ", "protected ", "static "]) && ends(&['{'])
        || begins(&["def ", "async def "]) && ends(&[':'])
        || begins(&["return ", "throw "]) && ends(&[';', '}'])
        || begins(&["raise "]) && line.contains('(')
        || begins(&["const ", "let ", "var ", "val "]) && line.contains('=')
        || begins(&["console.", "logger.", "log.", "fmt.", "system.out."]) && line.contains('(') && ends(&[')', ';', '}'])
}

/// Returns whether a line is the call of a function: `show("…");`.
fn is_call(line: &str) -> bool {
    let name = line.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))).unwrap_or(line.len());
    name > 0 && line[name..].starts_with('(') && line.ends_with(");")
}

/// Returns whether a line compares or calls something.
fn is_condition(line: &str) -> bool {
    ["==", "!=", "(", " in ", " is "].iter().any(|sign| line.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_programs_are_told_from_prose_and_errors() {
        for line in [
            "if (e.code === 401) {",
            "    if r.status_code == 401:",
            "} else if (x) {",
            "catch (websocketexception ex) when (ex.message.contains(\"401\"))",
            "except requests.exceptions.timeout:",
            "    # http 429: quota exceeded",
            "// returns 403 forbidden",
            "throw new timeoutexception(\"timed out\");",
            "    raise exception(\"401 unauthorized\")",
            "console.writeline(\"http 401\");",
            "if err != nil { log.fatal(\"connection refused\") }",
            "const endpoint = \"wss://x\";",
            "show(\"too many requests\");",
        ] {
            assert!(is_code(line), "{line}");
        }
        for line in [
            "# websocket upgrade failed: 401",
            "if i use the key, i get 401:",
            "return code (401)",
            "public access is disabled. please configure private endpoint.",
            "for url (https://x): unknownissuer",
            "case of a private endpoint",
            "error: unexpected server response: 401",
            "websocket upgrade failed: authentication error (401).",
            "from the log: 401",
            "log.txt says 401",
            "failed (401);",
        ] {
            assert!(!is_code(line), "{line}");
        }
    }

    #[test]
    fn a_short_text_holds_no_code_and_spans_hold_their_offsets() {
        assert!(code("throw new x(\"401\");").is_empty());
        let text = "one\n// two\nthree\nprint(4)";
        let spans = code(text);
        assert_eq!(spans, [(4, 11), (17, 25)]);
        let held: Vec<bool> = [0, 4, 10, 11, 17, 24].iter().map(|at| holds(&spans, *at)).collect();
        assert_eq!(held, [false, true, true, false, true, true]);
    }
}
