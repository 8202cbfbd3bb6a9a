//! A query to one name server. A stub resolver hides which server failed and how. The query first goes out as a
//! datagram on a connected socket, which distinguishes a closed port from silence. If the answer does not fit or does
//! not arrive, the query is repeated over TCP.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use futures_util::future::join;
use hickory_resolver::proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::{Instant, timeout};

use super::NameServer;
use crate::diagnose::evidence::{Alias, Failure, FailureKind, ServerAnswer, Transport};
use crate::net::random::random;
use crate::net::{failure_of_io, silence};
use crate::resolve::name::normalized_host;

/// Queries both kinds of addresses in parallel, and merges the answers.
pub(super) async fn query_server(server: NameServer, host: &str, limit: Duration) -> ServerAnswer {
    let begun = Instant::now();
    let (v4, v6) = join(query(server, host, RecordType::A, limit), query(server, host, RecordType::AAAA, limit)).await;
    answer_of(server, v4, v6, begun.elapsed())
}

/// The answer to the queries for one kind of addresses, or the failure of the last transport.
type Outcome = Result<Partial, (Transport, Failure)>;

/// Returns the answer of a server from those to both queries.
fn answer_of(server: NameServer, v4: Outcome, v6: Outcome, took: Duration) -> ServerAnswer {
    let mut answer = match (v4, v6) {
        (Ok(v4), Ok(v6)) => merge(v4, v6),
        (Ok(one), Err(_)) | (Err(_), Ok(one)) => one,
        (Err((transport, failure)), Err(_)) => Partial { failure: Some(failure), ..Partial::empty(transport) },
    };
    answer.addresses.dedup();
    ServerAnswer {
        server: server.shown,
        transport: answer.transport,
        rcode: answer.rcode,
        failure: answer.failure,
        chain: answer.chain,
        addresses: answer.addresses,
        soa: answer.soa,
        took,
    }
}

/// The answer to one query.
struct Partial {
    transport: Transport,
    rcode: Option<String>,
    failure: Option<Failure>,
    chain: Vec<Alias>,
    addresses: Vec<IpAddr>,
    soa: Option<String>,
}

impl Partial {
    fn empty(transport: Transport) -> Self {
        Self { transport, rcode: None, failure: None, chain: Vec::new(), addresses: Vec::new(), soa: None }
    }
}

/// Merges two answers. The longer chain contains more evidence. A name exists if either kind of address has a positive
/// answer.
fn merge(mut v4: Partial, v6: Partial) -> Partial {
    if v6.chain.len() > v4.chain.len() {
        v4.chain = v6.chain;
    }
    if v4.addresses.is_empty() && !v6.addresses.is_empty() {
        v4.rcode = v6.rcode;
    }
    v4.addresses.extend(v6.addresses);
    v4.soa = v4.soa.or(v6.soa);
    v4
}

/// Queries a name. If the server does not follow the aliases itself, queries the last alias as well.
async fn query(server: NameServer, host: &str, kind: RecordType, limit: Duration) -> Outcome {
    let deadline = Instant::now() + limit;
    let mut walk = Walk::from(host);
    while let Some(name) = walk.next() {
        let rest = deadline.saturating_duration_since(Instant::now());
        match exchange(server.reached_at, name, kind, rest).await {
            Ok((transport, message)) => walk.add(transport, &message),
            Err(failure) => return walk.found.ok_or(failure),
        }
    }
    walk.end()
}

/// The answers to the queries for a name and for the aliases at which the server stopped.
struct Walk {
    /// The name to query next, if there is one.
    name: Option<String>,
    queries: usize,
    found: Option<Partial>,
}

impl Walk {
    fn from(host: &str) -> Self {
        Self { name: Some(host.to_owned()), queries: 0, found: None }
    }

    fn next(&self) -> Option<&str> {
        self.name.as_deref().filter(|_| self.queries < LONGEST_CHAIN)
    }

    fn add(&mut self, transport: Transport, message: &Message) {
        let Some(name) = self.name.take() else { return };
        let read = read(&name, transport, message);
        let chain_is_open = !read.chain.is_empty() && read.addresses.is_empty() && read.soa.is_none();
        let is_positive = message.metadata.response_code == ResponseCode::NoError;
        let last = read.chain.last().map(|alias| alias.target.clone());
        self.name = last.filter(|last| chain_is_open && is_positive && *last != name);
        self.queries += 1;
        self.found = Some(match self.found.take() {
            Some(before) => Partial { chain: [before.chain, read.chain].concat(), ..read },
            None => read,
        });
    }

    fn end(self) -> Outcome {
        self.found.ok_or_else(|| (Transport::Udp, Failure::new(FailureKind::Protocol, "no answer")))
    }
}

/// Reads datagrams as the answers of a name server, in the order in which they arrive. Returns the answer and the names that
/// are queried.
#[cfg(fuzzing)]
pub(crate) fn answer_in(host: &str, v4: &[&[u8]], v6: &[&[u8]]) -> (ServerAnswer, Vec<String>) {
    let mut names = Vec::new();
    let mut walked = |kind, datagrams: &[&[u8]]| {
        let (mut walk, mut datagrams) = (Walk::from(host), datagrams.iter());
        while let Some(name) = walk.next() {
            names.push(name.to_owned());
            let silent = (Transport::Tcp, silence(Duration::ZERO));
            let mut query = match message(name, kind) {
                Ok(query) => query,
                Err(failure) => return walk.found.ok_or((Transport::Udp, failure)),
            };
            let Some(datagram) = datagrams.next() else { return walk.found.ok_or(silent) };
            // A peer that sees the query repeats its id.
            query.metadata.id = datagram.first_chunk().map_or(0, |id| u16::from_be_bytes(*id));
            match answering(&query, datagram) {
                Some(answer) => walk.add(Transport::Udp, &answer),
                None => return walk.found.ok_or(silent),
            }
        }
        walk.end()
    };
    let (v4, v6) = (walked(RecordType::A, v4), walked(RecordType::AAAA, v6));
    (answer_of(NameServer::at(SocketAddr::from(([192, 0, 2, 53], 53))), v4, v6, Duration::ZERO), names)
}

