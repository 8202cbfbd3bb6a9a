//! `resolve`: prints the URLs, methods and credential forms of a resource.

use speech_endpoint::{Account, Endpoint, Note, Query, ResolveError, Service};

use super::failure::{CONFIGURATION, Failure};
use super::flags::refusal;
use super::output::Output;
use super::settings::{self, Subject};

pub(crate) mod args;
mod curl;
mod env;
mod json;
pub(crate) mod snippet;
pub(crate) mod text;

use args::{ResolveArgs, ResolveFormat};

/// The resolved endpoints, in the order of the services.
pub(crate) struct Resolution {
    pub(crate) account: Account,
    pub(crate) notes: Vec<Note>,
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) errors: Vec<ResolveError>,
    /// Whether services were named, so that each is shown in full and each must have a URL.
    pub(crate) is_specific: bool,
}

pub(crate) fn run(args: &ResolveArgs, output: &Output) -> Result<u8, Failure> {
    let json = args.format == ResolveFormat::Json;
    let resolution = resolve(args, output).map_err(|failure| failure.with_json(json))?;
    let data = match args.format {
        ResolveFormat::Text => text::write(&resolution, output.is_verbose()),
        ResolveFormat::Json => json::resolution(&resolution)?,
        ResolveFormat::Env => env::write(&resolution),
        ResolveFormat::Curl => programs(&resolution, output, "REST service", curl::command)?,
        ResolveFormat::Snippet(language) => {
            programs(&resolution, output, "service", |endpoint| Some(snippet::program(language, endpoint)))?
        }
    };
    output.data(&data)?;
    // If nothing was resolved, the error matters and notes would distract.
    if !json && (output.is_verbose() || !resolution.endpoints.is_empty()) {
        resolution.notes.iter().for_each(|note| output.note(note));
    }
    resolution.errors.iter().for_each(|error| output.error(&refusal(error)));
    Ok(if resolution.errors.is_empty() { 0 } else { CONFIGURATION })
}

fn resolve(args: &ResolveArgs, output: &Output) -> Result<Resolution, Failure> {
    let Subject { account, notes, source } = settings::subject(&args.resource)?;
    let query = settings::query(Query::default(), &args.query)?;
    output
        .detail(1, || format!("resource from `{source}`: {}, {}", account.scenario().title(), account.cloud().title()));
    let account = if args.discovery { account.with_discovery() } else { account };
    let services = args.services.requested();
    let is_specific = !services.is_empty();
    let mut resolution = Resolution { account, notes, endpoints: Vec::new(), errors: Vec::new(), is_specific };
    if is_specific {
        for service in services {
            match resolution.account.endpoint_with(service, &query) {
                Ok(endpoint) => resolution.endpoints.push(endpoint),
                Err(error) => resolution.errors.push(error),
            }
        }
    } else {
        resolution.add_offered(&query, output)?;
    }
    let refused = resolution.errors.iter().map(ResolveError::service);
    let services: Vec<Service> = resolution.endpoints.iter().map(Endpoint::service).chain(refused).collect();
    resolution.notes.retain(|note| note.concerns(services.iter().copied()));
    Ok(resolution)
}

impl Resolution {
    /// Adds all services of the resource, each with the settings that its URL supports.
    fn add_offered(&mut self, query: &Query, output: &Output) -> Result<(), Failure> {
        let mut last_refusal = None;
        for service in Service::in_use() {
            match self.account.endpoint_with(service, &query.carried_by(service)) {
                Ok(endpoint) => self.endpoints.push(endpoint),
                Err(error) if error.is_not_offered() => output.detail(1, || refusal(&error)),
                Err(error) => self.errors.push(error),
            }
            if let Err(error @ ResolveError::Parameter { .. }) = self.account.endpoint_with(service, query) {
                last_refusal = Some(error);
            }
        }
        if self.endpoints.is_empty() {
            // No service can be reached, and all for the same reason.
            self.errors.truncate(1);
        }
        let is_carried = self.endpoints.iter().any(|endpoint| query.carried_by(endpoint.service()) == *query);
        match last_refusal {
            Some(error) if !is_carried => Err(Failure::usage(format!(
                "no service of this resource supports all of these settings: {}",
                refusal(&error)
            ))),
            _ => Ok(()),
        }
    }
}

/// Writes one program per endpoint, separated by an empty line.
fn programs(
    resolution: &Resolution,
    output: &Output,
    what: &str,
    program: impl Fn(&Endpoint) -> Option<String>,
) -> Result<String, Failure> {
    let mut programs = Vec::new();
    for endpoint in &resolution.endpoints {
        match program(endpoint) {
            Some(text) => programs.push(text),
            None => output.detail(1, || format!("skipping `{}`: it is a WebSocket", endpoint.service())),
        }
    }
    if programs.is_empty() && !resolution.endpoints.is_empty() {
        return Err(Failure::usage(format!(
            "this format needs a {what}: select one like `voices`, or use another `--format`"
        )));
    }
    Ok(programs.iter().map(|text| format!("{}\n", text.trim_end())).collect::<Vec<_>>().join("\n"))
}
