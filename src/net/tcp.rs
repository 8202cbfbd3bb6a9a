//! TCP: connections to a host with several addresses. An application needs the fastest one and tries them in turn (RFC
//! 8305). A diagnosis needs the outcome of each, because one dead address makes only some connections slow.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
#[cfg(unix)]
use socket2::SockRef;
#[cfg(unix)]
use tokio::net::TcpSocket;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::{Network, failure_of_io, silence};
use crate::diagnose::evidence::{Attempt, Failure, FailureKind, TcpFacts, keep_first};

/// The outcome of connecting: the facts, and the connection or the failure.
#[derive(Debug)]
#[non_exhaustive]
pub(crate) struct Connected {
    /// The facts.
    pub(crate) facts: TcpFacts,
    /// The connection to the first address, in the given order, that accepted one.
    pub(crate) outcome: Result<TcpStream, Failure>,
}

/// One attempt, with its connection.
type Attempted = (Attempt, Option<TcpStream>);

/// Connects to every address at once, for a diagnosis. An address that does not respond is evidence even if another
/// works.
///
/// Once an address is connected, the others have [`GRACE`] to follow. An address without a response by then counts as
/// timed out: an application that tries it first would wait for it.
pub(crate) async fn connect_each<N: Network>(network: &N, peers: &[SocketAddr], limit: Duration) -> Connected {
    let begun = Instant::now();
    let mut deadline = begun + limit;
    let mut ended: Vec<Option<Attempted>> = peers.iter().map(|_| None).collect();
    let connect = |(index, peer): (usize, &SocketAddr)| {
        let peer = *peer;
        async move { (index, network.connect(peer).await) }
    };
    let mut pending: FuturesUnordered<_> = peers.iter().enumerate().map(connect).collect();
    while let Ok(Some((index, result))) = timeout_at(deadline, pending.next()).await {
        let took = begun.elapsed();
        if result.is_ok() {
            deadline = deadline.min(Instant::now() + GRACE);
        }
        let failure = result.as_ref().err().map(failure_of_io);
        ended[index] = Some((Attempt { peer: peers[index], failure, took }, result.ok()));
    }
    let took = begun.elapsed();
    let timed_out = |peer: &SocketAddr| (Attempt { peer: *peer, failure: Some(silence(took)), took }, None);
    let attempts = peers.iter().zip(ended).map(|(peer, ended)| ended.unwrap_or_else(|| timed_out(peer)));
    let (attempts, streams): (Vec<_>, Vec<_>) = attempts.unzip();
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

/// Returns the address from which the system would send to a peer. Connecting a UDP socket selects a route and sends nothing.
pub(crate) fn source_for(peer: SocketAddr) -> io::Result<IpAddr> {
    let any: IpAddr = if peer.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect(peer)?;
    Ok(socket.local_addr()?.ip())
}

/// Retries the addresses that timed out although another one connected: a single lost packet can also cause a timeout.
pub(crate) async fn retry_silent<N: Network>(network: &N, facts: &mut TcpFacts, limit: Duration) {
    let is_silent =
        |attempt: &&mut Attempt| attempt.failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::TimedOut);
    let silent = facts.attempts.iter_mut().filter(is_silent);
    join_all(silent.map(|attempt| async move {
        let (second, _) = connect_one(network, attempt.peer, limit.min(GRACE)).await;
        if second.failure.is_none() {
            *attempt = second;
        }
    }))
    .await;
}

/// Connects to the fastest address. The families alternate. Each attempt starts [`ATTEMPT_DELAY`] after the one before,
/// or as soon as that one fails. The first connection wins.
pub(crate) async fn connect_fastest<N: Network>(network: &N, peers: &[SocketAddr], limit: Duration) -> Connected {
    if let [peer] = peers {
        let (attempt, stream) = connect_one(network, *peer, limit).await;
        return finish(vec![attempt], vec![stream]);
    }
    let begun = Instant::now();
    let deadline = begun + limit;
    let peers = alternating(peers);
    let mut attempts: Vec<Attempt> = Vec::new();
    let mut waiting = peers.iter().copied();
    let attempt = |peer| async move { (peer, network.connect(peer).await) };
    // The first attempt starts at once: tokio's timer would round up to the next millisecond.
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

/// Connects to one address.
pub(crate) async fn connect_one<N: Network>(network: &N, peer: SocketAddr, limit: Duration) -> Attempted {
    let begun = Instant::now();
    let (failure, stream) = match timeout(limit, network.connect(peer)).await {
        Ok(Ok(stream)) => (None, Some(stream)),
        Ok(Err(error)) => (Some(failure_of_io(&error)), None),
        Err(_) => (Some(silence(limit)), None),
    };
    (Attempt { peer, failure, took: begun.elapsed() }, stream)
}

/// Selects the first connection, and disables Nagle's algorithm on it: every stage exchanges small messages.
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
            // A connection without the option is only slower.
            let _ = stream.set_nodelay(true);
            Ok(stream)
        }
        None => Err(first_failure(&facts.attempts)),
    };
    Connected { facts, outcome }
}

