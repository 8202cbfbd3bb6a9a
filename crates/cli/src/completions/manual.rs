//! Manual pages: one for each command, and one for all of them.

use std::fmt::Write as _;
use std::io;

use clap::Command;
use clap_mangen::Man;

/// The variables of the environment, with what they do, and the option that a command must have for them to apply.
pub(crate) const VARIABLES: &[(&str, &str, Option<&str>)] = &[
    ("SPEECH_REGION", "the region of the resource, if no option names a resource", Some("region")),
    (
        "SPEECH_ENDPOINT",
        "the endpoint of the resource, if no option names a resource; it goes before SPEECH_REGION",
        Some("endpoint"),
    ),
    ("SPEECH_KEY", "the key of the resource, if no option names a credential", Some("key_env")),
    ("SPEECH_KEY_2", "the second key, which the doctor tries if the service rejects the first one", Some("key_env")),
    (
        "AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, AZURE_FEDERATED_TOKEN_FILE",
        "the identity of --entra",
        Some("entra"),
    ),
    (
        "HTTPS_PROXY, ALL_PROXY, NO_PROXY",
        "the proxy, and the hosts that are reached without it; lower case too",
        Some("proxy"),
    ),
    ("SSL_CERT_FILE, SSL_CERT_DIR", "the certificates to trust, in place of those of the system", Some("ca_file")),
    ("NO_COLOR", "no colours, if it is not empty", None),
    ("FORCE_COLOR, CLICOLOR_FORCE", "colours even if the output is not a terminal, if it is neither empty nor 0", None),
    ("SPEECH_ASCII", "only ASCII characters, like --ascii", None),
    ("COLUMNS", "the width of the output", None),
];

/// The files that this program reads or writes without being told to, and the option that a command must have for that.
const FILES: &[(&str, &str, Option<&str>)] = &[
    (
        "speech-endpoint.toml, ~/.config/speech-endpoint/speech-endpoint.toml",
        "the options of --profile",
        Some("profile"),
    ),
    ("/etc/resolv.conf, /etc/hosts", "the name servers and the names of this machine", Some("dns_servers")),
    ("~/.azure", "the sign-in of az, which --entra cli asks for a token", Some("entra")),
];

/// Renders the page of the program: the commands, and what holds for all of them.
pub(super) fn of_program(command: &Command) -> io::Result<String> {
    let mut page = beginning(command)?;
    page.push_str(&commands(command)?);
    page.push_str(&ending(command, ".SH"));
    let pages = names(command).map(|name| format!("speech-endpoint-{name}(1)"));
    page.push_str(&see_also(pages));
    Ok(page)
}

/// Renders the page of a command.
pub(super) fn of_command(command: &Command) -> io::Result<String> {
    let mut page = beginning(command)?;
    page.push_str(&ending(command, ".SH"));
    page.push_str(&see_also(["speech-endpoint(1)".to_owned()].into_iter()));
    Ok(page)
}

/// Renders one page with every command, its options and its examples.
pub(super) fn whole(command: &Command) -> io::Result<String> {
    let mut page = beginning(command)?;
    let mut commands = commands(command)?;
    for name in names(command) {
        // Here a command has no page of its own.
        commands = commands.replace(&format!("speech\\-endpoint\\-{name}(1)"), &format!("speech\\-endpoint {name}"));
    }
    page.push_str(&commands);
    for inner in command.get_subcommands() {
        let _ = writeln!(page, ".SH {}", inner.get_name().to_uppercase());
        let mut sections = synopsis(inner);
        sections.push_str(&rendered(|man, to| man.render_description_section(to), inner)?);
        sections.push_str(&options(inner)?);
        page.push_str(&sections.replace(".SH ", ".SS "));
        page.push_str(&notes(inner, ".SS"));
    }
    page.push_str(&ending(command, ".SH"));
    Ok(page)
}

/// The names of the commands that have a page.
fn names(command: &Command) -> impl Iterator<Item = &str> {
    command.get_subcommands().map(Command::get_name)
}

/// The title, the name, the synopsis, the description and the options.
fn beginning(command: &Command) -> io::Result<String> {
    let mut page = title(command);
    // Neither justified nor hyphenated, because commands and URLs are copied from here.
    page.push_str(".ad l\n.nh\n");
    page.push_str(&rendered(|man, to| man.render_name_section(to), command)?);
    page.push_str(&synopsis(command));
    page.push_str(&rendered(|man, to| man.render_description_section(to), command)?);
    page.push_str(&options(command)?);
    Ok(page)
}

/// The title. `Man` leaves an empty date out, so that the version would stand in its place, and a long name beside it.
fn title(command: &Command) -> String {
    let name = command.get_display_name().unwrap_or(command.get_name());
    format!(".TH {} 1 \"\" \"speech\\-endpoint {}\" \"User Commands\"\n", escaped(name), env!("CARGO_PKG_VERSION"))
}

/// The usage, which is one line: the options follow.
fn synopsis(command: &Command) -> String {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").lines().map(|line| escaped(line.trim())).collect::<Vec<_>>();
    format!(".SH SYNOPSIS\n{}\n", usage.join("\n.br\n"))
}

fn commands(command: &Command) -> io::Result<String> {
    let command = command.clone().subcommand_help_heading("COMMANDS");
    rendered(|man, to| man.render_subcommands_section(to), &command)
}

