//! Redaction of tickets: replaces everything that identifies the customer, each thing by the same word throughout.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use super::foreign::{ForeignWords, sentences};
use super::names::{is_microsofts, is_of_name};
use super::walk::{Item, Walk as _};
use crate::diagnose::evidence::{AddressClass, Claims, Evidence, ProxyFacts, TlsFacts, Trace};

/// Everything that identifies the customer in one run, with its replacements.
pub(in crate::diagnose) struct Redaction {
    /// In lower case, the longest first.
    words: Vec<(String, String)>,
    /// Replaced by their number, from 1.
    addresses: Vec<IpAddr>,
    foreign: ForeignWords,
}

impl Redaction {
    /// Collects everything that identifies the customer.
    ///
    /// 1. The custom domain, replaced by `NAME`, and the other resources of a Foundry project.
    /// 2. Hosts outside Microsoft's domains: of proxies, aliases, certificates, the search list.
    /// 3. Issuers of certificates that are not well known.
    /// 4. The tenant and the principal of a token.
    /// 5. Every word of a peer that is not a known word.
    /// 6. Every address except those of hosts that all customers share, the loopback and Azure's DNS.
    pub(in crate::diagnose) fn of(evidence: &Evidence) -> Self {
        let mut words: Vec<(String, String)> = Vec::new();
        words.extend(evidence.resource.custom_domain.iter().map(|name| (name.to_lowercase(), "NAME".to_owned())));
        number(&mut words, resources(evidence), "RESOURCE");
        number(&mut words, hosts(evidence), "HOST");
        number(&mut words, evidence.traces.iter().filter_map(|trace| trace.tls.found()).flat_map(issuers), "ISSUER");
        for claims in claims(evidence) {
            words.extend(claims.tid.iter().map(|id| (id.to_lowercase(), "TENANT".to_owned())));
            words.extend(claims.principal.iter().map(|id| (id.to_lowercase(), "PRINCIPAL".to_owned())));
        }
        words.retain(|(word, _)| !word.is_empty());
        words.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        Self { words, addresses: addresses(evidence), foreign: ForeignWords::of(evidence) }
    }

    /// Adds the names in Azure's documents that occur in a text. A name of one or two characters would replace other words.
    pub(in crate::diagnose) fn with_names<'n>(
        mut self,
        names: &[String],
        texts: &(impl Iterator<Item = &'n str> + Clone),
    ) -> Self {
        let occurs =
            |name: &&String| name.chars().count() > 2 && texts.clone().any(|text| text.contains(name.as_str()));
        number(&mut self.words, names.iter().filter(occurs).cloned(), "AZURE");
        self.words.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        self
    }

    /// Returns the text without anything that identifies the customer.
    pub(in crate::diagnose) fn apply(&self, text: &str) -> String {
        let mut output = String::with_capacity(text.len());
        let mut at = 0;
        while let Some(next) = text[at..].chars().next() {
            let before = text[..at].chars().next_back();
            let hit = (!before.is_some_and(is_of_name)).then(|| self.at(&text[at..], before)).flatten();
            if let Some((length, replacement)) = hit {
                add(&mut output, &replacement);
                at += length;
            } else {
                output.push(next);
                at += next.len_utf8();
            }
        }
        output
    }

    /// Returns the length and the replacement of an identifying text that begins here.
    fn at(&self, text: &str, before: Option<char>) -> Option<(usize, String)> {
        self.address(text)
            .or_else(|| self.word(text, before))
            .or_else(|| resource_id(text))
            .or_else(|| guid(text))
            .or_else(|| person(text))
            .or_else(|| Some((self.foreign.at(text)?, LEFT_OUT.to_owned())))
    }

    fn address(&self, text: &str) -> Option<(usize, String)> {
        let (length, address) = address_at(text)?;
        let number = self.addresses.iter().position(|known| *known == address)? + 1;
        Some((with_the_word(text, length), format!("ADDRESS-{number}")))
    }

    fn word(&self, text: &str, before: Option<char>) -> Option<(usize, String)> {
        self.words.iter().find_map(|(word, replacement)| {
            let is_label_inside = replacement == "NAME" && before == Some('.');
            let length = beginning(text, word).filter(|_| !is_label_inside)?;
            let ends = !text[length..].chars().next().is_some_and(is_of_name);
            ends.then(|| (length, replacement.clone()))
        })
    }
}

