//! `--from` with several files or a folder: the evidence of many vantage points, compared.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use speech_endpoint::azure::AzureView;
use speech_endpoint::{Comparison, Selection, Vantage, diagnose_with, diagnose_with_documents};

use super::args::{DoctorArgs, DoctorFormat};
use super::{documents, files, options, selection};
use crate::failure::Failure;
use crate::file;
use crate::output::Output;

/// Returns whether the evidence is that of many vantage points.
pub(super) fn is_wanted(args: &DoctorArgs) -> bool {
    args.from.len() > 1 || args.from.iter().any(|path| path.is_dir())
}

/// Compares the evidence of many vantage points.
///
/// 1. List the files: those that are given, and in a folder each `*.json` at any depth.
/// 2. Read, diagnose and reduce them, a few at a time. A file that cannot be read does not stop the others.
/// 3. Compare the vantage points and write the report.
pub(super) fn run(args: &DoctorArgs, output: &Output) -> Result<u8, Failure> {
    refuse(args)?;
    let view = documents(args)?;
    let sources = sources(&args.from)?;
    let (vantages, unread) = read(&sources, view.as_ref(), &selection(args));
    unread.iter().take(MOST_PROBLEMS).for_each(|(_, problem)| output.error(problem));
    if unread.len() > MOST_PROBLEMS {
        output.error(&format!("{} more files cannot be read", unread.len() - MOST_PROBLEMS));
    }
    if vantages.is_empty() {
        return Err(Failure::usage("`--from` is given no evidence that can be read".to_owned()));
    }
    let comparison = Comparison::new(vantages).with_unread(unread);
    let options = options(args, output);
    let text = match args.format {
        DoctorFormat::Short => comparison.short(&options),
        DoctorFormat::Json => comparison.json(&options).map_err(|error| Failure::json(&error))?,
        _ => comparison.text(&options),
    };
    output.data(&text)?;
    Ok(comparison.exit_code(args.findings.fail_on.into()))
}

/// Refuses options that are about one run.
fn refuse(args: &DoctorArgs) -> Result<(), Failure> {
    let refused = |option: &str| {
        Err(Failure::usage(format!(
            "`{option}` is about one run: give one file to `--from`, not several and no folder"
        )))
    };
    if args.save.is_some() {
        return refused("--save");
    }
    if args.net.baseline.is_some() {
        return refused("--baseline");
    }
    match args.format {
        DoctorFormat::Text | DoctorFormat::Short | DoctorFormat::Json => Ok(()),
        _ => Err(Failure::usage(
            "a comparison has the formats text, short and json; give one file to `--from` for the others".to_owned(),
        )),
    }
}

/// A file with the name of its vantage point.
struct Source {
    name: String,
    path: PathBuf,
}

/// Lists the files. A vantage point has the name of its file, with the folders below the given one, without `.json`.
fn sources(given: &[PathBuf]) -> Result<Vec<Source>, Failure> {
    let mut sources = Vec::new();
    for path in given {
        if path.is_dir() {
            let before = sources.len();
            list(path, path, 0, &mut sources)?;
            if sources.len() == before {
                let named = file::named(path);
                return Err(Failure::usage(format!("{named} given to `--from` has no file `*.json` with evidence")));
            }
        } else {
            sources.push(Source { name: name(path), path: path.clone() });
        }
    }
    Ok(sources)
}

fn list(top: &Path, folder: &Path, depth: usize, sources: &mut Vec<Source>) -> Result<(), Failure> {
    let problem = |error: std::io::Error| {
        Failure::usage(format!("cannot read the folder {} given to `--from`: {error}", file::named(folder)))
    };
    let mut entries: Vec<_> = fs::read_dir(folder).map_err(problem)?.collect::<Result<_, _>>().map_err(problem)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        // A mounted volume of Kubernetes has its files twice: by name, and in a hidden folder.
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let is_folder = entry.file_type().map_err(problem)?.is_dir();
        if is_folder && depth < DEEPEST {
            list(top, &path, depth + 1, sources)?;
        } else if !is_folder && path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
            let below = path.strip_prefix(top).unwrap_or(&path);
            sources.push(Source { name: name(below), path });
        }
    }
    Ok(())
}

/// Returns the name of a vantage point. A secret that was given in place of a file name is not shown.
fn name(path: &Path) -> String {
    let stem = path.with_extension("");
    let name = stem.to_string_lossy().replace('\\', "/");
    let quoted = file::named(&stem).to_string();
    if quoted.trim_matches('`') == name { name } else { quoted }
}

/// Reads, diagnoses and reduces the evidence on all processors. Only what the comparison needs stays in memory.
fn read(sources: &[Source], view: Option<&AzureView>, selection: &Selection) -> (Vec<Vantage>, Vec<(String, String)>) {
    let next = AtomicUsize::new(0);
    let read = Mutex::new((Vec::new(), Vec::new()));
    let workers = thread::available_parallelism().map_or(1, usize::from).min(MOST_WORKERS);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(source) = sources.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let vantage = vantage(source, view, selection);
                    let mut read = read.lock().unwrap_or_else(PoisonError::into_inner);
                    match vantage {
                        Ok(vantage) => read.0.push(vantage),
                        Err(problem) => read.1.push((source.name.clone(), problem)),
                    }
                }
            });
        }
    });
    read.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn vantage(source: &Source, view: Option<&AzureView>, selection: &Selection) -> Result<Vantage, String> {
    let evidence = files::read(&source.path, "--from").map_err(|failure| failure.message().to_owned())?;
    let diagnosis = match view {
        Some(view) => diagnose_with_documents(&evidence, view, selection),
        None => diagnose_with(&evidence, selection),
    };
    Ok(Vantage::new(&source.name, &evidence, &diagnosis))
}

/// Folders of folders: a pipeline stores each artefact in one of its own.
const DEEPEST: usize = 8;

/// More threads than this wait for the disk.
const MOST_WORKERS: usize = 16;

/// More lines than this about files that cannot be read would hide the report.
const MOST_PROBLEMS: usize = 10;