/// The options. The values of an option are one line, unless its text has them already.
fn options(command: &Command) -> io::Result<String> {
    let command = command.clone().mut_args(|argument| {
        let values: Vec<String> =
            argument.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        let is_listed = values.last().is_none_or(|last| help.contains(last.as_str())) || !takes_values(&argument);
        let argument = argument.hide_possible_values(true);
        if is_listed { argument } else { argument.help(format!("{help}. Values: {}", values.join(", "))) }
    });
    rendered(|man, to| man.render_options_section(to), &command)
}

fn takes_values(argument: &clap::Arg) -> bool {
    argument.get_action().takes_values()
}

fn rendered(section: impl FnOnce(&Man, &mut Vec<u8>) -> io::Result<()>, command: &Command) -> io::Result<String> {
    let mut text = Vec::new();
    section(&Man::new(command.clone()), &mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// The examples, the exit status, the environment and the files.
fn ending(command: &Command, heading: &str) -> String {
    let mut page = notes(command, heading);
    if !page.contains("EXIT STATUS") {
        let _ = writeln!(page, "{heading} EXIT STATUS\n{}", codes(EXIT_STATUS));
    }
    let has = |option: Option<&str>| {
        let commands = || std::iter::once(command).chain(command.get_subcommands());
        option
            .is_none_or(|id| commands().any(|command| command.get_arguments().any(|argument| argument.get_id() == id)))
    };
    for (title, rows) in [("ENVIRONMENT", VARIABLES), ("FILES", FILES)] {
        let rows: Vec<_> = rows.iter().filter(|(_, _, option)| has(*option)).collect();
        if rows.is_empty() {
            continue;
        }
        let _ = writeln!(page, "{heading} {title}");
        for (name, text, _) in rows {
            let _ = writeln!(page, ".TP\n\\fB{}\\fR\n{}", escaped(name), escaped(text));
        }
    }
    page
}

/// The text after the options: the examples and the exit codes as they are typed, other paragraphs as text.
fn notes(command: &Command, heading: &str) -> String {
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let (mut page, mut others) = (String::new(), String::new());
    for paragraph in text.split("\n\n") {
        let (first, rest) = paragraph.split_once('\n').unwrap_or((paragraph, ""));
        match first {
            "Examples:" => {
                let _ = writeln!(page, "{heading} EXAMPLES\n{}", typed(rest));
            }
            "Exit codes:" => {
                let _ = writeln!(page, "{heading} EXIT STATUS\n{}", codes(rest));
            }
            _ if paragraph.trim().is_empty() => {}
            _ => {
                let _ = writeln!(others, "{}\n.PP", escaped(&paragraph.replace('\n', " ")));
            }
        }
    }
    if !others.is_empty() {
        let others = others.trim_end_matches(".PP\n");
        let _ = write!(page, "{heading} NOTES\n{others}");
    }
    page
}

/// Commands as they are typed. A long one is continued on the next line.
fn typed(text: &str) -> String {
    let text = joined(text);
    let indent = text.lines().map(|line| line.len() - line.trim_start().len()).min().unwrap_or_default();
    let lines: Vec<String> =
        text.lines().flat_map(|line| continued(&line[indent..])).map(|line| escaped(&line)).collect();
    format!(".nf\n{}\n.fi", lines.join("\n"))
}

/// Joins the lines of a command that the text continues after `\`.
fn joined(text: &str) -> String {
    let mut whole = String::new();
    for line in text.lines() {
        match whole.strip_suffix('\\') {
            Some(begun) => whole = format!("{begun}{}", line.trim_start()),
            None if whole.is_empty() => line.clone_into(&mut whole),
            None => whole = format!("{whole}\n{line}"),
        }
    }
    whole
}

/// Breaks a command before an option, a quoted text or a pipe, where it is longer than a line.
fn continued(command: &str) -> Vec<String> {
    if command.chars().count() <= LONGEST {
        return vec![command.to_owned()];
    }
    let cut = command.char_indices().take(LONGEST - 2).filter(|(at, _)| {
        let rest = &command[*at..];
        *at > 0
            && (rest.starts_with(" --") || rest.starts_with(" '") || rest.starts_with(" | ") || rest.starts_with(" > "))
    });
    let Some((at, _)) = cut.last() else { return vec![command.to_owned()] };
    let (first, rest) = command.split_at(at);
    let mut lines = vec![format!("{first} \\")];
    lines.extend(continued(&format!("    {}", rest.trim_start())));
    lines
}

/// The exit codes: a code and its meaning, or a sentence about those that follow.
fn codes(text: &str) -> String {
    text.lines().map(str::trim).fold(String::new(), |mut page, line| {
        let (code, meaning) = line.split_once("  ").unwrap_or(("", line));
        let _ = if code.is_empty() || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            let is_sentence = line.ends_with(':');
            writeln!(page, "{}{}", if is_sentence { ".PP\n" } else { "" }, escaped(line))
        } else {
            writeln!(page, ".TP 4\n\\fB{code}\\fR\n{}", escaped(meaning.trim()))
        };
        page
    })
}

/// The columns that `man` leaves on a terminal of 80.
const LONGEST: usize = 72;

fn see_also(pages: impl Iterator<Item = String>) -> String {
    let pages: Vec<String> = pages.map(|page| escaped(&page)).collect();
    format!(".SH SEE ALSO\n{}\n", pages.join(", "))
}

/// Escapes a line of text.
fn escaped(line: &str) -> String {
    let text = line.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

/// The exit status of a command that does not list its own.
const EXIT_STATUS: &str = "\
0   the command succeeded
1   the program failed, could not write its output, or was interrupted
2   usage: unknown, missing or contradictory arguments, or an unreadable file
10  configuration: a value is invalid";
