//! EXPLAIN: from a pasted text to the failures that may have caused it. Pure, as RESOLVE and DIAGNOSE are.
//!
//! The modules are listed from the ground up. Each uses only those above it.

mod clean;

mod heard;

mod code;

mod place;

mod words;

mod number;

mod table;

mod log;

mod sdk;

mod elsewhere;

mod sight;

mod rank;

use crate::resolve::account::Account;
use crate::resolve::cloud::Cloud;
use crate::resolve::service::Service;

pub use self::clean::{LONGEST_TEXT, decoded};
pub use self::elsewhere::Topic;
pub use self::log::{IdKind, LoggedId, Reached, Step, Timeline};
pub use self::rank::{LikelyCause, RuledOutByLog};
pub use self::sdk::{Defect, Sdk, SdkError, SdkVersion};
pub use self::table::{LONGEST_GAP, Meaning, Strength, Wording};

/// What a pasted text says. It holds no part of the text but the names of hosts of Azure.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Explanation {
    /// What the text means, the meaning that says most first; none twice. Of a log, what it shows at last goes first.
    pub meanings: Vec<&'static Meaning>,
    /// The failures that may have caused it, the most likely first.
    pub causes: Vec<LikelyCause>,
    /// The resource that the text names, as far as its hosts tell.
    pub account: Option<Account>,
    /// A host of that resource.
    pub host: Option<String>,
    /// The services that the URLs in the text call.
    pub services: Vec<Service>,
    /// The hosts of other services in the text, if it names no host of Speech.
    pub foreign_hosts: Vec<String>,
    /// What the text shows line by line, as a log does.
    pub timeline: Timeline,
    /// The SDK that the text names, or that its wordings give away.
    pub sdk: Option<Sdk>,
    /// What the course of a log rules out.
    pub ruled_out: Vec<&'static RuledOutByLog>,
    /// What this SDK is known to do wrong, if the text shows signs of it.
    pub defects: Vec<&'static Defect>,
    /// What the text is about.
    pub topic: Topic,
}

impl Explanation {
    /// Returns the one likely cause: the first one, if the others are far behind.
    ///
    /// A text about another service has none, and a log that ends with a call that works has none. A text that may be about any
    /// service has none that concerns a key, a policy, a quota or an endpoint of Speech.
    #[must_use]
    pub fn likely(&self) -> Option<&LikelyCause> {
        let (first, rest) = self.causes.split_first()?;
        if self.timeline.ends_well() {
            return None;
        }
        let may_hold = match self.topic {
            Topic::Speech => true,
            Topic::Unclear => !first.is_about_resource(),
            Topic::OtherService => false,
        };
        (may_hold && rest.first().is_none_or(|second| first.is_ahead_of(second))).then_some(first)
    }
}

/// Explains a pasted text: an error line, a stack trace, a log, the output of a tool.
///
/// 1. Undo what terminals, mails and tickets add; split the text into words, URLs, hosts and addresses.
/// 2. Look up what the words and numbers mean in one table of the wordings of all clients.
/// 3. Order the failures that fit. A sentence of the service outweighs a number, and a number a text that hides the reason.
///    Hosts and addresses in the text add the failures that they prove and drop those that cannot hold there.
///
/// Of a text of more than [`LONGEST_TEXT`] bytes, the end is read.
///
/// ```
/// let line = "Unable to contact server. StatusCode: 1006, undefined Reason:  Unexpected server response: 429";
/// assert_eq!(speech_endpoint::explain(line).causes[0].id, "QUO01");
/// ```
#[must_use]
pub fn explain(text: &str) -> Explanation {
    explain_for(text, None)
}

/// Explains a pasted text as [`explain`] does, for an SDK that the reader knows better than the text tells.
#[must_use]
pub fn explain_for(text: &str, sdk: Option<Sdk>) -> Explanation {
    let start = clean::boundary_from(text, text.len().saturating_sub(LONGEST_TEXT));
    let sight = sight::Sight::of(&text[start..]);
    let from = sight.last_failure();
    let mut said: Vec<&sight::Said> = sight.said.iter().collect();
    said.sort_by_key(|said| {
        let is_broad = said.meaning.strength() == Strength::Broad;
        let breadth = if is_broad { said.meaning.ids().len() } else { 0 };
        (said.last < from, std::cmp::Reverse(said.meaning.strength()), breadth)
    });
    let meanings = said.into_iter().map(|said| said.meaning).collect();
    let named = sight.our_hosts().find(|host| host.account().is_some());
    let foreign = sight.foreign_hosts().filter(|host| !sight.names_ours() && host.can_be_shown());
    let foreign_hosts = foreign.map(|host| host.host.clone()).collect();
    let causes = rank::rank(&sight);
    let sdk = sdk.or_else(|| sight.sdk.clone());
    let defects = sdk.as_ref().map(|sdk| sdk::defects(sdk, |sign| has_sign(&sight, &causes, sign)));
    Explanation {
        timeline: sight.timeline.clone(),
        ruled_out: rank::ruled_out(&sight),
        sdk,
        defects: defects.unwrap_or_default(),
        causes,
        account: named.and_then(|host| host.account().cloned()),
        host: named.map(|host| host.host.clone()),
        services: services(&sight),
        meanings,
        foreign_hosts,
        topic: sight.topic(),
    }
}

/// Returns whether a text shows a sign of a defect.
fn has_sign(sight: &sight::Sight, causes: &[LikelyCause], sign: &str) -> bool {
    match sign {
        "usgov" => sight.is_in(&Cloud::UsGovernment, &["usgov", "usdod"]),
        "china" => sight.is_in(&Cloud::China, &["china"]),
        "proxy" | "key-in-url" => sight.defect_signs.contains(&sign),
        "opened" => sight.timeline.attempts() > 0,
        _ => {
            let best = sight.said.iter().map(|said| said.meaning.strength()).max();
            let means = |said: &sight::Said| said.meaning.id() == sign && Some(said.meaning.strength()) == best;
            sign.parse().is_ok_and(|status| sight.has_status(status))
                || causes.iter().take(MOST_LIKELY).any(|cause| cause.id == sign)
                || sight.said.iter().any(means)
        }
    }
}

/// The number of causes that count as signs.
const MOST_LIKELY: usize = 3;

/// Returns the services that the URLs in a text call, or that its hosts serve.
fn services(sight: &sight::Sight) -> Vec<Service> {
    let mut services = Vec::new();
    for host in sight.our_hosts() {
        if let Some(service) = host.service().filter(|service| !services.contains(service)) {
            services.push(service);
        }
    }
    services
}
