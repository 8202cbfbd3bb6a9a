#![no_main]
//! Whatever a name server sends: the chain is limited, its aliases follow each other, each name is a line, every name that is
//! queried next is one that the server named, and the evidence of it reads back.

use libfuzzer_sys::fuzz_target;
use speech_endpoint::AliasChain;
use speech_endpoint::evidence::{AddressClass, DnsFacts, ServerAnswer};
use speech_endpoint::fuzzing::dns_answer;
use speech_endpoint_fuzz::peer::{check_failure, check_text};

// The first byte is the number of datagrams for IPv4 addresses; each datagram goes after its length in two bytes.
fuzz_target!(|bytes: &[u8]| {
    let Some((count, rest)) = bytes.split_first() else { return };
    let datagrams = datagrams(rest);
    let (v4, v6) = datagrams.split_at(usize::from(*count).min(datagrams.len()));
    let (answer, queried) = dns_answer(HOST, v4, v6);

    assert!(answer.chain.len() <= 256 && queried.len() <= 32, "{} {}", answer.chain.len(), queried.len());
    assert!(answer.chain.first().is_none_or(|alias| alias.name == HOST), "{:?}", answer.chain);
    for pair in answer.chain.windows(2) {
        assert_eq!(pair[0].target, pair[1].name);
    }
    for name in queried.iter().chain(answer.chain.iter().flat_map(|alias| [&alias.name, &alias.target])) {
        check_text(name, 1024);
        assert!(!name.ends_with('.') && !name.contains(|c: char| c.is_ascii_uppercase()), "{name}");
    }
    if let Some(soa) = &answer.soa {
        check_text(soa, 1024);
    }
    if let Some(failure) = &answer.failure {
        check_failure(failure);
    }
    assert!(answer.rcode.is_some() || answer.addresses.is_empty() && answer.failure.is_some(), "{answer:?}");
    let most = datagrams.iter().map(|datagram| datagram.len() / 4).sum::<usize>();
    assert!(answer.addresses.len() <= most, "{} addresses", answer.addresses.len());
    for address in &answer.addresses {
        let class = AddressClass::of(*address);
        assert_eq!(AddressClass::of(address.to_canonical()), class);
        assert!(!class.is_private() || class != AddressClass::Public);
    }

    let saved = serde_json::to_vec(&answer).expect("evidence can be written");
    let again: ServerAnswer = serde_json::from_slice(&saved).expect("evidence can be read");
    assert_eq!((&again.chain, &again.addresses, &again.rcode), (&answer.chain, &answer.addresses, &answer.rcode));
    let mut facts = DnsFacts::default();
    facts.servers = vec![again, answer];
    let _ = AliasChain::read(HOST, &facts);
});

fn datagrams(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<2>() {
        let (datagram, after) = rest.split_at(usize::from(u16::from_be_bytes(*length)).min(rest.len()));
        found.push(datagram);
        bytes = after;
    }
    found
}

const HOST: &str = "contoso.cognitiveservices.azure.com";
