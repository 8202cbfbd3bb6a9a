//! This machine: its environment, clock and files.

use std::io::{self, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fmt, fs};

use speech_endpoint::net::ProxySettings;
use speech_endpoint::{LONGEST_TEXT, QuotedValue, decoded};
use zeroize::Zeroizing;

use super::failure::Failure;
use super::file;
use super::stream;

/// Returns the names and values of the proxy variables that are set.
pub(crate) fn proxy_variables() -> Vec<(String, String)> {
    ProxySettings::VARIABLES.iter().filter_map(|name| Some(((*name).to_owned(), exact(name)?))).collect()
}

/// Returns the width that overrides the terminal's.
pub(crate) fn columns() -> Option<usize> {
    variable("COLUMNS")?.trim().parse().ok().filter(|columns| *columns > 0)
}

/// Returns whether `FORCE_COLOR` asks for colours where there is no terminal. `NO_COLOR` goes before it.
pub(crate) fn forces_color() -> bool {
    variable("NO_COLOR").is_none() && variable("FORCE_COLOR").is_some_and(|value| value != "0")
}

/// Returns the folder of the settings of this user: that of Windows, or that of the XDG base directories.
pub(crate) fn settings_folder() -> Option<PathBuf> {
    if cfg!(windows) {
        return variable("APPDATA").map(PathBuf::from);
    }
    let own = || variable("HOME").map(|home| Path::new(&home).join(".config"));
    variable("XDG_CONFIG_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute()).or_else(own)
}

/// Returns whether the environment asks for ASCII.
pub(crate) fn wants_ascii() -> bool {
    variable("SPEECH_ASCII").is_some_and(|value| value != "0")
}

/// Reads the clock, as the only place in the CLI.
#[allow(clippy::disallowed_methods, reason = "this is the only place")]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}

/// Returns whether a signal was ignored when this program started, as `nohup` does with SIGHUP.
#[cfg(unix)]
pub(crate) fn ignores(signal: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    u32::try_from(signal - 1).ok().and_then(|bit| mask.checked_shr(bit)).is_some_and(|mask| mask & 1 == 1)
}

/// Returns how many descriptors this process may open, where the system says so.
pub(crate) fn descriptors() -> Option<usize> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Returns the memory of this process that is resident, where the system says so.
pub(crate) fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

/// Returns a variable of the environment; an empty one counts as unset.
pub(crate) fn variable(name: &str) -> Option<String> {
    exact(name).filter(|value| !value.trim().is_empty())
}

/// Returns a variable that an argument names, so it must be set.
pub(crate) fn named(name: &str) -> Result<String, Failure> {
    exact(name).ok_or_else(|| Failure::usage(format!("environment variable {} is not set", QuotedValue::new(name))))
}

/// Reads the environment, as the only place in the CLI, one variable at a time, so that no copy of a key is kept.
#[allow(clippy::disallowed_methods, reason = "this is the only place")]
fn exact(name: &str) -> Option<String> {
    // A value that is not text is a malformed value, not a missing one.
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// Removes the final line break that editors and shells add to a file.
pub(crate) fn one_line(mut text: String) -> String {
    if text.ends_with('\n') {
        text.pop();
    }
    if text.ends_with('\r') {
        text.pop();
    }
    text
}

/// Returns the name of an input for a message.
pub(crate) fn input_named(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { file::named(path).to_string() }
}

/// Reads a file that an argument names, `-` for standard input, up to a size.
pub(crate) fn read_file(path: &Path, argument: &str, largest: u64) -> Result<String, Failure> {
    let bytes = Zeroizing::new(read_bytes(path, argument, largest)?);
    // A shell of Windows writes redirected output in UTF-16, or with a byte order mark at its start.
    let text = match &bytes[..] {
        [0xff, 0xfe, rest @ ..] => from_utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => from_utf16(rest, u16::from_be_bytes),
        bytes => std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)).map(str::to_owned).ok(),
    };
    text.ok_or_else(|| unreadable(path, argument, &"it is neither UTF-8 nor UTF-16 text"))
}

/// Returns the text of units of two bytes; `None` if a half is missing.
fn from_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (units, rest) = bytes.as_chunks();
    // As large as it can become, so that it does not leave copies of a key behind while it grows.
    let mut text = String::with_capacity(units.len() * 3);
    for c in char::decode_utf16(units.iter().map(|bytes| unit(*bytes))) {
        text.push(c.ok()?);
    }
    rest.is_empty().then_some(text)
}

/// Reads the end of a text that an argument names, `-` for standard input, in whatever encoding a log has.
pub(crate) fn read_end(path: &Path, argument: &str) -> Result<Zeroizing<String>, Failure> {
    let mut tail = Tail::default();
    let mut take = |chunk: &[u8]| {
        tail.push(chunk);
        true
    };
    let read = if is_stdin(path, argument)? {
        stream::read_stdin(&mut take)
    } else {
        fs::File::open(path).and_then(|mut file| stream::read_chunks(|chunk| file.read(chunk), &mut take))
    };
    read.map_err(|error| unreadable(path, argument, &error))?;
    Ok(tail.text())
}

/// The first bytes of a stream, and its last ones. What is dropped is wiped, because a log may hold a key.
#[derive(Default)]
struct Tail {
    start: Vec<u8>,
    end: Zeroizing<Vec<u8>>,
    /// The number of bytes before `end`.
    dropped: usize,
}

impl Tail {
    fn push(&mut self, chunk: &[u8]) {
        let missing = 4_usize.saturating_sub(self.start.len());
        self.start.extend(chunk.iter().take(missing));
        if self.end.capacity() == 0 {
            // Never moved, so that no copy is left behind.
            self.end.reserve_exact(2 * LONGEST_TEXT);
        }
        if self.end.len() + chunk.len() > 2 * LONGEST_TEXT {
            let surplus = self.end.len().saturating_sub(LONGEST_TEXT);
            self.end.drain(..surplus);
            self.dropped += surplus;
        }
        self.end.extend_from_slice(chunk);
    }

    fn text(self) -> Zeroizing<String> {
        let surplus = self.end.len().saturating_sub(LONGEST_TEXT);
        Zeroizing::new(decoded(&self.start, &self.end[surplus..], (self.dropped + surplus).is_multiple_of(2)))
    }
}

/// Reads a file or standard input, whatever its encoding.
pub(crate) fn read_bytes(path: &Path, argument: &str, largest: u64) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = if is_stdin(path, argument)? {
        stream::read_stdin(&mut |chunk| {
            bytes.extend_from_slice(chunk);
            bytes.len() as u64 <= largest
        })
    } else {
        fs::File::open(path).and_then(|file| file.take(largest + 1).read_to_end(&mut bytes).map(drop))
    };
    read.map_err(|error| unreadable(path, argument, &error))?;
    if bytes.len() as u64 > largest {
        return Err(unreadable(path, argument, &format_args!("it is larger than {largest} bytes")));
    }
    Ok(bytes)
}

/// Returns whether an argument names standard input, from which something can be read.
fn is_stdin(path: &Path, argument: &str) -> Result<bool, Failure> {
    let is_stdin = path == Path::new("-");
    if is_stdin && io::stdin().is_terminal() {
        return Err(unreadable(path, argument, &"it is a terminal; expected a pipe or a redirected file"));
    }
    Ok(is_stdin)
}

fn unreadable(path: &Path, argument: &str, problem: &dyn fmt::Display) -> Failure {
    Failure::usage(format!("cannot read {} given to `{argument}`: {problem}", input_named(path)))
}
