//! Measures endpoint resolution against its alternatives: `format!`, `Url::parse`, and the endpoint resolver of the AWS SDK.
//!
//! Exits with code 1 if a limit is missed.

use std::error::Error;
use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::process::ExitCode;
use std::task::{Context, Poll, Waker};

use aws_sdk_polly::config::endpoint::{DefaultResolver, Endpoint as AwsEndpoint, Params, ResolveEndpoint};
use speech_endpoint::{Access, Account, Endpoint, Query, Service};
use url::Url;

mod harness;

use harness::{Case, Figures, measure};

const SERVICE: Service = Service::SpeechToText;
const REGION: &str = "westeurope";
const LANGUAGE: &str = "en-US";
const URL: &str = "wss://westeurope.stt.speech.microsoft.com/stt/speech/universal/v2?format=detailed&language=en-US";

/// The number of cases that build an endpoint; the others return a prepared one.
const BUILDING: usize = 6;
/// The number of those that use this crate; they come first.
const BUILDING_OURS: usize = 3;

/// The limits to build an endpoint with its query from a validated account: nanoseconds and allocations.
const BUILDING_LIMIT: (f64, f64) = (150.0, 1.0);
/// The limits to return a prepared endpoint: nanoseconds and allocations.
const HANDING_OUT_LIMIT: (f64, f64) = (20.0, 0.0);

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let regional = Account::regional(REGION.parse()?)?;
    let private = Account::custom_domain("contoso".parse()?)
        .with_region(REGION.parse()?)?
        .with_access(Access::private_endpoint());
    let query = Query::default().with_parameter("format", "detailed")?.with_language(LANGUAGE)?;
    let model = Query::default()
        .with_parameter("format", "detailed")?
        .with_custom_model("6ff3b2a8-0f5e-4c0e-9d43-2b7a1c5e8d90")?;
    let endpoints = regional.prepare();
    let (ireland, frankfurt) = (params("eu-west-1")?, params("eu-central-1")?);
    let (cached, uncached) = (DefaultResolver::new(), DefaultResolver::new());

    // Checks that every case does what its name says.
    assert_eq!(regional.endpoint_with(SERVICE, &query)?.url(), URL);
    assert_eq!(
        private.endpoint_with(SERVICE, &query)?.url(),
        "wss://contoso.cognitiveservices.azure.com/stt/speech/universal/v2?format=detailed&language=en-US"
    );
    assert_eq!(
        regional.endpoint_with(SERVICE, &model)?.url(),
        "wss://westeurope.stt.speech.microsoft.com/stt/speech/universal/v2?cid=6ff3b2a8-0f5e-4c0e-9d43-2b7a1c5e8d90&format=detailed"
    );
    assert_eq!(endpoints.get(SERVICE).map(Endpoint::url).ok(), URL.split('?').next());
    assert_eq!(formatted(REGION, LANGUAGE), URL);
    assert_eq!(Url::parse(&formatted(REGION, LANGUAGE))?.as_str(), URL);
    assert_eq!(resolved(&uncached, &ireland).url(), "https://polly.eu-west-1.amazonaws.com");
    assert_eq!(resolved(&uncached, &frankfurt).url(), "https://polly.eu-central-1.amazonaws.com");

    let mut turn = false;
    let mut cases = [
        Case::new("Account::endpoint_with, regional", || {
            black_box(&regional).endpoint_with(black_box(SERVICE), black_box(&query))
        }),
        Case::new("Account::endpoint_with, custom model", || {
            black_box(&regional).endpoint_with(black_box(SERVICE), black_box(&model))
        }),
        Case::new("Account::endpoint_with, private endpoint", || {
            black_box(&private).endpoint_with(black_box(SERVICE), black_box(&query))
        }),
        Case::new("format!, nothing checked", || formatted(black_box(REGION), black_box(LANGUAGE))),
        Case::new("format! + Url::parse", || Url::parse(&formatted(black_box(REGION), black_box(LANGUAGE)))),
        Case::new("aws DefaultResolver uncached, host only", || {
            turn = !turn;
            resolved(black_box(&uncached), black_box(if turn { &ireland } else { &frankfurt }))
        }),
        Case::new("Endpoints::get, borrowed", || black_box(&endpoints).get(black_box(SERVICE))),
        Case::new("Endpoints::get, cloned", || black_box(&endpoints).get(black_box(SERVICE)).cloned()),
        Case::new("aws DefaultResolver cached, host only", || resolved(black_box(&cached), black_box(&ireland))),
    ];
    let figures = measure(&mut cases);
    let (building, handing_out) = figures.split_at(BUILDING);

    print_table("building one, with its query", building);
    print_table("handing out one built before", handing_out);
    println!();
    let mut kept = true;
    for ours in &building[..BUILDING_OURS] {
        kept &= is_kept(ours, BUILDING_LIMIT);
    }
    kept &= is_kept(&handing_out[0], HANDING_OUT_LIMIT);
    Ok(if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Returns the same URL from unchecked text.
fn formatted(region: &str, language: &str) -> String {
    format!("wss://{region}.stt.speech.microsoft.com/stt/speech/universal/v2?format=detailed&language={language}")
}

/// Returns the parameters from which the AWS SDK resolves an endpoint.
fn params(region: &str) -> Result<Params, Box<dyn Error>> {
    Ok(Params::builder().region(region).use_fips(false).use_dual_stack(false).build()?)
}

/// Returns the endpoint of the AWS SDK, whose future is ready at once.
fn resolved(resolver: &DefaultResolver, params: &Params) -> AwsEndpoint {
    let future = pin!(ResolveEndpoint::resolve_endpoint(resolver, params));
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(endpoint)) => endpoint,
        Poll::Ready(Err(error)) => panic!("{error}"),
        Poll::Pending => panic!("not ready at once"),
    }
}

/// Prints the figures; the last column compares medians with that of the first case.
fn print_table(title: &str, figures: &[Figures]) {
    println!("\n{title:<41}{:>7}{:>8}{:>8}{:>7}{:>8}", "min ns", "median", "allocs", "bytes", "ratio");
    for case in figures {
        let Figures { name, min, median, allocations, bytes } = case;
        let ratio = median / figures[0].median;
        println!("{name:<41}{min:>7.1}{median:>8.1}{allocations:>8}{bytes:>7}{ratio:>8.2}");
    }
}

/// Prints whether a case keeps its limits of time, by the median, and of allocations.
fn is_kept(case: &Figures, (time, allocations): (f64, f64)) -> bool {
    let mut kept = true;
    for (figure, limit, unit) in [(case.median, time, "ns"), (case.allocations, allocations, "allocs")] {
        let is_kept = figure <= limit;
        let figure = if unit == "ns" { format!("{figure:.1}") } else { figure.to_string() };
        println!("{:<7}{:<41}{figure:>7} {unit:<7}limit {limit:>4}", if is_kept { "ok" } else { "MISSED" }, case.name);
        kept &= is_kept;
    }
    kept
}
