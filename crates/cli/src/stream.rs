//! Standard input, output and error, whose other end may have made them non-blocking: this module waits for it.

use std::io;
#[cfg(not(unix))]
use std::io::Write as _;
use std::time::Duration;

#[cfg(not(unix))]
use anstream::AutoStream;
use anstream::ColorChoice;
use zeroize::Zeroizing;

/// Writes text to standard output, with colours if they are wanted.
pub(crate) fn to_stdout(text: &str, color: ColorChoice) -> io::Result<()> {
    let stdout = io::stdout();
    let color = choice(color, &stdout);
    written(stdout.lock(), text, color, PATIENCE)
}

/// Writes text to standard error, with colours if they are wanted.
pub(crate) fn to_stderr(text: &str, color: ColorChoice) -> io::Result<()> {
    let stderr = io::stderr();
    let color = choice(color, &stderr);
    written(stderr.lock(), text, color, SHORT_PATIENCE)
}

/// Writes text to standard error, unless that blocks.
#[cfg(unix)]
pub(crate) fn to_stderr_at_once(text: &str) {
    let stderr = io::stderr();
    let is_ready = patient::is_ready(&stderr, patient::WRITABLE, Some(Duration::ZERO));
    if is_ready.unwrap_or(false) {
        // A pipe that is ready takes a short line whole.
        let _ = rustix::io::write(&stderr, text.as_bytes());
    }
}

/// Reads standard input to its end, or until what takes its chunks has enough.
pub(crate) fn read_stdin(take: &mut dyn FnMut(&[u8]) -> bool) -> io::Result<()> {
    use io::Read as _;
    let stdin = io::stdin();
    let read = |chunk: &mut [u8]| loop {
        match stdin.lock().read(chunk) {
            #[cfg(unix)]
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                patient::is_ready(&stdin, patient::READABLE, None)?;
            }
            outcome => return outcome,
        }
    };
    read_chunks(read, take)
}

/// Reads chunk by chunk, to the end or until what takes the chunks has enough. The input may be a key, so the chunk is wiped.
pub(crate) fn read_chunks(
    mut read: impl FnMut(&mut [u8]) -> io::Result<usize>,
    take: &mut dyn FnMut(&[u8]) -> bool,
) -> io::Result<()> {
    let mut chunk = Zeroizing::new([0; 16 << 10]);
    loop {
        match read(&mut chunk[..]) {
            Ok(0) => return Ok(()),
            Ok(length) if take(&chunk[..length]) => {}
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(unix)]
fn written(stream: impl std::os::fd::AsFd, text: &str, color: ColorChoice, patience: Duration) -> io::Result<()> {
    if color == ColorChoice::Never {
        return patient::write(&stream, anstream::adapter::strip_str(text).to_string().as_bytes(), patience);
    }
    patient::write(&stream, text.as_bytes(), patience)
}

#[cfg(not(unix))]
fn written<S: anstream::stream::RawStream + anstream::stream::AsLockedWrite>(
    stream: S,
    text: &str,
    color: ColorChoice,
    _patience: Duration,
) -> io::Result<()> {
    let mut stream = AutoStream::new(stream, color);
    stream.write_all(text.as_bytes())?;
    stream.flush()
}

fn choice(color: ColorChoice, stream: &impl anstream::stream::RawStream) -> ColorChoice {
    if color == ColorChoice::Auto { anstream::AutoStream::choice(stream) } else { color }
}

/// Descriptors that may be non-blocking, without the buffer of the standard library, which does not say what it has written.
#[cfg(unix)]
mod patient {
    use std::io;
    use std::os::fd::AsFd;
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::io::Errno;

    pub(super) const READABLE: PollFlags = PollFlags::IN;
    pub(super) const WRITABLE: PollFlags = PollFlags::OUT;

    /// Writes all bytes. The other end may take none for some time.
    pub(super) fn write(stream: &impl AsFd, mut bytes: &[u8], patience: Duration) -> io::Result<()> {
        while !bytes.is_empty() {
            match rustix::io::write(stream, bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => bytes = &bytes[count..],
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) if is_ready(stream, WRITABLE, Some(patience))? => {}
                Err(Errno::AGAIN) => {
                    let problem = format!("its reader took nothing for {} s", patience.as_secs());
                    return Err(io::Error::new(io::ErrorKind::TimedOut, problem));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Waits until a descriptor is ready, or reports an error at the next use. Returns whether it is.
    pub(super) fn is_ready(stream: &impl AsFd, what: PollFlags, limit: Option<Duration>) -> io::Result<bool> {
        let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());
        loop {
            match poll(&mut [PollFd::new(stream, what)], limit.as_ref()) {
                Err(Errno::INTR) => {}
                outcome => return Ok(outcome? > 0),
            }
        }
    }
}

/// The time for which a reader of a non-blocking standard output may take nothing.
const PATIENCE: Duration = Duration::from_secs(60);

/// The same for standard error, which may be lost: the exit code reports the failure.
const SHORT_PATIENCE: Duration = Duration::from_secs(5);
