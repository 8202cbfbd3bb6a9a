//! A health endpoint: `/healthz` for an orchestrator, `/metrics` for Prometheus, `/doctor` for a person. The calls of the
//! connector are spans: one layer counts them, another one exports them to OpenTelemetry.
//!
//! ```text
//! SPEECH_REGION=westeurope SPEECH_KEY=… cargo run -p health
//! ```

use std::error::Error;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use speech_endpoint::connect::{Connector, Health, TokenSource};
use speech_endpoint::report::{ReportOptions, markdown};
use speech_endpoint::{Account, Query, diagnose};
use tracing::Subscriber;
use tracing_subscriber::layer::SubscriberExt as _;

mod calls;
#[cfg(test)]
mod tests;

use calls::Calls;

#[derive(Clone)]
struct App {
    connector: Connector,
    calls: Calls,
}

fn routes(connector: Connector, calls: Calls) -> Router {
    let app = App { connector, calls };
    let routes = Router::new().route("/healthz", get(healthz)).route("/metrics", get(metrics));
    routes.route("/doctor", get(doctor)).with_state(app)
}

/// Returns 200 while calls use at least one account. It asks nobody: the last calls of the application decide.
async fn healthz(State(app): State<App>) -> (StatusCode, String) {
    let accounts = app.connector.accounts();
    let is_ready = accounts.iter().any(|account| !matches!(account.health, Health::BackingOff { .. }));
    let lines =
        accounts.iter().map(|account| format!("{}: {:?}, {} failed\n", account.name, account.health, account.failures));
    (if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, lines.collect())
}

/// Returns the metrics in the text format of Prometheus.
async fn metrics(State(app): State<App>) -> String {
    let mut text = "# TYPE speech_calls_total counter\n".to_owned();
    text.push_str(&app.calls.to_string());
    text.push_str("# TYPE speech_account_failures gauge\n");
    for account in app.connector.accounts() {
        text.push_str(&format!("speech_account_failures{{account=\"{}\"}} {}\n", account.name, account.failures));
    }
    text
}

/// Runs the doctor for the services that the application uses, and returns its reports, ready for a ticket.
async fn doctor(State(app): State<App>) -> String {
    let runs = app.connector.probe_services(&[], &Query::default()).await;
    let reports = runs.iter().map(|evidence| markdown(evidence, &diagnose(evidence), &ReportOptions::default()));
    reports.collect::<Vec<_>>().join("\n\n")
}

/// Returns the subscriber of the application. Debug spans show the stages of a connection.
fn subscriber(calls: Calls, spans: &SdkTracerProvider) -> impl Subscriber + Send + Sync {
    let exported = tracing_opentelemetry::layer().with_tracer(spans.tracer("health"));
    tracing_subscriber::registry().with(calls).with(exported)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // Add an exporter here, such as that of `opentelemetry-otlp`.
    let (calls, spans) = (Calls::default(), SdkTracerProvider::builder().build());
    tracing::subscriber::set_global_default(subscriber(calls.clone(), &spans))?;
    let account = Account::regional(std::env::var("SPEECH_REGION")?.parse()?)?;
    let connector = Connector::new(account, TokenSource::key(std::env::var("SPEECH_KEY")?)?)?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8081").await?;
    Ok(axum::serve(listener, routes(connector, calls)).await?)
}
