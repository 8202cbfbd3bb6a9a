//! Security of Speech itself: endpoint logging, Speech Studio, batch transcription and voice data.

use super::network::{unknown_rules, without_domain};
use super::sight::{Seen, Sight, counted};
use super::{CheckGroup, DocumentKind, Recommendation};
use crate::azure::admission::can_match;
use crate::azure::prefix::Prefix;
use crate::resolve::access::PublicAccess;

pub(super) const ROWS: &[Recommendation] = &[
    Recommendation {
        id: "SVC1",
        title: "Turn off endpoint logging in production",
        group: CheckGroup::Service,
        evidence: None,
        remedy: "Set `contentLoggingEnabled` of each custom speech endpoint to `false`, and remove `storeAudio` from the queries of clients.",
        notes: &["Logging is off by default. It stores audio and transcripts."],
        see: "https://learn.microsoft.com/azure/ai-services/speech-service/speech-encryption-of-data-at-rest",
        commands: &[],
        seen: |_| {
            Seen::not_visible(
                "no document shows the logging of custom speech endpoints",
                "custom speech endpoints (Speech management API) and the queries of clients",
            )
        },
    },
    Recommendation {
        id: "SVC2",
        title: "Admit Speech Studio from named addresses only",
        group: CheckGroup::Service,
        evidence: Some(DocumentKind::Account),
        remedy: "Add the public addresses of the people who use Speech Studio, then set the default action to `Deny`.",
        notes: &["A rule names a single address without `/32`. Ranges of `/31` are two addresses."],
        see: "https://learn.microsoft.com/azure/ai-services/speech-service/speech-services-private-link#use-of-speech-studio",
        commands: &[
            "az cognitiveservices account network-rule add -g {RG} -n {N} --ip-address ADDRESS",
            "az resource update --ids {ID} --set properties.networkAcls.defaultAction=Deny",
        ],
        seen: studio,
    },
    Recommendation {
        id: "SVC3",
        title: "Isolate batch transcription",
        group: CheckGroup::Service,
        evidence: None,
        remedy: "Let the identity of the account read and write the storage, without SAS in `destinationContainerUrl`. Limit the networks of the storage account.",
        notes: &[],
        see: "https://learn.microsoft.com/azure/ai-services/speech-service/batch-transcription-audio-data",
        commands: &[],
        seen: |_| {
            Seen::not_visible(
                "no document shows batch requests or their storage",
                "batch requests, and the network rules of the storage account",
            )
        },
    },
    Recommendation {
        id: "SVC4",
        title: "Protect voice data",
        group: CheckGroup::Service,
        evidence: None,
        remedy: "Record the consent of each speaker, keep no more audio than needed, and delete it on a schedule.",
        notes: &[],
        see: "https://learn.microsoft.com/azure/ai-services/speech-service/speech-encryption-of-data-at-rest#bring-your-own-storage-byos",
        commands: &[],
        seen: |_| Seen::not_visible("no document shows the handling of voice data", "your rules for voice data"),
    },
];

/// Address rules limit Speech Studio only while the default action is `Deny`. Where no address is admitted at all, the check
/// concerns nobody.
fn studio(sight: &Sight<'_>) -> Seen {
    let account = sight.account;
    if !account.has_properties {
        return Seen::no_properties();
    }
    match account.public_access.known() {
        Some(PublicAccess::Disabled) => {
            return Seen::not_applicable("public access is disabled, so no address is admitted");
        }
        Some(PublicAccess::SecuredByPerimeter) => {
            return Seen::not_applicable(
                "a network security perimeter decides, and the account's own rules do not count",
            );
        }
        _ => {}
    }
    if let Some(unjudged) = unknown_rules(sight) {
        return unjudged;
    }
    if sight.is_mistyped("networkAcls.ipRules") {
        return Seen::unknown("networkAcls.ipRules", None);
    }
    let matching = account.address_rules.iter().filter(|rule| can_match(rule)).count();
    if account.default_deny.known() != Some(&true) {
        let rules = if matching == 0 { "" } else { ", so the address rules have no effect" };
        let seen = Seen::not_met(format!("every address is admitted: the default action is `Allow`{rules}"));
        if account.has_rules {
            return seen;
        }
        return seen.with_commands(&[
            "az cognitiveservices account network-rule add -g {RG} -n {N} --ip-address ADDRESS",
            "az resource update --ids {ID} --set properties.networkAcls=\"{'defaultAction':'Deny'}\"",
        ]);
    }
    if matching > 0 {
        return Seen::met(format!(
            "{}, and the default action is `Deny`{}",
            counted(matching, "address rule"),
            without_domain(sight)
        ));
    }
    if let Some(rule) = account.address_rules.iter().find(|rule| rule.parse::<Prefix>().is_err()) {
        return Seen::unknown("networkAcls.ipRules.value", Some(rule));
    }
    Seen::not_applicable(format!(
        "no address rule admits anybody, and the default action is `Deny`{}",
        without_domain(sight)
    ))
}
