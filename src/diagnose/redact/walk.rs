//! A walk over evidence: visits every address and every text, in the order of the fields.
//!
//! The structures are taken apart field by field, so that a new field does not compile before somebody decides whether
//! it can hold an address.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, SystemTime};

use crate::diagnose::evidence::{
    Address, AddressClass, Alias, Arrival, Attempt, AuthFacts, AuthTry, Certificate, CertificateFault, Claims,
    Companion, CredentialFacts, DnsFacts, Ended, Evidence, Exchange, Failure, FailureKind, Fault, HoldEnd, HoldFacts,
    HttpFacts, MachineFacts, MetadataFacts, NameAnswer, Phase, ProxyFacts, ProxyTry, Redirect, Reference, Remark,
    Reply, ResourceFacts, Retry, RevocationKind, RevocationTry, Round, RoundTrip, RoundTripTimes, Rounds, RouteFacts,
    SchemaVersion, SegmentTry, SentAudio, ServerAnswer, SniTry, Step, SystemAnswer, TargetFacts, TcpFacts, TlsFacts,
    Trace, Transport, TrustFacts, UnresolvedProxy, Untried, UnusedProxy, UpgradeFacts, VersionTry,
};
use crate::resolve::endpoint::Expectation;
use crate::resolve::scenario::Scenario;

/// A part of the evidence that can hold an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item<'a> {
    Address(IpAddr),
    /// May hold addresses anywhere.
    Text(&'a str),
}

pub(super) trait Walk {
    /// Visits every address and every text of a value.
    fn walk<'a>(&'a self, visit: &mut dyn FnMut(Item<'a>));
}

impl Walk for IpAddr {
    fn walk<'a>(&'a self, visit: &mut dyn FnMut(Item<'a>)) {
        visit(Item::Address(*self));
    }
}

impl Walk for SocketAddr {
    fn walk<'a>(&'a self, visit: &mut dyn FnMut(Item<'a>)) {
        visit(Item::Address(self.ip()));
    }
}

impl Walk for String {
    fn walk<'a>(&'a self, visit: &mut dyn FnMut(Item<'a>)) {
        visit(Item::Text(self));
    }
}

impl<T: Walk> Walk for Option<T> {
    fn walk<'a>(&'a self, visit: &mut dyn FnMut(Item<'a>)) {
        if let Some(value) = self {
            value.walk(visit);
        }
    }
}

impl<T: Walk> Walk for Vec<T> {
    fn walk<'a>(&'a self, visit: &mut dyn FnMut(Item<'a>)) {
        for value in self {
            value.walk(visit);
        }
    }
}

impl<T: Walk, U: Walk> Walk for (T, U) {
    fn walk<'a>(&'a self, visit: &mut dyn FnMut(Item<'a>)) {
        self.0.walk(visit);
        self.1.walk(visit);
    }
}

impl<T: Walk> Walk for Step<T> {
    fn walk<'a>(&'a self, visit: &mut dyn FnMut(Item<'a>)) {
        match self {
            Self::Passed { found, took: _ } => found.walk(visit),
            Self::Failed { failure, found, took: _ } => {
                failure.walk(visit);
                found.walk(visit);
            }
            Self::Skipped { because: _ } => {}
        }
    }
}

/// Values without an address or a text.
macro_rules! without_text {
    ($($type:ty),* $(,)?) => {
        $(impl Walk for $type {
            fn walk<'a>(&'a self, _: &mut dyn FnMut(Item<'a>)) {}
        })*
    };
}

without_text!(bool, f64, i64, u16, u32, usize, Duration, SystemTime);
without_text!(
    AddressClass,
    CertificateFault,
    Companion,
    Ended,
    Exchange,
    Expectation,
    FailureKind,
    HoldEnd,
    Phase,
    Retry,
    RevocationKind,
    Scenario,
    SchemaVersion,
    SentAudio,
    Transport,
    Untried
);

/// Structures, with all of their fields.
macro_rules! structures {
    ($($type:ident { $($field:ident),* $(,)? })*) => {
        $(impl Walk for $type {
            fn walk<'a>(&'a self, visit: &mut dyn FnMut(Item<'a>)) {
                let Self { $($field),* } = self;
                $($field.walk(visit);)*
            }
        })*
    };
}

structures! {
    Evidence { schema_version, observed_at, took, ended, resource, credential, second_key, machine, remarks, traces }
    ResourceFacts { cloud, region, custom_domain, host, scenario, title, private_zone, custom_zone, token_scope, allowed_subnets }
    CredentialFacts { kind, length, fingerprint, fault, claims }
    Fault { id, text }
    Claims { aud, exp, nbf, tid, principal, region }
    MachineFacts { system, name_servers, lacks_name_servers, search, ndots, roots, roots_from, local_ports, libc, is_wsl, metadata }
    MetadataFacts { is_azure, private_addresses, public_addresses, subnets }
    Remark { id, text, is_error, suggestion }
    Trace { target, dns, tcp, proxy, tls, http, websocket, auth, rounds, round_trip }
    TargetFacts { service, purpose, host, port, url, expect, is_websocket, is_own_host, private_zone, discovered_from, notes }
    Failure { kind, text, arrival }
    Arrival { bytes, late_bytes, within }
    Address { ip, class }
    DnsFacts { hosts_file, system, servers, addresses, more_addresses, also }
    SystemAnswer { addresses, failure, took }
    ServerAnswer { server, transport, rcode, failure, chain, addresses, soa, took }
    Alias { name, target, ttl }
    NameAnswer { name, answer }
    TcpFacts { attempts, connected, local, reference, route, small_segments, proxy, proxy_source, unresolved_proxy }
    RouteFacts { source, failure, public_source }
    UnresolvedProxy { proxy, host, source }
    SegmentTry { bytes, failure }
    Reference { host, attempt }
    Attempt { peer, failure, took }
    ProxyFacts { proxy, source, no_proxy_entry, tunnel, unused, direct }
    ProxyTry { status, schemes, headers, body, failure }
    UnusedProxy { proxy, source, because, tunnel }
    TlsFacts { version, cipher, alpn, chain, trust, versions, other_name, asks_for_certificate, revocation }
    RevocationTry { certificate, kind, url, status, failure }
    Certificate { subject, issuer, organization, names, not_before, not_after, names_its_issuer, crl_urls, ocsp_urls, sha256 }
    TrustFacts { verified, fault, text, by_builtin_roots }
    VersionTry { version, failure }
    SniTry { name, failure }
    HttpFacts { reply, redirect, skew_seconds }
    Reply { request, status, headers, code, message, body_bytes, date }
    Redirect { status, host, url, class, is_own_cloud }
    UpgradeFacts { reply, with_credential, accept_is_right, is_alive, close_code, close_reason, closed_after_ms, hold }
    HoldFacts { wanted, held, silent, ended_ms, end, close_code, close_reason, pong_ms }
    AuthFacts { form, reply, tries, issued }
    AuthTry { retry, host, form, status }
    RoundTrip {
        exchange, untried, phase, failure, sent_characters, sent_audio_ms, sent_audio, times, baseline, audio_bytes, audio_ms,
        is_silent, recognition_status, text, is_alike, wanted_language, translated_languages, voices, reply, close_code,
        close_reason,
    }
    RoundTripTimes { connect_ms, start_ms, first_audio_ms, first_hypothesis_ms, result_ms, end_ms, real_time_factor }
    Rounds { wanted, cold, warm }
    Round { dns_ms, tcp_ms, proxy_ms, tls_ms, answer_ms, total_ms, is_resumed, failure }
}
