//! Why a document could not be read, in words.

use std::fmt;
use std::time::Duration;

use crate::azure::{ArmRead, DocumentError, shown};
use crate::diagnose::area::Area;
use crate::diagnose::evidence::{Failure, FailureKind};
use crate::net::RestError;
use crate::resolve::cloud::Cloud;
use crate::resolve::note::Note;
use crate::resolve::quoted::QuotedValue;

/// Why a document could not be read.
#[derive(Clone, Debug)]
pub(super) enum Refusal {
    /// The response of Azure is an error; the code is a word.
    Status { status: u16, code: Option<String> },
    /// The request or its response failed on the way.
    Network { failure: Failure, was_sent: bool },
    /// Azure throttles requests for longer than is left, or still does after several waits.
    Busy { status: u16, wait: Option<Duration> },
    /// The time of the call is over.
    Late,
    /// The response, or all responses together, are larger than any of Azure.
    TooLarge { most: usize },
    /// The response is a redirect.
    Redirected { status: u16 },
    /// The next page is at another host, or does not have a URL.
    ForeignPage,
    /// The pages lead in a circle, or there are too many.
    Endless { pages: usize },
    /// The response is not a document.
    Unreadable(DocumentError),
}

impl From<RestError> for Refusal {
    fn from(error: RestError) -> Self {
        Self::Network { failure: error.failure, was_sent: error.was_sent }
    }
}

impl Refusal {
    /// Returns the note on a document that was not read.
    pub(super) fn not_visible(&self, read: &ArmRead) -> Note {
        Note::new("not_visible", format!("{} not visible: {self}{}", subject(read), self.remedy(read)))
    }

    /// Returns the note on a list that broke off after its first page.
    pub(super) fn broke_off(&self, read: &ArmRead) -> Note {
        Note::new("more_pages", format!("{} not whole, because a further page was not read: {self}", subject(read)))
    }

    /// Returns who may read the document.
    fn remedy(&self, read: &ArmRead) -> String {
        match self {
            Self::Status { status: 401 | 403, .. } => format!("; {}", permission(read)),
            Self::Status { status: 404, .. } if read.is_list() => {
                "; the resource does not exist any more, or it has no such list".to_owned()
            }
            Self::Status { status: 404, .. } => {
                "; it does not exist any more, or it belongs to a subscription that this identity does not see"
                    .to_owned()
            }
            _ => String::new(),
        }
    }

    /// Returns the area and the reason for a call that cannot go on, with what to do.
    pub(super) fn explained(&self, read: &ArmRead, cloud: &Cloud) -> (Area, String) {
        let Self::Status { status, code } = self else { return (self.area(), self.to_string()) };
        let code = code.as_deref().unwrap_or_default();
        let subscription = QuotedValue::new(read.of.subscription().unwrap_or_default());
        let (area, why) = match (*status, code) {
            (401, "ExpiredAuthenticationToken") => (Area::Auth, "the token has expired: get a new one".to_owned()),
            (401, "InvalidAuthenticationTokenAudience") => {
                let host = cloud.suffixes().management().unwrap_or_default();
                (
                    Area::Auth,
                    format!(
                        "the token is for another service: get one with `az account get-access-token --resource https://{host}`"
                    ),
                )
            }
            (401, "InvalidAuthenticationTokenTenant") => (
                Area::Auth,
                format!(
                    "the token is of another tenant than subscription {subscription}, or of another cloud: sign in with `az login --tenant TENANT`"
                ),
            ),
            (401, _) => (Area::Auth, "the token is rejected: get a new one".to_owned()),
            (403, _) => (Area::Auth, permission(read)),
            (404, "SubscriptionNotFound") | (400, "InvalidSubscriptionId") => (
                Area::Configuration,
                format!(
                    "the {} knows no subscription {subscription}: check the ID, and whether the account is in another cloud",
                    cloud.title()
                ),
            ),
            (404, _) => (
                Area::Configuration,
                format!(
                    "{} does not exist: check the ID, and whether the account is in another cloud",
                    QuotedValue::new(&shown(read.of.name()))
                ),
            ),
            _ => return (self.area(), self.to_string()),
        };
        (area, format!("{why} ({self})"))
    }

    fn area(&self) -> Area {
        match self {
            Self::Status { status: 401 | 403, .. } => Area::Auth,
            Self::Status { status: 404, .. } => Area::Configuration,
            Self::Status { status: 429, .. } | Self::Busy { status: 429, .. } => Area::Quota,
            Self::Network { failure, was_sent } => match failure.kind {
                FailureKind::NoSuchName | FailureKind::NoAddress | FailureKind::NoAnswer => Area::Dns,
                FailureKind::ProxyAuth | FailureKind::ProxyRefused => Area::Proxy,
                FailureKind::Certificate | FailureKind::Alert => Area::Tls,
                FailureKind::Refused | FailureKind::Unreachable | FailureKind::NotPermitted => Area::Tcp,
                FailureKind::Reset | FailureKind::TimedOut if !was_sent => Area::Tcp,
                _ => Area::Http,
            },
            _ => Area::Http,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status { status, code: Some(code) } => write!(f, "{status} {code}"),
            Self::Status { status, code: None } => write!(f, "status {status}"),
            Self::Network { failure, .. } => write!(f, "{failure}"),
            Self::Busy { status, wait: Some(wait) } => {
                write!(
                    f,
                    "status {status} with a wait of {} s, which is longer than the time that is left",
                    wait.as_secs()
                )
            }
            Self::Busy { status, wait: None } => {
                write!(f, "the management API throttles requests and still does after several waits (status {status})")
            }
            Self::Late => f.write_str("the time limit of the run was reached before"),
            Self::TooLarge { most } => write!(f, "the response has more than {} MB", most >> 20),
            Self::Redirected { status } => {
                write!(f, "status {status} leads to another place, which never gets the token")
            }
            Self::ForeignPage => f.write_str("it is at another host, which never gets the token"),
            Self::Endless { pages } => write!(f, "the pages lead in a circle or have no end, and {pages} were read"),
            Self::Unreadable(error) => write!(f, "{error}"),
        }
    }
}

/// Returns the documents that a read gives, with their verb.
fn subject(read: &ArmRead) -> String {
    let (title, name) = (read.kind.title(), QuotedValue::new(&shown(read.scope().name())));
    match read.is_list() {
        false => format!("the {title} {name} is"),
        true if title.ends_with('s') => format!("the {title} of {name} are"),
        true => format!("the {title}s of {name} are"),
    }
}

/// Returns what the identity needs. A role on the group holds for all that is in it.
fn permission(read: &ArmRead) -> String {
    let scope = read.scope();
    let place = match scope.group() {
        Some(group) => format!("resource group {}", QuotedValue::new(&shown(group))),
        None => format!("subscription {}", QuotedValue::new(&shown(scope.name()))),
    };
    format!("this identity needs `{}`, which the role Reader on {place} gives", read.action())
}