/// Reads an answer: the chain of aliases, whatever the order of the records, and the addresses at its end.
fn read(host: &str, transport: Transport, message: &Message) -> Partial {
    let mut found = Partial { rcode: Some(rcode(message.metadata.response_code)), ..Partial::empty(transport) };
    let mut name = normalized_host(host);
    while let Some((target, ttl)) = alias_of(&name, message) {
        let is_loop = found.chain.iter().any(|alias| alias.target == target) || target == normalized_host(host);
        found.chain.push(Alias { name, target: target.clone(), ttl });
        name = target;
        if is_loop || found.chain.len() >= LONGEST_CHAIN {
            break;
        }
    }
    let at_end = message.answers.iter().filter(|record| normalized_host(&record.name.to_ascii()) == name);
    found.addresses = at_end.filter_map(|record| record.data.ip_addr()).collect();
    let soa = message.authorities.iter().find(|record| record.record_type() == RecordType::SOA);
    found.soa = soa.map(|record| normalized_host(&record.name.to_ascii()));
    found
}

fn alias_of(name: &str, message: &Message) -> Option<(String, u32)> {
    message.answers.iter().find_map(|record| match &record.data {
        RData::CNAME(target) if normalized_host(&record.name.to_ascii()) == name => {
            Some((normalized_host(&target.0.to_ascii()), record.ttl))
        }
        _ => None,
    })
}

/// Sends a query over UDP, and over TCP if needed. UDP gets two thirds of the time, TCP the rest.
async fn exchange(
    server: SocketAddr,
    name: &str,
    kind: RecordType,
    limit: Duration,
) -> Result<(Transport, Message), (Transport, Failure)> {
    let message = message(name, kind).map_err(|failure| (Transport::Udp, failure))?;
    let failure = match timeout(limit * 2 / 3, by_udp(server, &message)).await {
        Ok(Ok(answer)) if !answer.metadata.truncation => return Ok((Transport::Udp, answer)),
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(failure_of_io(&error)),
        Err(_) => Some(silence(limit)),
    };
    match timeout(limit / 3, by_tcp(server, &message)).await {
        Ok(Ok(answer)) => Ok((Transport::Tcp, answer)),
        Ok(Err(error)) => Err((Transport::Tcp, failure.unwrap_or_else(|| failure_of_io(&error)))),
        Err(_) => Err((Transport::Tcp, failure.unwrap_or_else(|| silence(limit)))),
    }
}

fn message(name: &str, kind: RecordType) -> Result<Message, Failure> {
    let mut name = Name::from_ascii(name)
        .map_err(|error| Failure::new(FailureKind::NoSuchName, format!("`{name}` is not a DNS name: {error}")))?;
    name.set_fqdn(true);
    let mut message = Message::new(random_id(), MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(name, kind));
    let mut edns = Edns::new();
    edns.set_max_payload(LARGEST_DATAGRAM);
    message.set_edns(edns);
    Ok(message)
}

async fn by_udp(server: SocketAddr, query: &Message) -> io::Result<Message> {
    let any: IpAddr = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(server).await?;
    let bytes = query.to_vec().map_err(io::Error::other)?;
    socket.send(&bytes).await?;
    let mut buffer = vec![0; usize::from(LARGEST_DATAGRAM)];
    loop {
        let length = socket.recv(&mut buffer).await?;
        // A datagram that does not answer this query is late or forged.
        if let Some(answer) = answering(query, &buffer[..length]) {
            return Ok(answer);
        }
    }
}

async fn by_tcp(server: SocketAddr, query: &Message) -> io::Result<Message> {
    let mut stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    let bytes = query.to_vec().map_err(io::Error::other)?;
    let length = u16::try_from(bytes.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes(), bytes.as_slice()].concat()).await?;
    let length = stream.read_u16().await?;
    let mut buffer = vec![0; usize::from(length)];
    stream.read_exact(&mut buffer).await?;
    answering(query, &buffer)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the answer is for another question"))
}

/// Parses an answer. Returns `None` if it does not answer this query.
fn answering(query: &Message, bytes: &[u8]) -> Option<Message> {
    let answer = Message::from_vec(bytes).ok()?;
    let same_id = answer.metadata.id == query.metadata.id && answer.metadata.message_type == MessageType::Response;
    // Some servers omit the question from an error.
    let same_name = answer.queries.is_empty() || answer.queries == query.queries;
    (same_id && same_name).then_some(answer)
}

fn rcode(code: ResponseCode) -> String {
    match code {
        ResponseCode::NoError => "NOERROR".into(),
        ResponseCode::NXDomain => "NXDOMAIN".into(),
        ResponseCode::ServFail => "SERVFAIL".into(),
        ResponseCode::Refused => "REFUSED".into(),
        ResponseCode::FormErr => "FORMERR".into(),
        ResponseCode::NotImp => "NOTIMP".into(),
        other => format!("RCODE {}", u16::from(other)),
    }
}

/// Returns an id that, together with the random port, is hard to guess.
fn random_id() -> u16 {
    u16::try_from(random() & 0xffff).unwrap_or_default()
}

/// The longest chain that is followed. Chains of Azure have up to seven aliases.
const LONGEST_CHAIN: usize = 16;

/// The largest datagram without fragmentation, as resolvers agreed. <https://www.dnsflagday.net/2020/>
const LARGEST_DATAGRAM: u16 = 1232;
