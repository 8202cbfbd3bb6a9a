//! Output: writes data to standard output or a file, and everything else to standard error.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anstream::ColorChoice;
use anstyle::{AnsiColor, Style};
use speech_endpoint::Note;
use speech_endpoint::evidence::Remark;

use super::args::{ColorWhen, OutputArgs};
use super::failure::Failure;
use super::file::{self, Readers};
use super::flags::spelled;
use super::json;
use super::style::wrap;
use super::{ascii, machine, stream};

/// The destination of a command's data, and the verbosity of its messages.
#[derive(Clone)]
pub(crate) struct Output {
    file: Option<PathBuf>,
    color: ColorChoice,
    verbose: u8,
}

impl Output {
    pub(crate) fn new(args: &OutputArgs) -> Self {
        Self { file: args.output.clone(), color: args.color.into(), verbose: args.verbose }
    }

    /// Writes the data, with colours if they are wanted.
    pub(crate) fn data(&self, text: &str) -> Result<(), Failure> {
        let text = &ascii::data(text);
        let Some(path) = &self.file else { return to_stdout(text, self.color) };
        let plain = anstream::adapter::strip_str(text).to_string();
        let written = file::write(path, plain.as_bytes(), Readers::Umask);
        written.map_err(|error| Failure::write(&file::named(path).to_string(), &error))
    }

    /// Writes a part of the data to standard output. Returns whether the reader is still there.
    pub(crate) fn part(&self, text: &str) -> Result<bool, Failure> {
        match stream::to_stdout(text, self.color) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
            written => written.map(|()| true).map_err(|error| Failure::write("standard output", &error)),
        }
    }

    /// Writes a note to standard error.
    pub(crate) fn note(&self, note: &Note) {
        self.line(NOTE, "note", &spelled(note, &note.hints));
    }

    /// Writes a remark to standard error, like the note that it was made of.
    pub(crate) fn remark(&self, remark: &Remark) {
        // Readers can look up catalogue ids; a word would only repeat the sentence.
        let is_known = remark.id.starts_with(|c: char| c.is_ascii_uppercase());
        let id = if is_known { format!("{}: ", remark.id) } else { String::new() };
        self.line(NOTE, "note", &format!("{id}{}", remark.text));
    }

    /// Writes what the user should know before something happens to standard error.
    pub(crate) fn notice(&self, text: &str) {
        self.line(NOTE, "note", text);
    }

    /// Writes an error that leaves other results intact to standard error.
    pub(crate) fn error(&self, text: &str) {
        self.line(ERROR, "error", text);
    }

    /// Writes a message to standard error if the verbosity is at least `level`.
    pub(crate) fn detail(&self, level: u8, text: impl FnOnce() -> String) {
        if self.verbose >= level {
            self.line(DETAIL, "info", &text());
        }
    }

    pub(crate) fn is_verbose(&self) -> bool {
        self.verbose > 0
    }

    /// Returns the width of the data: that of `COLUMNS`, of the terminal, or the default.
    pub(crate) fn width(&self) -> usize {
        let terminal = || {
            let size = terminal_size::terminal_size_of(io::stdout()).filter(|_| self.file.is_none());
            size.map(|(width, _)| width.0.into())
        };
        machine::columns().or_else(terminal).map_or(DEFAULT_WIDTH, |width: usize| width.min(WIDEST))
    }

    fn line(&self, style: Style, label: &str, text: &str) {
        say(style, label, text, self.color);
    }
}

impl From<ColorWhen> for ColorChoice {
    fn from(when: ColorWhen) -> Self {
        match when {
            ColorWhen::Auto if machine::forces_color() => Self::Always,
            ColorWhen::Auto => Self::Auto,
            ColorWhen::Always => Self::Always,
            ColorWhen::Never => Self::Never,
        }
    }
}

/// Writes the error that ends a command, and the same as JSON to standard output if JSON was requested.
pub(crate) fn complain(failure: &Failure, color: ColorWhen) {
    if failure.wants_json() {
        // The exit code reports the failure even if this cannot be written.
        let _ = json::failure(failure).and_then(|document| to_stdout(&document, ColorChoice::Never));
    }
    say(ERROR, "error", &failure.to_string(), color.into());
    if let Some(command) = failure.first_try().filter(|_| io::stderr().is_terminal()) {
        say(NOTE, "try", command, color.into());
    }
}

/// Prints the help of a command line without a command to standard error, because it is part of an error.
pub(crate) fn explain_usage(error: &clap::Error) {
    let _ = stream::to_stderr(&ascii::text(&format!("{}\n", error.render().ansi())), ColorChoice::Auto);
}

