//! TCP: every address for a diagnosis, or a race over all of them for a connection (RFC 8305).

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
#[cfg(unix)]
use socket2::SockRef;
#[cfg(unix)]
use tokio::net::TcpSocket;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};

use super::{Network, failure_of_io, silence};
use crate::diagnose::evidence::{Attempt, Failure, FailureKind, TcpFacts};

/// The outcome of connecting: the facts, and the connection or the failure.
#[derive(Debug)]
#[non_exhaustive]
pub(crate) struct Connected {
    /// The facts.
    pub(crate) facts: TcpFacts,
    /// The connection to the first address, in their order, that took one.
    pub(crate) outcome: Result<TcpStream, Failure>,
}

/// Tries every address at once, so that one that is dead shows also when another works.
///
/// Once one is connected the others have [`GRACE`] to follow; what has not answered by then is a time-out: an application
/// that takes it first would wait for it.
pub(crate) async fn every<N: Network>(network: &N, peers: &[SocketAddr], limit: Duration) -> Connected {
    let begun = Instant::now();
    let mut deadline = begun + limit;
    let mut attempts: Vec<Option<Attempt>> = peers.iter().map(|_| None).collect();
    let mut streams: Vec<Option<TcpStream>> = peers.iter().map(|_| None).collect();
    let mut pending: FuturesUnordered<_> =
        peers.iter().enumerate().map(|(i, peer)| async move { (i, network.connect(*peer).await) }).collect();
    loop {
        tokio::select! {
            next = pending.next() => match next {
                Some((i, result)) => {
                    let took = begun.elapsed();
                    if result.is_ok() {
                        deadline = deadline.min(Instant::now() + GRACE);
                    }
                    let failure = result.as_ref().err().map(failure_of_io);
                    attempts[i] = Some(Attempt { peer: peers[i], failure, took });
                    streams[i] = result.ok();
                }
                None => break,
            },
            () = sleep_until(deadline) => break,
        }
    }
    let took = begun.elapsed();
    let timed_out = |(i, attempt): (usize, Option<Attempt>)| {
        attempt.unwrap_or_else(|| Attempt { peer: peers[i], failure: Some(silence(took)), took })
    };
    let attempts: Vec<Attempt> = attempts.into_iter().enumerate().map(timed_out).collect();
    finish(attempts, streams)
}

/// Opens a connection with segments of at most this many bytes in both directions: the peer learns the size from the option
/// MSS of the first packet. `None` where the system cannot set it.
#[cfg(unix)]
pub(crate) async fn connect_in_segments(peer: SocketAddr, bytes: u16) -> Option<io::Result<TcpStream>> {
    let socket = if peer.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }.ok()?;
    SockRef::from(&socket).set_tcp_mss(u32::from(bytes)).ok()?;
    Some(socket.connect(peer).await)
}

/// Opens a connection with segments of at most this many bytes, which only Unix systems can.
#[cfg(not(unix))]
pub(crate) async fn connect_in_segments(_: SocketAddr, _: u16) -> Option<io::Result<TcpStream>> {
    std::future::ready(None).await
}

/// Tries once more what stayed silent beside a connection: one lost packet is not yet a dead address.
pub(crate) async fn again<N: Network>(network: &N, facts: &mut TcpFacts, limit: Duration) {
    let is_silent =
        |attempt: &&mut Attempt| attempt.failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::TimedOut);
    let silent = facts.attempts.iter_mut().filter(is_silent);
    join_all(silent.map(|attempt| async move {
        let (second, _) = one(network, attempt.peer, limit.min(GRACE)).await;
        if second.failure.is_none() {
            *attempt = second;
        }
    }))
    .await;
}

