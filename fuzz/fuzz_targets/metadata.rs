#![no_main]
//! Whatever responds in place of the instance metadata service: addresses are addresses, subnets are subnets, and there are
//! few of them.

use std::net::Ipv4Addr;

use libfuzzer_sys::fuzz_target;
use speech_endpoint::evidence::MetadataFacts;
use speech_endpoint::fuzzing::metadata_facts;

fuzz_target!(|body: &str| {
    let Some(facts) = metadata_facts(body) else { return };
    assert!(facts.is_azure);
    for count in [facts.private_addresses.len(), facts.public_addresses.len(), facts.subnets.len()] {
        assert!(count <= 64, "{count}");
    }
    for subnet in &facts.subnets {
        let (address, prefix) = subnet.split_once('/').expect("a prefix");
        assert_eq!(address.parse::<Ipv4Addr>().expect("an address").to_string(), address);
        assert!(prefix.parse::<u8>().is_ok_and(|bits| bits <= 32 && bits.to_string() == prefix), "{subnet}");
    }
    for address in facts.private_addresses.iter().chain(&facts.public_addresses) {
        assert!(body.contains('.') || body.contains(':'), "{address}");
    }
    let saved = serde_json::to_vec(&facts).expect("evidence can be written");
    assert_eq!(serde_json::from_slice::<MetadataFacts>(&saved).expect("evidence can be read"), facts);
});
