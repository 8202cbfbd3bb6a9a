//! Metrics from spans: a layer that counts the attempts of a connector by account, service and root cause.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::sync::{Arc, Mutex, PoisonError};

use tracing::Subscriber;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

/// The attempts so far.
#[derive(Clone, Default)]
pub(crate) struct Calls(Arc<Mutex<BTreeMap<Labels, u64>>>);

/// The labels of a counter. All values are from short lists, except the name of the account, which the application chooses.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Labels {
    account: String,
    service: String,
    /// The id of the root cause; empty after a success.
    finding: String,
    error: String,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Calls {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id).filter(|span| matches!(span.name(), "speech.connect" | "speech.request"))
        else {
            return;
        };
        let mut labels = Labels::default();
        attributes.record(&mut labels);
        span.extensions_mut().insert(labels);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(labels) = span.extensions_mut().get_mut::<Labels>()
        {
            values.record(labels);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let labels = context.span(&id).and_then(|span| span.extensions_mut().remove::<Labels>());
        if let Some(labels) = labels {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(labels).or_default() += 1;
        }
    }
}

impl Visit for Labels {
    fn record_str(&mut self, field: &Field, value: &str) {
        let label = match field.name() {
            "speech.account" => &mut self.account,
            "speech.service" => &mut self.service,
            "speech.finding" => &mut self.finding,
            "error.type" => &mut self.error,
            _ => return,
        };
        value.clone_into(label);
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

/// Writes the counters in the text format of Prometheus.
impl fmt::Display for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (Labels { account, service, finding, error }, count) in
            &*self.0.lock().unwrap_or_else(PoisonError::into_inner)
        {
            let labels = format!("account=\"{account}\",service=\"{service}\",finding=\"{finding}\",error=\"{error}\"");
            writeln!(f, "speech_calls_total{{{labels}}} {count}")?;
        }
        Ok(())
    }
}