/// Returns the length of the beginning of a text that is a word, which is in lower case. A text that was cut, which ends
/// with an ellipsis, can begin with a part of the word.
fn beginning(text: &str, word: &str) -> Option<usize> {
    let mut rest = word;
    for (at, c) in text.char_indices() {
        if rest.is_empty() {
            return Some(at);
        }
        if c == '…' && at >= SHORTEST_PART {
            return Some(at);
        }
        rest = c.to_lowercase().try_fold(rest, |rest, c| rest.strip_prefix(c))?;
    }
    rest.is_empty().then_some(text.len())
}

/// Adds a replacement. Several words in a row that are left out are one.
fn add(output: &mut String, replacement: &str) {
    if replacement == LEFT_OUT && output.trim_end().ends_with(LEFT_OUT) {
        output.truncate(output.trim_end().len());
    } else {
        output.push_str(replacement);
    }
}

/// Adds words, each once, numbered from 1.
fn number(words: &mut Vec<(String, String)>, new: impl Iterator<Item = String>, label: &str) {
    let mut count = 0;
    for word in new.map(|word| word.to_lowercase()) {
        if !words.iter().any(|(known, _)| *known == word) {
            count += 1;
            words.push((word, format!("{label}-{count}")));
        }
    }
}

/// Returns the names of the other resources of a Foundry project: the first labels of their hosts.
fn resources(evidence: &Evidence) -> impl Iterator<Item = String> {
    let targets = evidence.traces.iter().map(|trace| &trace.target).filter(|target| target.private_zone.is_some());
    targets.filter_map(|target| target.host.split('.').next().map(str::to_owned))
}

/// Returns every host name of the evidence outside Microsoft's domains.
fn hosts(evidence: &Evidence) -> impl Iterator<Item = String> {
    let mut names: Vec<String> = evidence.machine.search.clone();
    names.extend(evidence.resource.host.iter().map(|host| without_port(host).to_owned()));
    for trace in &evidence.traces {
        names.push(trace.target.host.clone());
        names.extend(trace.dns.found().into_iter().flat_map(|facts| {
            let servers = facts.servers.iter().chain(facts.also.iter().map(|also| &also.answer));
            servers.flat_map(|answer| {
                answer
                    .chain
                    .iter()
                    .flat_map(|alias| [alias.name.clone(), alias.target.clone()])
                    .chain(answer.soa.clone())
            })
        }));
        names.extend(trace.proxy.found().into_iter().flat_map(proxy_hosts));
        names.extend(trace.tls.found().into_iter().flat_map(certificate_names));
        names.extend(trace.http.found().and_then(|facts| facts.redirect.as_ref()?.host.clone()));
    }
    let mut sentence = |text: &str| names.extend(names_in(text));
    sentences(evidence, &mut sentence);
    evidence.remarks.iter().for_each(|remark| sentence(&remark.text));
    evidence.traces.iter().flat_map(|trace| &trace.target.notes).for_each(|note| sentence(note));
    let names = names.into_iter().map(|name| name.trim_matches('.').trim_start_matches("*.").to_lowercase());
    names.filter(|name| !name.is_empty() && !is_microsofts(name) && name.parse::<IpAddr>().is_err())
}

/// Returns possible host names in a sentence of a peer.
fn names_in(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !(is_of_name(c) || c == '.')).map(|word| word.trim_matches('.'));
    // A version contains dots too, but begins with a digit.
    words.filter(|word| word.contains('.') && word.starts_with(char::is_alphabetic)).map(str::to_owned)
}

fn proxy_hosts(facts: &ProxyFacts) -> Vec<String> {
    let proxies = facts.proxy.iter().chain(facts.unused.iter().map(|unused| &unused.proxy));
    let mut names: Vec<String> = proxies.map(|proxy| without_port(proxy).to_owned()).collect();
    names.extend(facts.no_proxy_entry.iter().filter(|entry| entry.contains('.')).cloned());
    names
}

