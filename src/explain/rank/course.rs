//! What the course of a log says beyond its words: how far the last connection came rules out what happens before, and where it
//! stopped points at what happens there.

use super::super::log::{Reached, Step, UNSENT};
use super::super::place::Family;
use super::super::sight::{CredentialUsed, Sight};
use super::{Causes, NAMED, SUGGESTED};
use crate::resolve::cloud::HostKind;

/// Failures that a log rules out, and what in it does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuledOutByLog {
    /// What cannot have failed, in a few words.
    pub what: &'static str,
    /// What the log shows, in lower case without a full stop.
    pub because: &'static str,
    ids: &'static [&'static str],
}

impl RuledOutByLog {
    /// Returns the ids in the catalogue.
    #[must_use]
    pub fn ids(&self) -> &'static [&'static str] {
        self.ids
    }
}

const NAME: RuledOutByLog = RuledOutByLog {
    what: "the name",
    because: "it resolved to an address",
    ids: &["DNS01", "DNS02", "DNS04", "DNS11", "CFG01", "CFG02"],
};

const CONNECTION: RuledOutByLog = RuledOutByLog {
    what: "the TCP connection",
    because: "it was open",
    ids: &["TCP01", "TCP02", "TCP04", "TCP05", "TCP08", "DNS13", "PXY01", "PXY02", "ENV04"],
};

const HANDSHAKE: RuledOutByLog = RuledOutByLog {
    what: "TLS",
    because: "the handshake was done",
    ids: &["TLS02", "TLS03", "TLS04", "TLS06", "TLS07", "TLS08", "TLS10", "TLS11", "TLS12", "PXY03"],
};

const CALL: RuledOutByLog = RuledOutByLog {
    what: "the URL, the credential and the network rules",
    because: "the service accepted the call",
    ids: &[
        "TLS01", "TLS05", "CFG03", "CFG04", "CFG12", "CFG14", "HTTP01", "HTTP03", "HTTP04", "AUTH01", "AUTH02",
        "AUTH03", "AUTH04", "AUTH05", "AUTH07", "AUTH08", "AUTH09", "POL01", "POL02", "POL03", "POL04", "PXY04",
        "HTTP02", "HTTP05",
    ],
};

/// Returns what the last connection of a log rules out. A connection through a proxy says nothing about the way behind it.
pub(in super::super) fn ruled_out(sight: &Sight) -> Vec<&'static RuledOutByLog> {
    let Some(step) = last_failing(sight) else { return Vec::new() };
    let stages: [(Reached, &'static RuledOutByLog); 4] = [
        (Reached::Address, &NAME),
        (Reached::Connection, &CONNECTION),
        (Reached::Handshake, &HANDSHAKE),
        (Reached::Service, &CALL),
    ];
    let is_rejected = step.status.is_some_and(|status| status >= 300);
    let is_past = |stage: Reached| {
        step.reached >= Some(stage)
            && !(stage == Reached::Service && is_rejected)
            && (step.proxy.is_none() || stage >= Reached::Handshake)
            && !is_page(step)
    };
    stages.into_iter().filter(|(stage, _)| is_past(*stage)).map(|(_, ruled_out)| ruled_out).collect()
}

/// Orders the causes by the course of the log.
pub(super) fn by_course(sight: &Sight, causes: &mut Causes) {
    by_credential(sight, causes);
    let Some(step) = last_failing(sight) else { return };
    let out = ruled_out(sight);
    causes.0.retain(|cause| cause.score >= NAMED || !out.iter().any(|out| out.ids.contains(&cause.id)));
    match step.reached {
        Some(Reached::Connection) if step.proxy.is_none() => {
            causes.drop(&["WS06"]);
            causes.prefer(&["TLS"], STAGE);
        }
        // A status says more than the stage.
        Some(Reached::Handshake) if step.status.is_none() => causes.prefer(&["WS06", "PXY05", "HTTP04"], STAGE),
        Some(Reached::Service | Reached::Result) => causes.prefer(&["WS", "QUO"], STAGE),
        _ => {}
    }
    if step.close_code == Some(UNSENT) && step.reached >= Some(Reached::Service) && !is_page(step) {
        causes.add("WS02", SUGGESTED, "the open socket ended without a close frame");
    }
    if step.is_idle {
        causes.put_before("WS03", "WS02");
    }
    if step.status == Some(403) && step.proxy.is_some() && sight.family() == Some(Family::Own) {
        causes.add("PXY06", SUGGESTED, "the call goes through a proxy, and the resource sees the address of the proxy");
    }
    let steps = &sight.timeline.steps;
    let is_same = |earlier: &Step| earlier.host.is_none() || step.host.is_none() || earlier.host == step.host;
    let has_worked =
        steps.iter().any(|earlier| earlier.start < step.start && was_accepted(earlier) && is_same(earlier));
    if step.status == Some(401) && has_worked && sight.credential != Some(CredentialUsed::Key) {
        causes.put_before("AUTH06", "AUTH01");
        causes.add("AUTH06", SUGGESTED, "the same host accepted the credential earlier in this log");
    }
    let is_regional = |host: &String| {
        let seen = sight.our_hosts().find(|seen| seen.host == *host).and_then(|seen| seen.azure);
        matches!(seen, Some((HostKind::Realtime(_) | HostKind::Rest, _)))
    };
    let is_own = sight.our_hosts().any(|host| matches!(host.azure, Some((HostKind::CustomDomain, _))));
    if is_own && sight.timeline.redirects.iter().any(is_regional) {
        causes.add("HTTP03", SUGGESTED, "the service redirected the client from the custom domain to a regional host");
    }
}

/// Returns whether a response may be the page of a device on the path: it has a status of success, but is not an upgrade.
fn is_page(step: &Step) -> bool {
    step.status.is_some_and(|status| (200..300).contains(&status))
}

/// Returns whether the service accepted a call: the log says so, or the service ended what it had accepted.
fn was_accepted(step: &Step) -> bool {
    let is_ended = step.failure.is_some_and(|meaning| ["idle-close", "recycled"].contains(&meaning.id()));
    step.reached >= Some(Reached::Service) || is_ended
}

/// A token cannot be a wrong key, and a key has no scope and no role.
fn by_credential(sight: &Sight, causes: &mut Causes) {
    match sight.credential {
        Some(CredentialUsed::Key) => causes.drop(&["AUTH02", "AUTH03", "AUTH04", "AUTH06", "AUTH07", "AUTH08"]),
        Some(CredentialUsed::Token) => {
            causes.drop(&["AUTH01", "AUTH09", "CFG10"]);
            causes.put_before("AUTH02", "CFG12");
        }
        None => {}
    }
}

/// Returns the last step that failed and is about Speech.
fn last_failing(sight: &Sight) -> Option<&Step> {
    sight.our_steps().filter(|step| step.failure.is_some()).last()
}

/// The points for the stage at which a connection stopped: more than the place in a list of ids.
const STAGE: i32 = 20;