fn first_failure(attempts: &[Attempt]) -> Failure {
    // One family often has no route at all, so the failure of the other family is more informative.
    let is_informative = |failure: &&Failure| failure.kind != FailureKind::Unreachable;
    let failures = || attempts.iter().filter_map(|attempt| attempt.failure.as_ref());
    failures()
        .find(is_informative)
        .or_else(|| failures().next())
        .cloned()
        .unwrap_or_else(|| Failure::new(FailureKind::Other, "there is no address to connect to"))
}

/// Returns the addresses with alternating families, beginning with the family of the first address.
fn alternating(peers: &[SocketAddr]) -> Vec<SocketAddr> {
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

/// Returns the first addresses with a port. No one connects to more of them.
pub(crate) fn peers(addresses: impl IntoIterator<Item = IpAddr>, port: u16) -> Vec<SocketAddr> {
    let mut first: Vec<IpAddr> = addresses.into_iter().collect();
    keep_first(&mut first, IpAddr::is_ipv6);
    first.into_iter().map(|ip| SocketAddr::new(ip, port)).collect()
}

/// The time for the other addresses after the first one connects. It equals [`ATTEMPT_DELAY`], because an application
/// notices an address only if it is slower than that.
pub(crate) const GRACE: Duration = Duration::from_millis(250);

/// The delay between the starts of two attempts (RFC 8305, section 8).
pub(crate) const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::evidence::{Lookup, MachineFacts, NameAnswer};

    /// A network that refuses connections to port 1, and does not respond on other ports.
    struct Slow;

    impl Network for Slow {
        async fn lookup(&self, _: &str, _: Duration) -> Lookup {
            Lookup { facts: crate::diagnose::evidence::DnsFacts::default(), failure: None }
        }

        async fn query_name_servers(&self, _: &str, _: Duration) -> Option<NameAnswer> {
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
    async fn an_attempt_starts_when_the_one_before_fails_and_none_waits_after_the_last() {
        let begun = Instant::now();
        let refused = ["10.0.0.1:1", "10.0.0.2:1"].map(|peer| peer.parse().unwrap());
        let lost = connect_fastest(&Slow, &refused, Duration::from_secs(5)).await;
        assert_eq!((lost.facts.attempts.len(), begun.elapsed()), (2, Duration::ZERO), "{lost:?}");
        assert_eq!(lost.outcome.unwrap_err().kind, FailureKind::Refused);
        let silent = ["10.0.0.1:2", "10.0.0.2:2"].map(|peer| peer.parse().unwrap());
        let lost = connect_fastest(&Slow, &silent, Duration::from_secs(5)).await;
        assert_eq!((lost.facts.attempts.len(), begun.elapsed()), (2, Duration::from_secs(5)), "{lost:?}");
        assert_eq!(
            connect_fastest(&Slow, &[], Duration::from_secs(5)).await.outcome.unwrap_err().kind,
            FailureKind::Other
        );
        assert_eq!(begun.elapsed(), Duration::from_secs(5));
    }

    /// A network that connects to a listener, and does not respond on port 2.
    struct Lossy(SocketAddr);

    impl Network for Lossy {
        async fn lookup(&self, host: &str, limit: Duration) -> Lookup {
            Slow.lookup(host, limit).await
        }

        async fn query_name_servers(&self, name: &str, limit: Duration) -> Option<NameAnswer> {
            Slow.query_name_servers(name, limit).await
        }

        async fn connect(&self, peer: SocketAddr) -> std::io::Result<TcpStream> {
            if peer.port() == 2 { std::future::pending().await } else { TcpStream::connect(self.0).await }
        }

        fn machine(&self) -> MachineFacts {
            MachineFacts::default()
        }
    }

    #[tokio::test]
    async fn a_retry_clears_an_address_that_lost_one_packet() {
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
        retry_silent(&Lossy(listener.local_addr().unwrap()), &mut facts, Duration::from_secs(5)).await;
        let kind = |attempt: &Attempt| attempt.failure.as_ref().map(|failure| failure.kind);
        let kinds: Vec<_> = facts.attempts.iter().map(kind).collect();
        assert_eq!(kinds, [None, Some(FailureKind::TimedOut), Some(FailureKind::Refused)]);
    }

    #[test]
    fn families_alternate_from_that_of_the_first_address() {
        let given =
            ["[fd00::1]:1", "[fd00::2]:1", "10.0.0.1:1", "[fd00::3]:1", "10.0.0.2:1"].map(|a| a.parse().unwrap());
        let expected =
            ["[fd00::1]:1", "10.0.0.1:1", "[fd00::2]:1", "10.0.0.2:1", "[fd00::3]:1"].map(|a| a.parse().unwrap());
        assert_eq!(alternating(&given), expected);
        assert_eq!(alternating(&[]), []);
    }
}
