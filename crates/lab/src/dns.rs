//! DNS: runs each name server of the world over UDP and TCP, with its own view.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hickory_server::Server;
use hickory_server::net::runtime::Time;
use hickory_server::net::xfer::Protocol;
use hickory_server::proto::op::{Header, HeaderCounts, Metadata, ResponseCode};
use hickory_server::proto::rr::rdata::{A, AAAA, CNAME, SOA};
use hickory_server::proto::rr::{self, Name, RData, RecordType};
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::zone_handler::MessageResponseBuilder;
use speech_endpoint::emulation::normalized_host;
use tokio::net::{TcpListener, UdpSocket};

use super::record::{NameAnswer, Record};
use super::scene::{PRIVATE_ENDPOINT, Truth};
use super::vocabulary::{NameToml, PrivateZoneToml, RcodeToml, ServerToml};

/// The names that one server knows.
#[derive(Clone, Debug)]
pub(super) struct View {
    names: Arc<HashMap<String, NameAnswer>>,
    /// Zones for the SOA record of negative responses, longest first.
    zones: Arc<[String]>,
    every: Option<RcodeToml>,
    truncates: bool,
}

/// A lookup: its response code, the records with their owners, and whether it is negative.
#[derive(Debug)]
struct Walk {
    end: Option<RcodeToml>,
    records: Vec<(String, Record)>,
    negative: bool,
}

impl View {
    /// Makes a view from the public names, the visible part of the private zone and the overrides of the world.
    pub(super) fn new(
        public: &HashMap<String, NameAnswer>,
        truth: &Truth,
        private_zone: PrivateZoneToml,
        stated: &[&std::collections::BTreeMap<String, NameToml>],
    ) -> Self {
        let mut names = public.clone();
        for private in truth.private_names().into_iter().filter(|name| public.contains_key(name)) {
            let answer = match private_zone {
                PrivateZoneToml::Absent => None,
                PrivateZoneToml::Linked => Some(NameAnswer::Records(vec![Record::Address(PRIVATE_ENDPOINT.into())])),
                PrivateZoneToml::WithoutRecord => Some(NameAnswer::End(RcodeToml::NxDomain)),
            };
            names.extend(answer.map(|answer| (private, answer)));
        }
        for (name, toml) in stated.iter().flat_map(|stated| stated.iter()) {
            // Reading the world has already validated these records.
            names.extend(NameAnswer::read(toml).ok().map(|answer| (normalized_host(name), answer)));
        }
        let suffixes = truth.cloud.suffixes();
        let mut zones =
            vec![suffixes.custom_domain().to_owned(), suffixes.realtime().to_owned(), suffixes.rest().to_owned()];
        zones.extend([suffixes.openai(), suffixes.foundry()].into_iter().flatten().map(str::to_owned));
        if private_zone != PrivateZoneToml::Absent {
            zones.insert(0, suffixes.private_zone());
            let siblings = [suffixes.openai(), suffixes.foundry()].into_iter().flatten();
            zones.splice(0..0, siblings.map(|suffix| format!("privatelink.{suffix}")));
        }
        Self { names: Arc::new(names), zones: zones.into(), every: None, truncates: false }
    }

    /// Returns the view with the faults of the server.
    pub(super) fn served_by(self, server: &ServerToml) -> Self {
        Self { every: server.answers, truncates: server.truncates, ..self }
    }

    /// Returns the addresses of a name, IPv4 first.
    pub(super) fn addresses(&self, name: &str) -> Vec<IpAddr> {
        let walk = self.walk(name, None);
        let mut addresses: Vec<IpAddr> = walk
            .records
            .iter()
            .filter_map(|(_, record)| if let Record::Address(ip) = record { Some(*ip) } else { None })
            .collect();
        addresses.sort_by_key(IpAddr::is_ipv6);
        addresses
    }

