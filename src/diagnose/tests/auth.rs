//! Rules of authentication and authorisation.

use super::super::sample::*;
use super::{expect, with};
use crate::diagnose;
use crate::diagnose::evidence::{AuthTry, Claims, CredentialFacts, Evidence, Reply, Retry, Step};
use crate::resolve::endpoint::Expectation;

const WRONG_KEY: &str = "Access denied due to invalid subscription key or wrong API endpoint.";
const SCOPE: &str = "https://cognitiveservices.azure.com";

fn refused(form: &str, reply: Reply, tries: &[(&str, &str, u16)]) -> Evidence {
    with(alone(regional()), |trace| denied(trace, form, reply, tries))
}

fn token(mut evidence: Evidence, aud: &str, left: i64) -> Evidence {
    claims(&mut evidence, aud, left);
    evidence
}

#[test]
fn auth01_is_a_key_that_is_refused_for_itself() {
    let mut evidence = refused("key", reply(401, "401", WRONG_KEY), &[(STT, "issued_token", 200)]);
    expect(&evidence, "AUTH01 error, degraded");
    if let Step::Failed { found: Some(facts), .. } = &mut evidence.traces[0].auth {
        facts.issued = Some(Claims { region: Some("northeurope".into()), ..Claims::default() });
    }
    let (text, ruled_out) = observed(&evidence, "AUTH01");
    assert!(
        text.ends_with(
            "to the 84-character key (9f3a61c2); the token issued for it names the region `northeurope`, which is a different one"
        ),
        "{text}"
    );
    assert_eq!(ruled_out, ["AUTH09"]);
    expect(&refused("issued_token", reply(401, "401", ""), &[]), "unexplained auth, degraded");
}

#[test]
fn auth01_gives_way_to_the_host_that_accepts_the_key() {
    let evidence = refused("key", reply(401, "401", WRONG_KEY), &[(OWN, "key", 101)]);
    expect(&evidence, "CFG12 error, degraded");
    let evidence = refused("key", reply(401, "401", WRONG_KEY), &[(OWN, "key", 401)]);
    expect(&evidence, "AUTH01 error, degraded");
    assert_eq!(observed(&evidence, "AUTH01").1, ["CFG12", "AUTH09"]);
}

#[test]
fn auth01_says_what_the_second_key_is_worth() {
    let second = |status: Option<u16>| {
        let mut evidence = refused("key", reply(401, "401", WRONG_KEY), &[(STT, "key", 0)]);
        let facts = CredentialFacts { length: 32, fingerprint: "51c0d7aa".into(), ..CredentialFacts::default() };
        evidence.second_key = Some(facts);
        if let Step::Failed { found: Some(facts), .. } = &mut evidence.traces[0].auth {
            facts.tries[0].retry = Retry::SecondKey;
            facts.tries[0].status = status;
        }
        evidence
    };
    let remedy = |evidence: &Evidence| diagnose(evidence).findings[0].remedy.clone();
    let good = second(Some(101));
    expect(&good, "AUTH01 error, degraded");
    let (text, _) = observed(&good, "AUTH01");
    assert!(
        text.ends_with(
            "to the 84-character key (9f3a61c2); the second key (32 characters, 51c0d7aa) is accepted there"
        ),
        "{text}"
    );
    assert!(remedy(&good).starts_with("use the second key in place of the first"), "{}", remedy(&good));
    assert_eq!(diagnose(&good).findings[0].commands[0], "export SPEECH_KEY=\"$SPEECH_KEY_2\"");
    let bad = second(Some(401));
    assert!(observed(&bad, "AUTH01").0.ends_with("the second key (32 characters, 51c0d7aa) gets 401 as well"));
    assert!(remedy(&bad).starts_with("use a key of this resource"), "{}", remedy(&bad));
    // Without an answer nothing is known of it.
    assert!(observed(&second(None), "AUTH01").0.ends_with("to the 84-character key (9f3a61c2)"));
}

#[test]
fn auth02_and_03_differ_in_whether_another_form_is_known_to_work() {
    let please = "Please provide a custom subdomain for token authentication, otherwise API key is required.";
    let told = token(refused("entra", reply(400, "BadRequest", please), &[]), SCOPE, 3000);
    expect(&told, "AUTH02 error, degraded");
    assert_eq!(observed(&told, "AUTH02").1, ["AUTH04", "AUTH06"]);
    let silent = token(refused("entra", reply(401, "401", ""), &[]), SCOPE, 3000);
    expect(&silent, "AUTH02 error, degraded");
    let composed = token(refused("entra", reply(401, "401", ""), &[(STT, "entra_composed", 101)]), SCOPE, 3000);
    expect(&composed, "AUTH03 error, degraded");
    assert_eq!(
        observed(&composed, "AUTH03").0,
        "`westeurope.stt.speech.microsoft.com` answers 401 to the plain Entra token and 101 to the `aad#` token"
    );
    let own = with(private(), |trace| denied(trace, "entra_composed", reply(401, "401", ""), &[(OWN, "entra", 101)]));
    expect(&token(own, SCOPE, 3000), "AUTH03 error, unreachable");
    let own = with(private(), |trace| denied(trace, "entra", reply(401, "401", ""), &[]));
    expect(&token(own, SCOPE, 3000), "unexplained auth, unreachable");
}

