//! The log of a running lab: one line for each connection and request. It shows no credential.

use std::time::SystemTime;

use speech_endpoint::CredentialForm;
use speech_endpoint::emulation::unix_seconds;
use speech_endpoint_lab::{LabEvent, SeenRequest};

/// Describes an event in one line.
pub(super) fn line(event: &LabEvent, now: SystemTime) -> Option<String> {
    let text = match event {
        LabEvent::Connection(to) => format!("connection to {to}"),
        LabEvent::Request(seen) => request(seen),
        _ => return None,
    };
    Some(format!("{} {text}", clock(now)))
}

fn request(seen: &SeenRequest) -> String {
    let SeenRequest { method, host, path, status, .. } = seen;
    let credential = seen.form.map_or("no credential", CredentialForm::title);
    let status = if *status == 0 { "no response".to_owned() } else { status.to_string() };
    format!("{method} {host} {path} {status}, {credential}")
}

/// Returns the time of day in UTC.
fn clock(now: SystemTime) -> String {
    let second = unix_seconds(now).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_connection_is_one_line_with_its_time() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(86_400 + 3 * 3600 + 4 * 60 + 5);
        let event = LabEvent::Connection("10.1.0.4:443".parse().expect("an address"));
        assert_eq!(line(&event, now).as_deref(), Some("03:04:05Z connection to 10.1.0.4:443"));
    }
}
