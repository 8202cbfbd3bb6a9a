//! Arguments of the doctor that do not go with a watch.

use std::path::Path;
use std::time::Duration;

use crate::doctor::args::{DoctorArgs, DoctorFormat};
use crate::failure::Failure;

/// Refuses arguments that do not go with a watch.
pub(super) fn check(args: &DoctorArgs) -> Result<(), Failure> {
    let watch = &args.watch;
    // Frequent runs burden a service, but not the lab.
    if watch.interval() < SHORTEST && args.lab.is_none() {
        return Err(Failure::usage("`--every` is at least 1 second; only `--lab` allows less".to_owned()));
    }
    if !matches!(args.format, DoctorFormat::Text | DoctorFormat::Json) {
        return Err(Failure::usage("`--watch` writes `--format text` or `--format json`".to_owned()));
    }
    if args.output.output.is_some() {
        let problem = "`--watch` does not write to `--output`: redirect standard output to a file instead";
        return Err(Failure::usage(problem.to_owned()));
    }
    let stdin = Path::new("-");
    let is_read_once = [&args.resource.account, &args.resource.facts].into_iter().flatten().any(|file| file == stdin)
        || args.azure.azure.iter().any(|file| file == stdin)
        || args.lab.as_deref() == Some("-")
        || args.resource.endpoint.as_deref() == Some("-");
    if is_read_once {
        let problem =
            "`--watch` reads its files again in every run, and standard input can be read only once: give a file";
        return Err(Failure::usage(problem.to_owned()));
    }
    Ok(())
}

/// Shorter intervals burden the service and the name servers.
const SHORTEST: Duration = Duration::from_secs(1);