#[test]
fn auth04_is_a_token_for_somebody_else() {
    let own = |reply: Reply, aud: &str| token(with(private(), |trace| denied(trace, "entra", reply, &[])), aud, 3000);
    expect(&own(reply(401, "401", ""), "https://management.azure.com/"), "AUTH04 error, unreachable");
    expect(&own(reply(401, "401", ""), "https://cognitiveservices.azure.com/"), "unexplained auth, unreachable");
    expect(&own(reply(401, "401", ""), "7d312290-28c8-473c-a0ed-8e53749b6d6d"), "unexplained auth, unreachable");
    let text = "Access token is missing, invalid, audience is incorrect (https://cognitiveservices.azure.com), or have expired.";
    let mut unknown = own(reply(401, "Unauthorized", text), SCOPE);
    unknown.credential.as_mut().expect("a token").claims = None;
    expect(&unknown, "AUTH04 error, unreachable");
    let (text, _) = observed(&own(reply(401, "401", ""), "https://management.azure.com"), "AUTH04");
    assert!(
        text.starts_with(
            "the token is for `https://management.azure.com`, `https://cognitiveservices.azure.com` is expected"
        ),
        "{text}"
    );
    // Voice Live has an audience of its own.
    let mut live = own(reply(401, "401", ""), "https://ai.azure.com");
    expect(&live, "AUTH04 error, unreachable");
    live.traces[0].target.service = Some("voice-live".into());
    expect(&live, "unexplained auth, unreachable");
}

#[test]
fn auth05_names_a_permission() {
    let text =
        "The principal `0f0f` lacks the required data action `Microsoft.CognitiveServices/accounts/SpeechServices/*`";
    for status in [401, 403] {
        let evidence = with(private(), |trace| denied(trace, "entra", reply(status, "PermissionDenied", text), &[]));
        let evidence = token(evidence, SCOPE, 3000);
        expect(&evidence, "AUTH05 error, unreachable");
        assert_eq!(observed(&evidence, "AUTH05").1, ["AUTH04", "POL02"]);
    }
}

#[test]
fn auth06_is_over_by_the_clock_of_the_service() {
    let own = |left, skew| {
        let evidence = with(private(), |trace| {
            denied(trace, "entra", reply(401, "401", ""), &[]);
            if let Step::Passed { found, .. } = &mut trace.http {
                found.skew_seconds = skew;
            }
        });
        token(evidence, SCOPE, left)
    };
    expect(&own(-300, None), "AUTH06 error, unreachable");
    assert!(observed(&own(-300, None), "AUTH06").0.starts_with("the token expired 300 s ago; "));
    expect(&own(300, None), "unexplained auth, unreachable");
    // The local clock is ten minutes fast, so the token is good; then ten minutes slow, so it is not.
    expect(&own(-300, Some(600)), "ENV01 warning, unexplained auth, unreachable");
    expect(&own(300, Some(-600)), "AUTH06 error, ENV01 warning, unreachable");
}

#[test]
fn auth09_says_that_no_key_will_do() {
    let text = "Key based authentication is disabled for this resource.";
    let evidence = refused("key", reply(403, "AuthenticationTypeDisabled", text), &[]);
    expect(&evidence, "AUTH09 error, degraded");
    assert_eq!(observed(&evidence, "AUTH09").1, ["AUTH01", "POL02"]);
    let evidence = with(private(), |trace| answered(trace, reply(403, "AuthenticationTypeDisabled", "")));
    expect(&evidence, "AUTH09 error, unreachable");
}

#[test]
fn auth13_is_a_credential_that_another_offering_takes() {
    let beside = |tries: &[_]| with(regional(), |trace| denied(trace, "key", reply(401, "401", WRONG_KEY), tries));
    let evidence = beside(&[(STT, "issued_token", 200)]);
    expect(&evidence, "AUTH13 error, degraded");
    let (text, ruled_out) = observed(&evidence, "AUTH13");
    assert!(text.starts_with("the same key gets 401 `Access denied"), "{text}");
    assert!(text.ends_with(&format!("and 101 of `text-to-speech-websocket` at `{TTS}`")), "{text}");
    assert_eq!(ruled_out, ["AUTH01"]);
    let mut second = beside(&[]);
    let Step::Failed { found: Some(found), .. } = &mut second.traces[0].auth else {
        panic!("{:?}", second.traces[0].auth)
    };
    found.tries =
        vec![AuthTry { retry: Retry::SecondKey, host: STT.to_owned(), form: "key".to_owned(), status: Some(101) }];
    expect(&second, "AUTH13 error, degraded");
    // The own host takes it: the region is what is wrong.
    expect(&beside(&[(OWN, "key", 101)]), "CFG12 error, degraded");
    // The same form only.
    let token = with(regional(), |trace| denied(trace, "issued_token", reply(401, "401", ""), &[]));
    expect(&token, "unexplained auth, degraded");
    // Offerings of one host are distinguished as well.
    let mut own = private();
    own.traces.push(service("text-to-speech-websocket", OWN, Expectation::PrivateAddress));
    denied(&mut own.traces[1], "key", reply(401, "401", WRONG_KEY), &[]);
    resolve(&mut own.traces[1], PRIVATE_LINK, "10.1.0.4");
    expect(&own, "AUTH13 error, degraded");
}