fn certificate_names(facts: &TlsFacts) -> Vec<String> {
    let of = |chain: &crate::diagnose::evidence::Certificate| {
        let mut names = chain.names.clone();
        names.extend((chain.subject.contains('.') && !chain.subject.contains(' ')).then(|| chain.subject.clone()));
        names
    };
    facts.chain.iter().flat_map(of).collect()
}

/// Returns issuers and organisations that belong to a customer.
fn issuers(facts: &TlsFacts) -> impl Iterator<Item = String> {
    let all = facts.chain.iter().flat_map(|certificate| {
        let subject = certificate.subject.contains(' ').then(|| certificate.subject.clone());
        [Some(certificate.issuer.clone()), certificate.organization.clone(), subject]
    });
    let is_known = |name: &String| {
        let name = name.to_lowercase();
        KNOWN_ISSUERS.iter().any(|known| name.contains(known))
    };
    all.flatten().filter(move |name| !is_known(name)).collect::<Vec<_>>().into_iter()
}

fn claims(evidence: &Evidence) -> Vec<&Claims> {
    let given = evidence.credential.iter().filter_map(|credential| credential.claims.as_ref());
    let issued = evidence.traces.iter().filter_map(|trace| trace.auth.found()?.issued.as_ref());
    given.chain(issued).collect()
}

/// Returns the host of `http://host:port` or `host:port`.
fn without_port(url: &str) -> &str {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = authority.split('/').next().unwrap_or_default();
    authority.rsplit_once(':').map_or(authority, |(host, _)| host).trim_matches(['[', ']'])
}

/// Returns the addresses to replace, in the order of the evidence.
fn addresses(evidence: &Evidence) -> Vec<IpAddr> {
    let shared: BTreeSet<IpAddr> =
        evidence.traces.iter().filter(|trace| !trace.target.is_own_host).flat_map(public_addresses).collect();
    let is_kept = |address: &IpAddr| {
        matches!(AddressClass::of(*address), AddressClass::Loopback | AddressClass::Special) || shared.contains(address)
    };
    let mut found = Vec::new();
    let mut add = |address: IpAddr| {
        if !is_kept(&address) && !found.contains(&address) {
            found.push(address);
        }
    };
    evidence.walk(&mut |item| match item {
        Item::Address(address) => add(address),
        Item::Text(text) => addresses_in(text).for_each(&mut add),
    });
    found
}

/// The addresses that a text holds, from left to right.
fn addresses_in(text: &str) -> impl Iterator<Item = IpAddr> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < text.len() {
            let is_start = text.is_char_boundary(at) && !text[..at].chars().next_back().is_some_and(is_of_name);
            if let Some((length, address)) = is_start.then(|| address_at(&text[at..])).flatten() {
                at += length;
                return Some(address);
            }
            at += 1;
        }
        None
    })
}

fn public_addresses(trace: &Trace) -> Vec<IpAddr> {
    let public = |address: &crate::diagnose::evidence::Address| address.class == AddressClass::Public;
    let found = trace.dns.found().into_iter().flat_map(|facts| facts.addresses.iter());
    found.filter(|address| public(address)).map(|address| address.ip).collect()
}

/// Returns the address at the beginning of a text and its length, without the port.
fn address_at(text: &str) -> Option<(usize, IpAddr)> {
    let end = text.find(|c: char| !(c.is_ascii_hexdigit() || c == '.' || c == ':')).unwrap_or(text.len());
    let run = text[..end].trim_end_matches(['.', ':']);
    if run.len() < SHORTEST_ADDRESS {
        return None;
    }
    if let Ok(address) = run.parse::<IpAddr>() {
        return Some((run.len(), address));
    }
    let socket: SocketAddr = run.parse().ok()?;
    Some((run.rfind(':')?, socket.ip()))
}

/// Returns the length of an ARM id, which names a subscription and a resource group.
fn resource_id(text: &str) -> Option<(usize, String)> {
    let begins = text.get(..PATH.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(PATH));
    let length = text.find(|c: char| !(is_of_name(c) || "/.()".contains(c))).unwrap_or(text.len());
    begins.then(|| (length, "RESOURCE_ID".to_owned()))
}

/// Finds `00000000-0000-0000-0000-000000000000`: a tenant, a principal or a subscription.
fn guid(text: &str) -> Option<(usize, String)> {
    let run = text.get(..36)?;
    let is_guid = run.bytes().enumerate().all(|(i, b)| match i {
        8 | 13 | 18 | 23 => b == b'-',
        _ => b.is_ascii_hexdigit(),
    });
    is_guid.then(|| (with_the_word(text, 36), "ID".to_owned()))
}

