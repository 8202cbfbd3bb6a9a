//! Rules of the environment: what threatens applications on this machine, although the network works.

use std::net::{IpAddr, SocketAddr};

use super::answers::{answered, differ, how_it_went};
use super::wording::joined;
use super::{Observation, Rule, RuleContext};
use crate::diagnose::evidence::{Evidence, ServerAnswer, Transport};

/// In the order of the catalogue.
pub(super) const RULES: &[Rule] =
    &[Rule::run("ENV01", clock, &[]), Rule::target("ENV02", musl, &[]), Rule::target("ENV03", virtual_switch, &[])];

/// ENV01: the clock differs from that of every host that responded.
fn clock(_: &Rule, evidence: &Evidence) -> Option<Observation> {
    let traces = evidence.traces.iter();
    let skews: Vec<_> =
        traces.filter_map(|trace| Some((trace.http.found()?.skew_seconds?, &trace.target.host))).collect();
    let (nearest, host) = skews.iter().min_by_key(|(skew, _)| skew.unsigned_abs())?;
    let is_same_way = skews.iter().all(|(skew, _)| skew.signum() == nearest.signum());
    if nearest.unsigned_abs() <= TOLERATED || !is_same_way {
        return None;
    }
    let way = if *nearest > 0 { "ahead of" } else { "behind" };
    let text = format!("the local clock is {} s {way} that of `{host}`", nearest.unsigned_abs());
    Some(Observation::new(text).not("TLS04", "the certificates are valid by this clock"))
}

/// ENV02: applications use musl, and the answers are such that its resolver matters.
fn musl(context: &RuleContext<'_>) -> Option<Observation> {
    context.evidence.machine.libc.as_deref().filter(|libc| *libc == "musl")?;
    let (host, servers) = (context.host(), answered(context.dns()));
    let text = if differ(&servers) {
        let said: Vec<String> = servers.iter().map(|answer| how_it_went(answer)).collect();
        format!("musl queries every name server at once and takes the first answer; `{host}`: {}", joined(&said))
    } else {
        context.dns()?.system.as_ref().filter(|system| system.addresses.is_empty())?;
        let is_long = |answer: &&&ServerAnswer| answer.transport == Transport::Tcp && answer.rcode.is_some();
        let server = servers.iter().find(is_long)?.server.ip();
        format!(
            "the system finds no address; musl before 1.2.4 queries over UDP alone, and {server} answers `{host}` completely \
                over TCP only"
        )
    };
    Some(Observation::new(text))
}

/// ENV03: a private name leads elsewhere, and the name server is the virtual switch of the Windows host.
fn virtual_switch(context: &RuleContext<'_>) -> Option<Observation> {
    let machine = &context.evidence.machine;
    let is_lost = context.is_own() && context.expects_private() && !context.is_private();
    machine.is_wsl.filter(|is_wsl| *is_wsl && is_lost)?;
    let server = machine.name_servers.iter().map(SocketAddr::ip).find(is_virtual_switch)?;
    let text = format!(
        "this machine is a Windows Subsystem for Linux and its name server is {server}, the virtual switch of the Windows \
            host; `{}` does not lead to its private address here",
        context.host()
    );
    Some(Observation::new(text))
}

/// Whether an address is that of the switch: NAT of WSL gives it one of 172.16.0.0/12. With DNS tunnelling the server is
/// 10.255.255.254. <https://learn.microsoft.com/windows/wsl/networking>
fn is_virtual_switch(ip: &IpAddr) -> bool {
    matches!(ip, IpAddr::V4(v4) if v4.octets()[0] == 172 && (16..32).contains(&v4.octets()[1]))
}

/// In seconds: tokens and certificates allow for a few minutes; a clock that is synchronised is never this far off.
const TOLERATED: u64 = 60;
