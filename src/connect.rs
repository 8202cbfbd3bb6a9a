//! CONNECT: connections for applications. A [`Connector`] takes accounts and their token sources, opens WebSockets and sends
//! requests. It uses the same stages as the doctor, so that a [`ConnectError`] contains the doctor's diagnosis.
//!
//! ```
//! use speech_endpoint::connect::{Connector, TokenSource};
//! use speech_endpoint::{Account, Query, Service};
//!
//! # async fn speak(key: String) -> Result<(), Box<dyn std::error::Error>> {
//! let account = Account::custom_domain("contoso".parse()?);
//! let connector = Connector::new(account, TokenSource::key(key)?)?;
//! let opened = connector.websocket(Service::SpeechToText, &Query::default()).await?;
//! println!("open, X-ConnectionId {}", opened.connection_id);
//! # Ok(()) }
//! ```
//!
//! # Errors
//!
//! | Type | Returned by | `id()` |
//! | --- | --- | --- |
//! | [`BuildError`] | [`Builder::build`] | `proxy`, `trust` or `client` |
//! | [`TokenError`] | a token source, as the cause of a [`ConnectError`] and in [`TokenTimes::failure`] | an id of the failure catalogue, or `token` |
//! | [`ManagementError`] | reads of the management API | none; [`ManagementError::area`] has the exit code |
//! | [`ConnectError`] | calls of a connector | the id of the root cause, if there is one |
//!
//! A call retries and fails over by itself, as [`Connector::websocket`] and [`Connector::send`] say.
//! [`ConnectError::is_transient`] returns whether another call can succeed later.
//!
//! # Spans
//!
//! Connections emit spans of [`tracing`]. Names and fields follow the semantic conventions of OpenTelemetry
//! (<https://opentelemetry.io/docs/specs/semconv/>). No field ever contains a query string, a header or a credential.
//!
//! | Span | Level | Fields |
//! | --- | --- | --- |
//! | `speech.connect`: one attempt to open a WebSocket | info | `otel.kind`, `speech.account` ([`Builder::named`]), `speech.service`, `speech.connection_id` (`X-ConnectionId`), `server.address` |
//! | `speech.request`: one attempt of [`Connector::send`] | info | as `speech.connect` |
//! | `speech.probe`: a run of [`Connector::probe`] for one account | info | `otel.kind`, `speech.account` |
//! | `dns.lookup`: a lookup; none if the name is cached | debug | `dns.question.name`, `dns.answers` (addresses, separated by commas) |
//! | `tcp.connect`: the race to the addresses of a host | debug | `network.transport`, `network.type` (`ipv4` or `ipv6`), `network.peer.address`, `network.peer.port`, `network.local.address` |
//! | `proxy.connect`: a tunnel through a proxy | debug | `http.request.method`, `network.peer.address`, `network.peer.port`, `server.address`, `server.port`, `http.response.status_code` |
//! | `tls.handshake`: a TLS handshake | debug | `server.address`, `tls.protocol.version`, `tls.resumed` |
//! | `http.request`: an upgrade or a request | debug | `otel.kind`, `http.request.method`, `network.protocol.name` (`websocket` or `http`), `server.address`, `server.port`, `url.scheme`, `url.path`, `http.response.status_code` |
//!
//! A span that failed also has `otel.status_code` (`ERROR`) and `error.type`, one of: `no_such_name`, `no_address`,
//! `no_answer`, `timeout`, `connection_refused`, `unreachable`, `not_permitted`, `connection_reset`, `proxy_authentication`,
//! `proxy_refused`, `protocol`, `certificate`, `tls_alert`, `status`, `closed`, `flooded`, `denied`, `_OTHER`.
//!
//! A `speech.connect` or `speech.request` that failed has `speech.finding`: the id of the root cause, as
//! [`ConnectError::id`] returns it. An attempt whose key is rejected and replaced has none. A `speech.probe` has the root cause
//! and `otel.status_code` (`OK` or `ERROR`).
//!
//! Three events accompany them: a warning when a token cannot be fetched, and a debug event when a prepared connection cannot
//! be replaced, both with the field `error`; and a warning when prepared connections end together while others stay open, with
//! the fields `speech.finding` (`WS08`), `speech.services` and `speech.survivors`.

// The modules are listed from the ground up. Each uses only those above it.

mod jitter;
mod wall_clock;

mod token;

mod error;

mod trace_log;

mod spans;

mod dial;
mod routes;

mod attempt;

mod discovery;
mod observation;

mod transport;

mod explain;

mod upgrade;

mod issuer;

mod breaker;

mod failover;

mod opened;
mod together;

mod prepared;

mod connector;

mod builder;
mod rest;

mod management;

pub use breaker::Health;
pub use builder::{BuildError, Builder};
pub use connector::{AccountState, Connector};
pub use error::{ConnectCause, ConnectError};
pub use management::{Management, ManagementError};
pub use opened::Opened;
pub use token::{KeyName, RedactedCause, TokenError, TokenKind, TokenSource, TokenState, TokenTimes};