/// Returns the length up to the end of the word. A name that is glued to an address or an id begins no word of its own, and
/// would stay.
fn with_the_word(text: &str, length: usize) -> usize {
    text[length..].find(|c| !is_of_name(c)).map_or(text.len(), |end| length + end)
}

/// Finds `jdoe@contoso.example`.
fn person(text: &str) -> Option<(usize, String)> {
    let name = text.find(|c: char| !(is_of_name(c) || c == '.' || c == '+'))?;
    let host = text[name..].strip_prefix('@')?;
    let length = host.find(|c: char| !(is_of_name(c) || c == '.')).unwrap_or(host.len());
    (name > 0 && length > 0).then(|| (name + 1 + length, "PERSON".to_owned()))
}

/// Stands for words of peers.
const LEFT_OUT: &str = "…";

/// In bytes. A shorter part of a word, before an ellipsis, identifies nobody.
const SHORTEST_PART: usize = 3;

const PATH: &str = "/subscriptions/";

/// Only `::` and `::1` are shorter, and both are kept.
const SHORTEST_ADDRESS: usize = 4;

/// Well-known certificate authorities and makers of inspecting proxies, in lower case.
const KNOWN_ISSUERS: &[&str] = &[
    "microsoft",
    "digicert",
    "baltimore",
    "globalsign",
    "zscaler",
    "netskope",
    "palo alto",
    "fortinet",
    "fortigate",
    "blue coat",
    "broadcom",
    "cisco",
    "sophos",
    "check point",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_beside_ports_and_punctuation() {
        let text = "[fd00::17]:443, 10.2.0.5:443 and (20.50.1.7); not x10.0.0.1 or 1.2.3";
        let found: Vec<String> = addresses_in(text).map(|address| address.to_string()).collect();
        assert_eq!(found, ["fd00::17", "10.2.0.5", "20.50.1.7"]);
    }

    #[test]
    fn a_name_that_is_glued_to_an_address_or_an_id_goes_with_it() {
        let evidence =
            Evidence::new(std::time::SystemTime::UNIX_EPOCH, crate::diagnose::evidence::ResourceFacts::default());
        let words = vec![("laptop-jdoe".to_owned(), "HOST-1".to_owned())];
        let addresses = vec![IpAddr::from([10, 2, 0, 5]), "fd00::17".parse().unwrap()];
        let redaction = Redaction { words, addresses, foreign: ForeignWords::of(&evidence) };
        for (text, expected) in [
            ("from 10.2.0.5LAPTOP-JDOE on", "from ADDRESS-1 on"),
            ("fd00::17_laptop-jdoe, 10.2.0.5:443", "ADDRESS-2, ADDRESS-1:443"),
            ("5d1f8a2e-0000-4000-8000-00000000beefLAPTOP-JDOE.", "ID."),
            ("10.2.0.5.LAPTOP-JDOE", "ADDRESS-1.HOST-1"),
        ] {
            assert_eq!(redaction.apply(text), expected, "{text}");
        }
    }

    #[test]
    fn a_word_is_found_whole_or_as_the_beginning_of_a_text_that_was_cut() {
        for (text, expected) in [
            ("Contoso rest", Some(7)),
            ("contoso", Some(7)),
            ("CONTOSO…", Some(7)),
            ("con… x", Some(3)),
            ("co… x", None),
            ("conx", None),
            ("contos", None),
        ] {
            assert_eq!(beginning(text, "contoso"), expected, "{text}");
        }
    }

    #[test]
    fn people_and_ids_are_found_with_their_length() {
        for (text, expected) in [
            ("jdoe@contoso.example, now", Some(20)),
            ("j.d+x@h", Some(7)),
            ("@contoso.example", None),
            ("jdoe@ now", None),
            ("jdoe", None),
            ("jdoe at contoso", None),
        ] {
            assert_eq!(person(text).map(|(length, _)| length), expected, "{text}");
        }
        for (text, expected) in [
            ("5d1f8a2e-0000-1111-2222-AAAABBBBCCCC is", Some(36)),
            ("5d1f8a2e-0000-1111-2222-AAAABBBBCCC", None),
            ("5d1f8a2e-0000-1111-2222-AAAABBBBCCCx", None),
            ("5d1f8a2e00000-1111-2222-AAAABBBBCCCC", None),
            ("5d1f8a2e-0000-1111-2222-AAAABBBBCCé", None),
        ] {
            assert_eq!(guid(text).map(|(length, _)| length), expected, "{text}");
        }
        for (text, expected) in [
            ("/Subscriptions/1/resourceGroups/r(g)_-.x, y", Some(40)),
            ("/subscriptions/", Some(15)),
            ("/subscription/1", None),
            ("/sub", None),
        ] {
            assert_eq!(resource_id(text).map(|(length, _)| length), expected, "{text}");
        }
    }

    #[test]
    fn an_address_ends_before_its_port_and_before_punctuation() {
        for (text, expected) in [
            ("10.0.0.4:443 x", Some(8)),
            ("10.0.0.4. x", Some(8)),
            ("10.0.0.4", Some(8)),
            ("fd00::17]:443", Some(8)),
            ("::1", None),
            ("1.2.3", None),
            ("feed", None),
        ] {
            assert_eq!(address_at(text).map(|(length, _)| length), expected, "{text}");
        }
    }

    #[test]
    fn hosts_are_found_in_urls_and_in_sentences() {
        for (url, host) in [
            ("http://proxy.corp:3128/x", "proxy.corp"),
            ("proxy.corp:3128", "proxy.corp"),
            ("https://[fd00::1]:443", "fd00::1"),
            ("proxy.corp", "proxy.corp"),
        ] {
            assert_eq!(without_port(url), host, "{url}");
        }
        let found: Vec<String> = names_in("by fw-01.corp_x.example. (a.b) at 1.2.3, not here").collect();
        assert_eq!(found, ["fw-01.corp_x.example", "a.b"]);
    }

    #[test]
    fn words_that_are_left_out_in_a_row_are_one() {
        let added = |before: &str, replacement: &str| {
            let mut output = before.to_owned();
            add(&mut output, replacement);
            output
        };
        assert_eq!(added("for ", LEFT_OUT), "for …");
        assert_eq!(added("for … ", LEFT_OUT), "for …");
        assert_eq!(added("for … ", "HOST-1"), "for … HOST-1");
        let mut words = vec![("contoso".to_owned(), "NAME".to_owned())];
        number(&mut words, ["B.example", "contoso", "b.example", "c.example"].map(str::to_owned).into_iter(), "HOST");
        let numbered: Vec<&str> = words.iter().map(|(_, replacement)| replacement.as_str()).collect();
        assert_eq!(numbered, ["NAME", "HOST-1", "HOST-2"]);
    }

    #[test]
    fn a_ticket_names_nobody() {
        let account = crate::resolve::account::Account::custom_domain("contoso".parse().unwrap());
        let resource = crate::diagnose::evidence::ResourceFacts::of(&account);
        let mut evidence = Evidence::new(std::time::SystemTime::UNIX_EPOCH, resource);
        evidence.machine.search = vec!["corp.fabrikam.example".to_owned(), "internal.cloudapp.azure.com".to_owned()];
        evidence.machine.name_servers =
            vec![SocketAddr::from(([10, 1, 2, 3], 53)), SocketAddr::from(([127, 0, 0, 53], 53))];
        let redaction = Redaction::of(&evidence);
        for (text, expected) in [
            ("contoso.cognitiveservices.azure.com", "NAME.cognitiveservices.azure.com"),
            ("Contoso, xcontoso, contosox, a.contoso", "NAME, xcontoso, contosox, a.contoso"),
            ("by dc.Corp.Fabrikam.example or corp.fabrikam.example", "by dc.HOST-1 or HOST-1"),
            ("internal.cloudapp.azure.com", "internal.cloudapp.azure.com"),
            ("10.1.2.3:53 and 127.0.0.53, 10.1.2.4", "ADDRESS-1:53 and 127.0.0.53, 10.1.2.4"),
            ("of jdoe@fabrikam.example", "of PERSON"),
        ] {
            assert_eq!(redaction.apply(text), expected);
        }
    }
}
