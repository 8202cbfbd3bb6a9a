//! The configuration of the resolver where no name server could be read from it: whether it lists none.

#[cfg(all(unix, not(any(target_os = "android", target_vendor = "apple"))))]
use std::{fs, io};

/// Returns whether the configuration of this machine lists no name server. Returns `None` where that is not known.
#[cfg(all(unix, not(any(target_os = "android", target_vendor = "apple"))))]
pub(super) fn lacks_name_servers() -> Option<bool> {
    match fs::read("/etc/resolv.conf") {
        Ok(text) => Some(!lists_name_server(&text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some(true),
        Err(_) => None,
    }
}

#[cfg(not(all(unix, not(any(target_os = "android", target_vendor = "apple")))))]
pub(super) fn lacks_name_servers() -> Option<bool> {
    None
}

/// Returns whether a line of resolv.conf(5) is one of a name server: the keyword starts the line.
#[cfg(all(unix, not(any(target_os = "android", target_vendor = "apple"))))]
fn lists_name_server(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"nameserver"))
}

#[cfg(test)]
#[cfg(all(unix, not(any(target_os = "android", target_vendor = "apple"))))]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_server_is_known_from_one_that_cannot_be_parsed() {
        for text in ["", "# nameserver 10.0.0.2\nsearch corp.example\n", "; nameserver 10.0.0.2\noptions ndots:5\n"] {
            assert!(!lists_name_server(text.as_bytes()), "{text}");
        }
        for text in ["nameserver 10.0.0.2", "search a..b\nnameserver\t10.0.0.2\n", "nameserver 10.0.0.2\nsearch é\n"] {
            assert!(lists_name_server(text.as_bytes()), "{text}");
        }
    }
}