    /// Returns the addresses of all names.
    pub(super) fn all_addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.names.values().flat_map(NameAnswer::addresses)
    }

    /// Returns all names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }

    /// Follows the aliases, and keeps only addresses of the requested family.
    fn walk(&self, name: &str, family: Option<RecordType>) -> Walk {
        let mut walk = Walk { end: self.every, records: Vec::new(), negative: false };
        let mut owner = normalized_host(name);
        if walk.end.is_some() {
            return walk;
        }
        for _ in 0..MOST_ALIASES {
            let records = match self.names.get(&owner) {
                Some(NameAnswer::Records(records)) => records,
                Some(NameAnswer::End(end)) => {
                    walk.end = Some(*end);
                    break;
                }
                None if self.is_part_of_a_chain(&owner) => break,
                None => {
                    walk.end = Some(RcodeToml::NxDomain);
                    break;
                }
            };
            let start = owner.clone();
            for record in records {
                match record {
                    Record::Alias(target) => {
                        let from = std::mem::replace(&mut owner, target.clone());
                        walk.records.push((from, record.clone()));
                    }
                    Record::Address(ip) if family.is_none_or(|family| family == type_of(*ip)) => {
                        walk.records.push((owner.clone(), record.clone()));
                    }
                    Record::Address(_) => {}
                }
            }
            if owner == start || !matches!(records.last(), Some(Record::Alias(_))) {
                break;
            }
        }
        let has_address = walk.records.iter().any(|(_, record)| matches!(record, Record::Address(_)));
        walk.negative = !has_address && !matches!(walk.end, Some(RcodeToml::ServFail | RcodeToml::Refused));
        walk
    }

    /// Returns whether a name occurs only as the target of an alias. It exists, and its records are in that chain.
    fn is_part_of_a_chain(&self, name: &str) -> bool {
        self.names.values().any(|answer| {
            let NameAnswer::Records(records) = answer else { return false };
            let position = records.iter().position(|record| *record == Record::Alias(name.to_owned()));
            position.is_some_and(|position| position + 1 < records.len())
        })
    }

    fn soa(&self, name: &str) -> String {
        let zone = self.zones.iter().find(|zone| name.ends_with(&format!(".{zone}")) || name == zone.as_str());
        zone.cloned().unwrap_or_else(|| name.split_once('.').map_or(name, |(_, parent)| parent).to_owned())
    }

    fn message(&self, name: &str, family: RecordType) -> Option<Message> {
        let walk = self.walk(name, Some(family));
        let code = match walk.end {
            Some(RcodeToml::Silent) => return None,
            Some(RcodeToml::ServFail) => ResponseCode::ServFail,
            Some(RcodeToml::Refused) => ResponseCode::Refused,
            Some(RcodeToml::NxDomain) => ResponseCode::NXDomain,
            None => ResponseCode::NoError,
        };
        let last = walk.records.last().map_or(name, |(_, record)| match record {
            Record::Alias(target) => target.as_str(),
            Record::Address(_) => name,
        });
        let soa = if walk.negative { soa_record(&self.soa(&normalized_host(last))) } else { None };
        let answers = walk.records.iter().filter_map(|(owner, record)| to_record(owner, record)).collect();
        Some(Message { code, answers, soa })
    }
}

struct Message {
    code: ResponseCode,
    answers: Vec<rr::Record>,
    soa: Option<rr::Record>,
}

#[async_trait]
impl RequestHandler for View {
    async fn handle_request<R: ResponseHandler, T: Time>(&self, request: &Request, mut reply: R) -> ResponseInfo {
        let mut metadata = Metadata::response_from_request(&request.metadata);
        metadata.recursion_available = true;
        let unsent = |metadata| ResponseInfo::from(Header { metadata, counts: HeaderCounts::default() });
        let Ok(asked) = request.request_info() else { return unsent(metadata) };
        let name = asked.query.name().to_string();
        let Some(mut message) = self.message(&name, asked.query.query_type()) else { return unsent(metadata) };
        metadata.response_code = message.code;
        if self.truncates && asked.protocol == Protocol::Udp {
            metadata.truncation = true;
            message.answers.clear();
            message.soa = None;
        }
        let response = MessageResponseBuilder::from_message_request(request).build(
            metadata,
            &message.answers,
            &[],
            &message.soa,
            &[],
        );
        reply.send_response(response).await.unwrap_or_else(|_| unsent(metadata))
    }
}

/// A running server.
pub(super) struct NameServer {
    pub(super) reached_at: SocketAddr,
    _server: Server<View>,
}

impl NameServer {
    /// Listens on the same port with UDP and TCP.
    pub(super) async fn start(view: View, place: SocketAddr) -> io::Result<Self> {
        let mut tries = 0;
        let (udp, tcp) = loop {
            let udp = UdpSocket::bind(place).await?;
            match TcpListener::bind(udp.local_addr()?).await {
                Ok(tcp) => break (udp, tcp),
                // The port assigned to UDP may be taken for TCP.
                Err(error) if tries == PORT_TRIES || place.port() != 0 => return Err(error),
                Err(_) => tries += 1,
            }
        };
        let reached_at = udp.local_addr()?;
        let mut server = Server::new(view);
        server.register_socket(udp);
        server.register_listener(tcp, IDLE, 64);
        Ok(Self { reached_at, _server: server })
    }
}

fn type_of(ip: IpAddr) -> RecordType {
    if ip.is_ipv4() { RecordType::A } else { RecordType::AAAA }
}

fn to_record(owner: &str, record: &Record) -> Option<rr::Record> {
    let data = match record {
        Record::Alias(target) => RData::CNAME(CNAME(fqdn(target)?)),
        Record::Address(IpAddr::V4(ip)) => RData::A(A(*ip)),
        Record::Address(IpAddr::V6(ip)) => RData::AAAA(AAAA(*ip)),
    };
    Some(rr::Record::from_rdata(fqdn(owner)?, TTL, data))
}

fn soa_record(zone: &str) -> Option<rr::Record> {
    let host = |label: &str| fqdn(&format!("{label}.{zone}"));
    let soa = SOA::new(host("ns1")?, host("hostmaster")?, 1, 3600, 300, 2_419_200, 300);
    Some(rr::Record::from_rdata(fqdn(zone)?, TTL, RData::SOA(soa)))
}

fn fqdn(name: &str) -> Option<Name> {
    Name::from_ascii(format!("{name}.")).ok()
}

/// The time to live of all records, in seconds.
const TTL: u32 = 60;

/// The limit for alias chains; a longer chain is a loop.
const MOST_ALIASES: usize = 16;

const PORT_TRIES: usize = 16;

const IDLE: Duration = Duration::from_secs(10);
