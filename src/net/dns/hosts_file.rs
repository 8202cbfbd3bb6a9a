//! The hosts file of this machine. Lists of blocked names make it millions of lines long, so it is read line by line, and only the
//! addresses of the names that are looked up are kept. One thread at a time reads it, for all names that wait.

use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::io::{self, BufRead, BufReader, Read as _};
use std::mem;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use super::thread;
use crate::resolve::name::normalized_host;

/// The hosts file.
#[derive(Debug)]
pub(crate) struct HostsFile {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The calls that wait, by name.
    waiting: Waiting,
    is_reading: bool,
    version: Version,
    /// The addresses of the names that were looked up in this version of the file.
    known: HashMap<String, Vec<IpAddr>>,
}

type Waiting = HashMap<String, Vec<oneshot::Sender<Vec<IpAddr>>>>;

/// The length and the time of the last change.
type Version = Option<(u64, Option<SystemTime>)>;

impl HostsFile {
    /// Returns the hosts file of the operating system. It is not read before a name is looked up.
    pub(super) fn of_system() -> Arc<Self> {
        Self::at(path())
    }

    fn at(path: PathBuf) -> Arc<Self> {
        Arc::new(Self { path, state: Mutex::default() })
    }

    /// Returns the addresses on all lines of a name, IPv4 first. Returns none if the file cannot be read within the limit.
    pub(super) async fn find(self: &Arc<Self>, host: &str, limit: Duration) -> Vec<IpAddr> {
        let found = self.wait_for(normalized_host(host));
        timeout(limit, found).await.ok().and_then(Result::ok).unwrap_or_default()
    }

    fn wait_for(self: &Arc<Self>, name: String) -> oneshot::Receiver<Vec<IpAddr>> {
        let (sender, found) = oneshot::channel();
        let mut state = self.lock();
        state.waiting.entry(name).or_default().push(sender);
        if !state.is_reading {
            let file = self.clone();
            state.is_reading = thread::run(move || file.read());
            if !state.is_reading {
                state.waiting.clear();
            }
        }
        found
    }

    /// Answers the calls that wait, until there is none.
    fn read(&self) {
        while let Some(waiting) = self.take_waiting() {
            let unknown = self.unknown(&waiting);
            if !unknown.is_empty()
                && let Ok(found) = File::open(&self.path).and_then(|file| {
                    let until = Instant::now() + LONGEST_READ;
                    search(BufReader::with_capacity(READ_AT_ONCE, file), &unknown, until)
                })
            {
                self.lock().known.extend(found);
            }
            for (name, calls) in waiting {
                let addresses = self.lock().known.get(&name).cloned().unwrap_or_default();
                for call in calls {
                    let _ = call.send(addresses.clone());
                }
            }
        }
    }

    fn take_waiting(&self) -> Option<Waiting> {
        let mut state = self.lock();
        state.is_reading = !state.waiting.is_empty();
        state.is_reading.then(|| mem::take(&mut state.waiting))
    }

    /// Returns the names to look for. Without a file there is none.
    fn unknown(&self, waiting: &Waiting) -> Vec<String> {
        let version = self.version();
        let mut state = self.lock();
        if state.version != version || state.known.len() >= MOST_NAMES {
            (state.version, state.known) = (version, HashMap::new());
        }
        let is_unknown = |name: &&String| version.is_some() && !state.known.contains_key(*name);
        waiting.keys().filter(is_unknown).cloned().collect()
    }

    /// Returns the version of the file, if it is one. A pipe or a device has no end, and opening a pipe waits for its writer.
    fn version(&self) -> Version {
        let metadata = fs::metadata(&self.path).ok().filter(Metadata::is_file)?;
        Some((metadata.len(), metadata.modified().ok()))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads the lines of a hosts file for the addresses of some names.
///
/// # Errors
///
/// Returns the error of the file, or one of its kind if the time is over.
fn search(file: impl BufRead, names: &[String], until: Instant) -> io::Result<HashMap<String, Vec<IpAddr>>> {
    let mut file = file.take(MOST_BYTES);
    let mut found: HashMap<&str, [Vec<IpAddr>; 2]> =
        names.iter().map(|name| (name.as_str(), Default::default())).collect();
    let mut line = Vec::new();
    let mut is_rest = false;
    let mut count: u32 = 0;
    loop {
        line.clear();
        if (&mut file).take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let is_first = !mem::replace(&mut is_rest, !line.ends_with(b"\n"));
        count = count.wrapping_add(1);
        if count.is_multiple_of(LINES_PER_LOOK_AT_THE_CLOCK) && Instant::now() >= until {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let Some((address, of_line)) = entry(&line, names).filter(|_| is_first) else { continue };
        for name in of_line {
            let of_family = &mut found.entry(name).or_default()[usize::from(address.is_ipv6())];
            if of_family.len() < MOST_OF_A_FAMILY && !of_family.contains(&address) {
                of_family.push(address);
            }
        }
    }
    Ok(found.into_iter().map(|(name, families)| (name.to_owned(), families.concat())).collect())
}

/// Returns the address of a line and those of its names that are looked for: `ADDRESS NAME... # COMMENT`.
fn entry<'n>(line: &[u8], names: &'n [String]) -> Option<(IpAddr, Vec<&'n str>)> {
    let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
    let (mut address, mut found) = (None, Vec::new());
    let (mut start, mut at) = (0, 0);
    // One plain loop over the bytes, because all the time of a long file is spent here. Nearly every line has other names.
    while at <= line.len() {
        let byte = if at < line.len() { line[at] } else { b'\n' };
        if matches!(byte, b' ' | b'\t'..=b'\r' | b'#') {
            if at > start {
                let word = &line[start..at];
                match address {
                    None => address = Some(word),
                    Some(_) => found.extend(names.iter().find(|name| is_name(word, name)).map(String::as_str)),
                }
            }
            if byte == b'#' {
                break;
            }
            start = at + 1;
        }
        at += 1;
    }
    if found.is_empty() {
        return None;
    }
    Some((std::str::from_utf8(address?).ok()?.parse().ok()?, found))
}

fn is_name(word: &[u8], name: &str) -> bool {
    word.len() >= name.len() && word.strip_suffix(b".").unwrap_or(word).eq_ignore_ascii_case(name.as_bytes())
}

#[cfg(not(windows))]
fn path() -> PathBuf {
    "/etc/hosts".into()
}

#[cfg(windows)]
#[allow(clippy::disallowed_methods, reason = "only this variable knows the folder of Windows")]
fn path() -> PathBuf {
    let folder = std::env::var_os("SystemRoot").unwrap_or_else(|| "C:\\Windows".into());
    PathBuf::from(folder).join("System32\\drivers\\etc\\hosts")
}

/// Files of Windows begin with it.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The usual lists of blocked names have 200,000 lines in 6.5 MB, and the longest ones have ten times as many. Only this part of
/// a longer file is read.
const MOST_BYTES: u64 = 256 << 20;

/// The rest of a longer line is not read.
const LONGEST_LINE: u64 = 64 << 10;

/// A long file takes less than a second. One in a slow network, or on a machine with much to do, may take this time.
const LONGEST_READ: Duration = Duration::from_secs(10);

/// One connection uses fewer addresses. More on this many lines are those of a damaged file.
const MOST_OF_A_FAMILY: usize = 64;

/// A run and an application have fewer names.
const MOST_NAMES: usize = 512;

const READ_AT_ONCE: usize = 64 << 10;

const LINES_PER_LOOK_AT_THE_CLOCK: u32 = 1024;

#[cfg(test)]
mod tests;
