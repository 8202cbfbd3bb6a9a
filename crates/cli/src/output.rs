//! Output: data to standard output or a file, everything else to standard error.

use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use speech_endpoint::Note;

use super::args::{ColorWhen, OutputArgs};
use super::failure::Failure;
use super::resolve::json;
use super::settings;

/// Where the data of a command goes, and how much is said beside it.
pub(crate) struct Output {
    file: Option<PathBuf>,
    color: ColorChoice,
    verbose: u8,
}

impl Output {
    pub(crate) fn new(args: &OutputArgs) -> Self {
        Self { file: args.output.clone(), color: args.color.into(), verbose: args.verbose }
    }

    /// Writes the data, all of it or none; its colours survive where they are wanted.
    pub(crate) fn data(&self, text: &str) -> Result<(), Failure> {
        let Some(file) = &self.file else { return to_stdout(text, self.color) };
        let plain = anstream::adapter::strip_str(text).to_string();
        fs::write(file, plain).map_err(|error| Failure::write(&format!("`{}`", file.display()), &error))
    }

    /// A note on standard error.
    pub(crate) fn note(&self, note: &Note) {
        self.line(NOTE, "note", &note.to_string());
    }

    /// An error that leaves other results intact, on standard error.
    pub(crate) fn error(&self, text: &str) {
        self.line(ERROR, "error", text);
    }

    /// Said only when more was asked for.
    pub(crate) fn detail(&self, level: u8, text: impl FnOnce() -> String) {
        if self.verbose >= level {
            self.line(DETAIL, "info", &text());
        }
    }

    pub(crate) fn is_verbose(&self) -> bool {
        self.verbose > 0
    }

    /// Columns for the data: `COLUMNS`, those of the terminal, or of one that nobody has widened.
    pub(crate) fn width(&self) -> usize {
        let terminal = || {
            let size = terminal_size::terminal_size_of(io::stdout()).filter(|_| self.file.is_none());
            size.map(|(width, _)| width.0.into())
        };
        settings::columns().or_else(terminal).map_or(DEFAULT_WIDTH, |width: usize| width.min(WIDEST))
    }

    fn line(&self, style: Style, label: &str, text: &str) {
        say(style, label, text, self.color);
    }
}

impl From<ColorWhen> for ColorChoice {
    fn from(when: ColorWhen) -> Self {
        match when {
            ColorWhen::Auto => Self::Auto,
            ColorWhen::Always => Self::Always,
            ColorWhen::Never => Self::Never,
        }
    }
}

/// The line that ends a command, and the same as JSON on standard output when that is what a program reads.
pub(crate) fn complain(failure: &Failure, color: ColorWhen) {
    if failure.wants_json() {
        // The exit code reports the failure even if this cannot be written.
        let _ = json::failure(failure).and_then(|document| to_stdout(&document, ColorChoice::Never));
    }
    say(ERROR, "error", &failure.to_string(), color.into());
}

/// One line on standard error that is rewritten, where a person watches.
#[derive(Debug)]
pub(crate) struct StatusLine {
    is_shown: bool,
}

impl StatusLine {
    /// Nothing is ever shown where standard error is no terminal.
    pub(crate) fn new(is_wanted: bool) -> Self {
        Self { is_shown: is_wanted && io::stderr().is_terminal() }
    }

    pub(crate) fn show(&self, text: &str) {
        if self.is_shown {
            let columns =
                terminal_size::terminal_size_of(io::stderr()).map_or(DEFAULT_WIDTH, |(width, _)| width.0.into());
            let text: String = text.chars().take(columns.saturating_sub(1)).collect();
            let _ = write!(io::stderr().lock(), "\r{CLEAR}{text}");
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

/// Erase in line, ECMA-48.
const CLEAR: &str = "\x1b[K";

/// Help and version are data: they were asked for.
pub(crate) fn print_help(help: &clap::Error) -> Result<u8, Failure> {
    match help.print() {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::write("standard output", &error)),
        _ => Ok(0),
    }
}

fn to_stdout(text: &str, color: ColorChoice) -> Result<(), Failure> {
    let mut stdout = AutoStream::new(io::stdout().lock(), choice(color, &io::stdout()));
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        // The reader had enough, as `head` has.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| Failure::write("standard output", &error)),
    }
}

fn say(style: Style, label: &str, text: &str, color: ColorChoice) {
    let mut stderr = AutoStream::new(io::stderr().lock(), choice(color, &io::stderr()));
    // There is no place left to report that standard error is closed.
    let _ = writeln!(stderr, "{style}{label}:{style:#} {text}");
}

fn choice(color: ColorChoice, stream: &impl anstream::stream::RawStream) -> ColorChoice {
    if color == ColorChoice::Auto { AutoStream::choice(stream) } else { color }
}

const ERROR: Style = AnsiColor::Red.on_default().bold();
const NOTE: Style = AnsiColor::Yellow.on_default().bold();
const DETAIL: Style = AnsiColor::Cyan.on_default();

const DEFAULT_WIDTH: usize = 80;

/// Longer lines of text are hard to read.
const WIDEST: usize = 140;
