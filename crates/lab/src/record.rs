//! The records of a name, as a world states them.

use std::net::IpAddr;

use hickory_server::proto::rr::Name;
use speech_endpoint::emulation::normalized_host;

use super::vocabulary::{NameToml, RcodeToml};

/// The response for a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NameAnswer {
    /// Aliases, each followed by its target, and addresses.
    Records(Vec<Record>),
    End(RcodeToml),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Record {
    Alias(String),
    Address(IpAddr),
}

impl NameAnswer {
    /// Reads records such as `CNAME x` and `A 192.0.2.1`.
    pub(super) fn read(toml: &NameToml) -> Result<Self, String> {
        match toml {
            NameToml::End(rcode) => Ok(Self::End(*rcode)),
            NameToml::Records(texts) => {
                texts.iter().map(|text| Record::read(text)).collect::<Result<_, _>>().map(Self::Records)
            }
        }
    }

    pub(super) fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        let records = if let Self::Records(records) = self { records.as_slice() } else { &[] };
        records.iter().filter_map(|record| if let Record::Address(ip) = record { Some(*ip) } else { None })
    }
}

impl Record {
    fn read(text: &str) -> Result<Self, String> {
        let error = || {
            format!(
                "`{text}` is not a record: expected something like `CNAME a.example`, `A 192.0.2.1` or `AAAA 2001:db8::1`"
            )
        };
        let (kind, value) = text.split_once(' ').ok_or_else(error)?;
        let address = || value.parse::<IpAddr>().map_err(|_| error());
        match kind {
            "CNAME" if Name::from_ascii(value).is_ok() => Ok(Self::Alias(normalized_host(value))),
            "A" => address().and_then(|ip| if ip.is_ipv4() { Ok(Self::Address(ip)) } else { Err(error()) }),
            "AAAA" => address().and_then(|ip| if ip.is_ipv6() { Ok(Self::Address(ip)) } else { Err(error()) }),
            _ => Err(error()),
        }
    }
}