/// What a long run does at the moment, on standard error: a line that is rewritten in place on a terminal, and otherwise a new
/// line from time to time, so that a log shows that the run is alive.
#[derive(Debug)]
pub(crate) struct StatusLine {
    is_shown: bool,
    latest: Mutex<String>,
}

impl StatusLine {
    /// Makes a status line. On a terminal it is shown only if it is wanted.
    pub(crate) fn new(is_wanted: bool) -> Self {
        Self { is_shown: is_wanted && io::stderr().is_terminal(), latest: Mutex::default() }
    }

    pub(crate) fn show(&self, text: &str) {
        let text = ascii::text(text);
        (*text).clone_into(&mut self.latest.lock().unwrap_or_else(PoisonError::into_inner));
        if self.is_shown {
            let text: String = text.chars().take(terminal_width().saturating_sub(1)).collect();
            let _ = write!(io::stderr().lock(), "\r{CLEAR}{text}");
        }
    }
}

impl StatusLine {
    /// Repeats the latest text in a new line, again and again, if standard error is not a terminal. It never ends.
    pub(crate) async fn repeat(&self) {
        if io::stderr().is_terminal() {
            std::future::pending::<()>().await;
        }
        loop {
            tokio::time::sleep(HEARTBEAT).await;
            let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if !latest.is_empty() {
                say(DETAIL, "info", &latest, ColorChoice::Auto);
            }
        }
    }
}

impl Drop for StatusLine {
    fn drop(&mut self) {
        if self.is_shown {
            let _ = write!(io::stderr().lock(), "\r{CLEAR}");
        }
    }
}

/// The time between two lines of a log. Most runs end before the first one.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Erases the rest of the line (ECMA-48, EL).
const CLEAR: &str = "\x1b[K";

/// Prints help or the version to standard output, because the user requested it.
pub(crate) fn print_help(help: &clap::Error) -> Result<u8, Failure> {
    to_stdout(&ascii::text(&help.render().ansi().to_string()), ColorChoice::Auto).map(|()| 0)
}

/// Reports a signal that ends the program while it writes. Standard error may have the same reader, who never comes.
#[cfg(unix)]
pub(crate) fn complain_at_once(problem: &str) {
    stream::to_stderr_at_once(&format!("error: {problem}\n"));
}

fn to_stdout(text: &str, color: ColorChoice) -> Result<(), Failure> {
    match stream::to_stdout(text, color) {
        // The reader closed the pipe, as `head` does; this is not an error.
        Err(error) if reader_is_gone(&error, cfg!(windows)) => Ok(()),
        other => other.map_err(|error| Failure::write("standard output", &error)),
    }
}

/// Returns the width of standard error.
fn terminal_width() -> usize {
    let terminal = || terminal_size::terminal_size_of(io::stderr()).map(|(width, _)| width.0.into());
    machine::columns().or_else(terminal).unwrap_or(DEFAULT_WIDTH)
}

/// Returns whether the reader of a pipe closed it. Rust has a kind for two of the three errors of Windows, and none for
/// `ERROR_PIPE_NOT_CONNECTED`.
/// <https://learn.microsoft.com/windows/win32/debug/system-error-codes--0-499->
fn reader_is_gone(error: &io::Error, is_windows: bool) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe || (is_windows && error.raw_os_error() == Some(PIPE_NOT_CONNECTED))
}

/// `ERROR_PIPE_NOT_CONNECTED`.
const PIPE_NOT_CONNECTED: i32 = 233;

fn say(style: Style, label: &str, text: &str, color: ColorChoice) {
    let line = ascii::text(&format!("{label}: {text}")).into_owned();
    // Only a terminal would break words; programs read one line.
    let lines = if io::stderr().is_terminal() { wrap(&line, terminal_width()).join("\n") } else { line };
    let text = lines.strip_prefix(label).unwrap_or(&lines).trim_start_matches(':');
    // If standard error is closed, the error cannot be reported anywhere.
    let _ = stream::to_stderr(&format!("{style}{label}:{style:#}{text}\n"), color);
}

const ERROR: Style = AnsiColor::Red.on_default().bold();
const NOTE: Style = AnsiColor::Yellow.on_default().bold();
const DETAIL: Style = AnsiColor::Cyan.on_default();

const DEFAULT_WIDTH: usize = 80;

/// Longer lines of text are hard to read.
const WIDEST: usize = 140;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_pipe_is_known_on_every_system() {
        let not_connected = io::Error::from_raw_os_error(PIPE_NOT_CONNECTED);
        assert!(reader_is_gone(&io::ErrorKind::BrokenPipe.into(), false));
        assert!(reader_is_gone(&not_connected, true) && !reader_is_gone(&not_connected, false));
        assert!(!reader_is_gone(&io::ErrorKind::StorageFull.into(), true));
    }
}