/// Races the addresses: families in turn, each a little after the one before or as soon as that one failed; the first that
/// is connected wins.
pub(crate) async fn race<N: Network>(network: &N, peers: &[SocketAddr], limit: Duration) -> Connected {
    if let [peer] = peers {
        let (attempt, stream) = one(network, *peer, limit).await;
        return finish(vec![attempt], vec![stream]);
    }
    let begun = Instant::now();
    let deadline = begun + limit;
    let peers = in_turn(peers);
    let mut attempts: Vec<Attempt> = Vec::new();
    let mut waiting = peers.iter().copied();
    let attempt = |peer| async move { (peer, network.connect(peer).await) };
    // Not by the timer, which ticks no finer than a millisecond.
    let mut pending: FuturesUnordered<_> = waiting.next().map(attempt).into_iter().collect();
    let mut next_start = begun + ATTEMPT_DELAY;
    while !pending.is_empty() {
        let starts = waiting.len() > 0;
        tokio::select! {
            Some((peer, result)) = pending.next() => {
                let failure = Result::as_ref(&result).err().map(failure_of_io);
                attempts.push(Attempt { peer, failure, took: begun.elapsed() });
                if let Ok(stream) = result {
                    return finish(attempts, vec![Some(stream)]);
                }
                pending.extend(waiting.next().map(attempt));
                next_start = Instant::now() + ATTEMPT_DELAY;
            }
            () = sleep_until(next_start), if starts => {
                pending.extend(waiting.next().map(attempt));
                next_start = Instant::now() + ATTEMPT_DELAY;
            }
            () = sleep_until(deadline) => break,
        }
    }
    let known: Vec<SocketAddr> = attempts.iter().map(|attempt| attempt.peer).collect();
    let took = begun.elapsed();
    let silent = peers.iter().filter(|peer| !known.contains(peer));
    attempts.extend(silent.map(|peer| Attempt { peer: *peer, failure: Some(silence(took)), took }));
    finish(attempts, Vec::new())
}

/// Tries one address alone.
pub(crate) async fn one<N: Network>(network: &N, peer: SocketAddr, limit: Duration) -> (Attempt, Option<TcpStream>) {
    let begun = Instant::now();
    let (failure, stream) = match timeout(limit, network.connect(peer)).await {
        Ok(Ok(stream)) => (None, Some(stream)),
        Ok(Err(error)) => (Some(failure_of_io(&error)), None),
        Err(_) => (Some(silence(limit)), None),
    };
    (Attempt { peer, failure, took: begun.elapsed() }, stream)
}

/// The first connection is used, without Nagle's delay: every stage is small questions and answers.
fn finish(attempts: Vec<Attempt>, streams: Vec<Option<TcpStream>>) -> Connected {
    let stream = streams.into_iter().flatten().next();
    let connected = stream.as_ref().and(attempts.iter().find(|attempt| attempt.failure.is_none()));
    let mut facts = TcpFacts {
        connected: connected.map(|attempt| attempt.peer),
        local: stream.as_ref().and_then(|stream| stream.local_addr().ok()).map(|address| address.ip()),
        ..TcpFacts::default()
    };
    facts.attempts = attempts;
    let outcome = match stream {
        Some(stream) => {
            // It only costs time when it cannot be set.
            let _ = stream.set_nodelay(true);
            Ok(stream)
        }
        None => Err(first_failure(&facts.attempts)),
    };
    Connected { facts, outcome }
}

fn first_failure(attempts: &[Attempt]) -> Failure {
    // A missing route of one family says less than how the other family fails.
    let telling = |failure: &&Failure| failure.kind != FailureKind::Unreachable;
    let failures = || attempts.iter().filter_map(|attempt| attempt.failure.as_ref());
    failures()
        .find(telling)
        .or_else(|| failures().next())
        .cloned()
        .unwrap_or_else(|| Failure::new(FailureKind::Other, "there is no address to connect to"))
}

/// The families in turn, beginning with that of the first address.
fn in_turn(peers: &[SocketAddr]) -> Vec<SocketAddr> {
    let first_is_v6 = peers.first().is_some_and(SocketAddr::is_ipv6);
    let (mut first, mut second): (Vec<_>, Vec<_>) =
        peers.iter().copied().partition(|peer| peer.is_ipv6() == first_is_v6);
    first.reverse();
    second.reverse();
    let mut ordered = Vec::with_capacity(peers.len());
    while !(first.is_empty() && second.is_empty()) {
        ordered.extend(first.pop());
        ordered.extend(second.pop());
    }
    ordered
}

/// The addresses of a kind, with a port.
pub(crate) fn peers(addresses: impl IntoIterator<Item = IpAddr>, port: u16) -> Vec<SocketAddr> {
    addresses.into_iter().map(|ip| SocketAddr::new(ip, port)).collect()
}

