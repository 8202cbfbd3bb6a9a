#![no_main]
//! A cloud of one's own, one suffix a line: real-time, REST, custom domain, then OpenAI, Foundry, authority and scope.
//! What is taken is a plain host name that every URL can end with, and strangers get no credential.

use libfuzzer_sys::fuzz_target;
use speech_endpoint::{Account, Cloud, CloudError, CustomDomain, Region, Service, Suffixes, may_receive};
use speech_endpoint_fuzz::{check_account, check_endpoint, check_error, choice, in_a_situation};

fuzz_target!(|text: &str| {
    match text.parse::<Cloud>() {
        Ok(cloud) => {
            assert!(Cloud::DOCUMENTED.contains(&cloud));
            assert_eq!((cloud.id(), cloud.to_string().as_str()), (text, text));
        }
        Err(error) => check_error(text, &error),
    }

    let lines: Vec<&str> = text.split('\n').collect();
    let line = |i: usize| lines.get(i).copied().filter(|line| !line.is_empty());
    let suffixes = match read(&line) {
        Ok(suffixes) => suffixes,
        Err(error) => return check_error(text, &error),
    };
    let given = [Some(suffixes.realtime()), Some(suffixes.rest()), Some(suffixes.custom_domain())];
    let added = [suffixes.openai(), suffixes.foundry(), suffixes.authority()];
    for (i, suffix) in given.into_iter().chain(added).enumerate() {
        assert_eq!(suffix, line(i).map(str::to_ascii_lowercase).as_deref());
    }
    assert_eq!(suffixes.token_scope(), line(6));
    let again = |i: usize| given.into_iter().chain(added).chain([suffixes.token_scope()]).nth(i).flatten();
    assert_eq!(read(&again).as_ref(), Ok(&suffixes));

    let choice = choice(text.as_bytes());
    let cloud = Cloud::from(suffixes);
    let region: Region = "north1".parse().expect("a region");
    let domain: CustomDomain = "contoso".parse().expect("a custom domain");
    let regional = Account::regional_in(region, cloud.clone()).expect("a cloud of one's own has any region");
    let custom = Account::custom_domain(domain).with_cloud(cloud.clone()).expect("no region contradicts the cloud");
    let longest: CustomDomain = "a".repeat(63).parse().expect("a custom domain");
    let longest = Account::custom_domain(longest).with_cloud(cloud.clone()).expect("no region contradicts the cloud");
    check_endpoint(&longest.endpoint(Service::Voices).expect("every custom domain lists voices"));
    let custom = in_a_situation(custom, choice);
    check_account(&regional, choice);
    check_account(&custom, choice);

    let owned = [cloud.suffixes().openai(), cloud.suffixes().foundry(), Some(cloud.suffixes().custom_domain())];
    for suffix in owned.into_iter().flatten() {
        let stranger = format!("https://fabrikam.{suffix}/").parse().expect("a URL");
        assert!(may_receive(&custom, &stranger).is_err(), "{stranger}");
        assert!(may_receive(&regional, &stranger).is_err(), "{stranger}");
    }
});

/// The suffixes on the lines, as far as there are any.
fn read<'a>(line: &impl Fn(usize) -> Option<&'a str>) -> Result<Suffixes, CloudError> {
    let required = |i| line(i).unwrap_or_default();
    let mut suffixes = Suffixes::new(required(0), required(1), required(2))?;
    if let Some(suffix) = line(3) {
        suffixes = suffixes.with_openai(suffix)?;
    }
    if let Some(suffix) = line(4) {
        suffixes = suffixes.with_foundry(suffix)?;
    }
    if let Some(host) = line(5) {
        suffixes = suffixes.with_authority(host)?;
    }
    if let Some(scope) = line(6) {
        suffixes = suffixes.with_token_scope(scope);
    }
    Ok(suffixes)
}
