//! The embedded worlds, by name.

/// The name and text of every world, in directory order.
#[rustfmt::skip]
pub(super) const WORLDS: &[(&str, &str)] = &[
    ("AUTH01-another-region", include_str!("worlds/AUTH01-another-region.toml")),
    ("AUTH01-foreign-key", include_str!("worlds/AUTH01-foreign-key.toml")),
    ("AUTH01-second-key-accepted", include_str!("worlds/AUTH01-second-key-accepted.toml")),
    ("AUTH02-plain-token-at-region", include_str!("worlds/AUTH02-plain-token-at-region.toml")),
    ("AUTH03-composed-token-at-own-host", include_str!("worlds/AUTH03-composed-token-at-own-host.toml")),
    ("AUTH04-token-for-arm", include_str!("worlds/AUTH04-token-for-arm.toml")),
    ("AUTH05-role-missing", include_str!("worlds/AUTH05-role-missing.toml")),
    ("AUTH06-issued-token-expired", include_str!("worlds/AUTH06-issued-token-expired.toml")),
    ("AUTH06-token-expired", include_str!("worlds/AUTH06-token-expired.toml")),
    ("AUTH09-keys-disabled", include_str!("worlds/AUTH09-keys-disabled.toml")),
    ("AUTH11-not-signed-in", include_str!("worlds/AUTH11-not-signed-in.toml")),
    ("AUTH13-recognition-alone", include_str!("worlds/AUTH13-recognition-alone.toml")),
    ("CFG01-locale-as-region", include_str!("worlds/CFG01-locale-as-region.toml")),
    ("CFG02-custom-domain-as-region", include_str!("worlds/CFG02-custom-domain-as-region.toml")),
    ("CFG02-name-with-hyphen-as-region", include_str!("worlds/CFG02-name-with-hyphen-as-region.toml")),
    ("CFG03-token-host-for-realtime", include_str!("worlds/CFG03-token-host-for-realtime.toml")),
    ("CFG04-path-without-offering", include_str!("worlds/CFG04-path-without-offering.toml")),
    ("CFG05-plain-http", include_str!("worlds/CFG05-plain-http.toml")),
    ("CFG06-cloud-contradicts-region", include_str!("worlds/CFG06-cloud-contradicts-region.toml")),
    ("CFG06-clouds-mixed", include_str!("worlds/CFG06-clouds-mixed.toml")),
    ("CFG07-privatelink-name", include_str!("worlds/CFG07-privatelink-name.toml")),
    ("CFG08-foundry-endpoint", include_str!("worlds/CFG08-foundry-endpoint.toml")),
    ("CFG09-two-regions", include_str!("worlds/CFG09-two-regions.toml")),
    ("CFG10-blank-in-key", include_str!("worlds/CFG10-blank-in-key.toml")),
    ("CFG10-placeholder-as-key", include_str!("worlds/CFG10-placeholder-as-key.toml")),
    ("CFG11-composed-token-without-id", include_str!("worlds/CFG11-composed-token-without-id.toml")),
    ("CFG12-region-of-a-private-resource", include_str!("worlds/CFG12-region-of-a-private-resource.toml")),
    ("CFG12-restricted-network-without-custom-domain", include_str!("worlds/CFG12-restricted-network-without-custom-domain.toml")),
    ("CFG13-retired-host", include_str!("worlds/CFG13-retired-host.toml")),
    ("CFG14-open-custom-domain", include_str!("worlds/CFG14-open-custom-domain.toml")),
    ("DNS01-misspelt-name", include_str!("worlds/DNS01-misspelt-name.toml")),
    ("DNS02-server-fails", include_str!("worlds/DNS02-server-fails.toml")),
    ("DNS02-server-silent", include_str!("worlds/DNS02-server-silent.toml")),
    ("DNS03-forwarder-missing", include_str!("worlds/DNS03-forwarder-missing.toml")),
    ("DNS03-zone-not-linked", include_str!("worlds/DNS03-zone-not-linked.toml")),
    ("DNS04-record-missing", include_str!("worlds/DNS04-record-missing.toml")),
    ("DNS05-no-private-endpoint", include_str!("worlds/DNS05-no-private-endpoint.toml")),
    ("DNS07-system-sees-the-private-zone-alone", include_str!("worlds/DNS07-system-sees-the-private-zone-alone.toml")),
    ("DNS08-search-domain-answers", include_str!("worlds/DNS08-search-domain-answers.toml")),
    ("DNS08-search-list-first", include_str!("worlds/DNS08-search-list-first.toml")),
    ("DNS09-servers-disagree", include_str!("worlds/DNS09-servers-disagree.toml")),
    ("DNS10-first-server-dead", include_str!("worlds/DNS10-first-server-dead.toml")),
    ("DNS12-sign-in-host-filtered", include_str!("worlds/DNS12-sign-in-host-filtered.toml")),
    ("DNS12-synthesis-host-filtered", include_str!("worlds/DNS12-synthesis-host-filtered.toml")),
    ("DNS13-sinkhole", include_str!("worlds/DNS13-sinkhole.toml")),
    ("HTTP01-offering-not-there", include_str!("worlds/HTTP01-offering-not-there.toml")),
    ("HTTP02-deployment-unknown", include_str!("worlds/HTTP02-deployment-unknown.toml")),
    ("HTTP02-language-missing", include_str!("worlds/HTTP02-language-missing.toml")),
    ("HTTP02-malformed-token", include_str!("worlds/HTTP02-malformed-token.toml")),
    ("HTTP03-redirect-to-regional-host", include_str!("worlds/HTTP03-redirect-to-regional-host.toml")),
    ("HTTP04-no-upgrade", include_str!("worlds/HTTP04-no-upgrade.toml")),
    ("HTTP05-block-page", include_str!("worlds/HTTP05-block-page.toml")),
    ("HTTP05-sent-to-sign-in", include_str!("worlds/HTTP05-sent-to-sign-in.toml")),
    ("HTTP05-sign-in-page", include_str!("worlds/HTTP05-sign-in-page.toml")),
    ("HTTP06-service-unavailable", include_str!("worlds/HTTP06-service-unavailable.toml")),
    ("POL01-public-access-disabled", include_str!("worlds/POL01-public-access-disabled.toml")),
    ("POL02-address-not-allowed", include_str!("worlds/POL02-address-not-allowed.toml")),
    ("POL03-subnet-not-allowed", include_str!("worlds/POL03-subnet-not-allowed.toml")),
    ("POL04-not-approved", include_str!("worlds/POL04-not-approved.toml")),
    ("PXY01-proxy-not-used", include_str!("worlds/PXY01-proxy-not-used.toml")),
    ("PXY03-credentials-missing", include_str!("worlds/PXY03-credentials-missing.toml")),
    ("PXY04-host-forbidden", include_str!("worlds/PXY04-host-forbidden.toml")),
    ("PXY04-proxy-cannot-resolve", include_str!("worlds/PXY04-proxy-cannot-resolve.toml")),
    ("PXY05-no-websocket", include_str!("worlds/PXY05-no-websocket.toml")),
    ("PXY06-private-host-through-proxy", include_str!("worlds/PXY06-private-host-through-proxy.toml")),
    ("QUO01-too-many-requests", include_str!("worlds/QUO01-too-many-requests.toml")),
    ("QUO02-closed-for-the-quota", include_str!("worlds/QUO02-closed-for-the-quota.toml")),
    ("QUO02-concurrent-requests", include_str!("worlds/QUO02-concurrent-requests.toml")),
    ("QUO02-month-used-up", include_str!("worlds/QUO02-month-used-up.toml")),
    ("TCP01-public-dropped", include_str!("worlds/TCP01-public-dropped.toml")),
    ("TCP02-refused", include_str!("worlds/TCP02-refused.toml")),
    ("TCP03-reset-before-tls", include_str!("worlds/TCP03-reset-before-tls.toml")),
    ("TCP04-unreachable", include_str!("worlds/TCP04-unreachable.toml")),
    ("TCP05-private-endpoint-unroutable", include_str!("worlds/TCP05-private-endpoint-unroutable.toml")),
    ("TCP06-ipv6-hangs", include_str!("worlds/TCP06-ipv6-hangs.toml")),
    ("TCP07-one-address-dead", include_str!("worlds/TCP07-one-address-dead.toml")),
    ("TCP08-not-permitted", include_str!("worlds/TCP08-not-permitted.toml")),
    ("TLS01-inspected", include_str!("worlds/TLS01-inspected.toml")),
    ("TLS01-proxy-inspects", include_str!("worlds/TLS01-proxy-inspects.toml")),
    ("TLS02-no-roots", include_str!("worlds/TLS02-no-roots.toml")),
    ("TLS02-old-roots", include_str!("worlds/TLS02-old-roots.toml")),
    ("TLS03-wrong-name", include_str!("worlds/TLS03-wrong-name.toml")),
    ("TLS04-clock-ahead", include_str!("worlds/TLS04-clock-ahead.toml")),
    ("TLS04-clock-behind", include_str!("worlds/TLS04-clock-behind.toml")),
    ("TLS04-expired", include_str!("worlds/TLS04-expired.toml")),
    ("TLS06-version-refused", include_str!("worlds/TLS06-version-refused.toml")),
    ("TLS07-name-filtered", include_str!("worlds/TLS07-name-filtered.toml")),
    ("TLS07-name-filtered-by-close", include_str!("worlds/TLS07-name-filtered-by-close.toml")),
    ("TLS08-slow-handshake", include_str!("worlds/TLS08-slow-handshake.toml")),
    ("WS01-accept-missing", include_str!("worlds/WS01-accept-missing.toml")),
    ("WS01-accept-wrong", include_str!("worlds/WS01-accept-wrong.toml")),
    ("WS01-upgrade-stripped", include_str!("worlds/WS01-upgrade-stripped.toml")),
    ("WS02-closed-at-once", include_str!("worlds/WS02-closed-at-once.toml")),
    ("WS03-idle-closed", include_str!("worlds/WS03-idle-closed.toml")),
    ("WS03-idle-forgotten", include_str!("worlds/WS03-idle-forgotten.toml")),
    ("WS03-idle-reset", include_str!("worlds/WS03-idle-reset.toml")),
    ("WS04-parameter-refused", include_str!("worlds/WS04-parameter-refused.toml")),
    ("WS05-instance-recycled", include_str!("worlds/WS05-instance-recycled.toml")),
    ("healthy-both-endpoints", include_str!("worlds/healthy-both-endpoints.toml")),
    ("healthy-china", include_str!("worlds/healthy-china.toml")),
    ("healthy-container", include_str!("worlds/healthy-container.toml")),
    ("healthy-entra-composed", include_str!("worlds/healthy-entra-composed.toml")),
    ("healthy-entra-private-endpoint", include_str!("worlds/healthy-entra-private-endpoint.toml")),
    ("healthy-held", include_str!("worlds/healthy-held.toml")),
    ("healthy-hosts-file", include_str!("worlds/healthy-hosts-file.toml")),
    ("healthy-idle-closed-by-the-service", include_str!("worlds/healthy-idle-closed-by-the-service.toml")),
    ("healthy-inspection-trusted", include_str!("worlds/healthy-inspection-trusted.toml")),
    ("healthy-ipv6", include_str!("worlds/healthy-ipv6.toml")),
    ("healthy-issued-token", include_str!("worlds/healthy-issued-token.toml")),
    ("healthy-no-credential", include_str!("worlds/healthy-no-credential.toml")),
    ("healthy-open-custom-domain", include_str!("worlds/healthy-open-custom-domain.toml")),
    ("healthy-open-custom-domain-discovery", include_str!("worlds/healthy-open-custom-domain-discovery.toml")),
    ("healthy-open-custom-domain-discovery-entra", include_str!("worlds/healthy-open-custom-domain-discovery-entra.toml")),
    ("healthy-private-and-public", include_str!("worlds/healthy-private-and-public.toml")),
    ("healthy-private-endpoint", include_str!("worlds/healthy-private-endpoint.toml")),
    ("healthy-proxy-http", include_str!("worlds/healthy-proxy-http.toml")),
    ("healthy-proxy-no-proxy", include_str!("worlds/healthy-proxy-no-proxy.toml")),
    ("healthy-proxy-with-credentials", include_str!("worlds/healthy-proxy-with-credentials.toml")),
    ("healthy-regional", include_str!("worlds/healthy-regional.toml")),
    ("healthy-rest-services", include_str!("worlds/healthy-rest-services.toml")),
    ("healthy-search-list", include_str!("worlds/healthy-search-list.toml")),
    ("healthy-service-endpoint", include_str!("worlds/healthy-service-endpoint.toml")),
    ("healthy-timed", include_str!("worlds/healthy-timed.toml")),
    ("healthy-truncated-answers", include_str!("worlds/healthy-truncated-answers.toml")),
    ("healthy-us-government", include_str!("worlds/healthy-us-government.toml")),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::World;
    use speech_endpoint::{KnownFailure, Severity};

    #[test]
    fn the_table_matches_the_directory_and_every_world_can_be_read() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/lab/worlds");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap().replace(".toml", ""))
            .collect();
        files.sort();
        assert_eq!(files, WORLDS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        let faults: Vec<String> =
            WORLDS.iter().filter_map(|(name, toml)| Some(format!("{name}: {}", World::parse(toml).err()?))).collect();
        assert!(faults.is_empty(), "{faults:#?}");
    }

    #[test]
    fn every_expectation_is_consistent_with_itself_and_the_catalogue() {
        let mut faults = Vec::new();
        for (name, toml) in WORLDS {
            let world = World::parse(toml).unwrap();
            let expect = world.expect();
            let known = |id: &String| KnownFailure::find(id).is_some_and(|failure| failure.id == id);
            let root = expect.root_cause.as_ref();
            let named_after = root.or(expect.findings.first()).map_or("healthy", String::as_str);
            let is_named_after_it = name.starts_with(&format!("{named_after}-"));
            // An informational finding is never a root cause and leaves a world healthy.
            let matters = |id: &String| KnownFailure::find(id).is_some_and(|failure| failure.severity > Severity::Info);
            let is_well = !expect.findings.iter().any(matters);
            let code = root.and_then(|id| KnownFailure::find(id)?.area.exit_code()).unwrap_or_default();
            let agrees = expect.findings.iter().chain(&expect.not).all(known)
                && root.is_none_or(|id| expect.findings.contains(id))
                && root.is_none() == is_well
                && (expect.verdict == "healthy") == is_well
                && !expect.not.iter().any(|id| expect.findings.contains(id))
                && [0, code].contains(&expect.exit_code)
                && (expect.exit_code > 0 || expect.verdict != "unreachable");
            if !(agrees && is_named_after_it) {
                faults.push(*name);
            }
        }
        assert!(faults.is_empty(), "{faults:#?}");
    }
}