/// How long a second address has after the first one is connected: as long as RFC 8305 lets a first address wait, so what
/// is slower than that is what applications notice.
pub(crate) const GRACE: Duration = Duration::from_millis(250);

/// RFC 8305, section 8: between the starts of two attempts.
pub(crate) const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::evidence::{Lookup, MachineFacts, NameAnswer};

    /// Addresses are refused, reset or taken after a while, by their last number.
    struct Slow;

    impl Network for Slow {
        async fn lookup(&self, _: &str, _: Duration) -> Lookup {
            Lookup { facts: crate::diagnose::evidence::DnsFacts::default(), failure: None }
        }

        async fn ask(&self, _: &str, _: Duration) -> Option<NameAnswer> {
            None
        }

        async fn connect(&self, peer: SocketAddr) -> std::io::Result<TcpStream> {
            match peer.port() {
                1 => Err(std::io::ErrorKind::ConnectionRefused.into()),
                _ => std::future::pending().await,
            }
        }

        fn machine(&self) -> MachineFacts {
            MachineFacts::default()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_race_that_is_lost_is_over_and_the_next_starts_when_one_has_failed() {
        let begun = Instant::now();
        let refused = ["10.0.0.1:1", "10.0.0.2:1"].map(|peer| peer.parse().unwrap());
        let lost = race(&Slow, &refused, Duration::from_secs(5)).await;
        assert_eq!((lost.facts.attempts.len(), begun.elapsed()), (2, Duration::ZERO), "{lost:?}");
        assert_eq!(lost.outcome.unwrap_err().kind, FailureKind::Refused);
        let silent = ["10.0.0.1:2", "10.0.0.2:2"].map(|peer| peer.parse().unwrap());
        let lost = race(&Slow, &silent, Duration::from_secs(5)).await;
        assert_eq!((lost.facts.attempts.len(), begun.elapsed()), (2, Duration::from_secs(5)), "{lost:?}");
        assert_eq!(race(&Slow, &[], Duration::from_secs(5)).await.outcome.unwrap_err().kind, FailureKind::Other);
        assert_eq!(begun.elapsed(), Duration::from_secs(5));
    }

    /// The second try leads to a listener, unless the port is 2.
    struct Lossy(SocketAddr);

    impl Network for Lossy {
        async fn lookup(&self, host: &str, limit: Duration) -> Lookup {
            Slow.lookup(host, limit).await
        }

        async fn ask(&self, name: &str, limit: Duration) -> Option<NameAnswer> {
            Slow.ask(name, limit).await
        }

        async fn connect(&self, peer: SocketAddr) -> std::io::Result<TcpStream> {
            if peer.port() == 2 { std::future::pending().await } else { TcpStream::connect(self.0).await }
        }

        fn machine(&self) -> MachineFacts {
            MachineFacts::default()
        }
    }

    #[tokio::test]
    async fn one_lost_packet_is_no_dead_address() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let ended = |peer: &str, failure| Attempt { peer: peer.parse().unwrap(), failure: Some(failure), took: GRACE };
        let mut facts = TcpFacts {
            attempts: vec![
                ended("10.0.0.1:1", silence(GRACE)),
                ended("10.0.0.2:2", silence(GRACE)),
                ended("10.0.0.3:1", Failure::new(FailureKind::Refused, "refused")),
            ],
            ..TcpFacts::default()
        };
        again(&Lossy(listener.local_addr().unwrap()), &mut facts, Duration::from_secs(5)).await;
        let kind = |attempt: &Attempt| attempt.failure.as_ref().map(|failure| failure.kind);
        let kinds: Vec<_> = facts.attempts.iter().map(kind).collect();
        assert_eq!(kinds, [None, Some(FailureKind::TimedOut), Some(FailureKind::Refused)]);
    }

    #[test]
    fn families_take_turns_from_the_first() {
        let given =
            ["[fd00::1]:1", "[fd00::2]:1", "10.0.0.1:1", "[fd00::3]:1", "10.0.0.2:1"].map(|a| a.parse().unwrap());
        let expected =
            ["[fd00::1]:1", "10.0.0.1:1", "[fd00::2]:1", "10.0.0.2:1", "[fd00::3]:1"].map(|a| a.parse().unwrap());
        assert_eq!(in_turn(&given), expected);
        assert_eq!(in_turn(&[]), []);
    }
}
