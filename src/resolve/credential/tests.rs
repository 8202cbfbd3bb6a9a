//! What a credential says about itself and about why it cannot be used. The forms and their hosts are vectors.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;
use crate::resolve::name::Region;
use crate::resolve::service::Service;
use crate::resolve::setting::Setting;

const KEY: &str = "0123456789abcdef0123456789abcdef";
const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2lnbmF0dXJl";
const ID: &str = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers/\
                  Microsoft.CognitiveServices/accounts/contoso";

fn id() -> ResourceId {
    ID.parse().unwrap()
}

fn domain(name: &str) -> Account {
    Account::custom_domain(name.parse().unwrap())
}

fn regional() -> Account {
    Account::regional(Region::try_from("westeurope").unwrap()).unwrap()
}

fn refusal(credential: &Credential, account: &Account, service: Service) -> CredentialError {
    credential.header(&account.endpoint(service).unwrap()).unwrap_err()
}

#[test]
fn a_note_warns_of_a_key_of_an_unusual_shape() {
    let notes = |key: &str| Credential::key(key).unwrap().notes(&regional());
    assert!(notes(KEY).is_empty());
    let [note] = &notes("Geheim99x")[..] else { panic!("one note") };
    assert!(note.to_string().contains("the key has 9 characters"), "{note}");
    assert!(Credential::entra(TOKEN, None).unwrap().notes(&regional()).is_empty());
}

#[test]
fn a_note_warns_of_the_resource_id_of_another_account() {
    assert_eq!(id().account(), "contoso");
    let composed = Credential::token(format!("aad#{ID}#{TOKEN}")).unwrap();
    for credential in [Credential::entra(TOKEN, Some(id())).unwrap(), composed] {
        assert!(credential.notes(&domain("contoso")).is_empty(), "{credential:?}");
        let [note] = &credential.notes(&domain("fabrikam"))[..] else { panic!("one note") };
        let said = note.to_string();
        assert!(said.contains("names account `contoso`") && said.contains("`fabrikam"), "{said}");
    }
}

#[test]
fn a_description_has_the_kind_the_length_and_no_piece_of_the_secret() {
    let said = Credential::key(KEY).unwrap().describe(1);
    assert!(said.starts_with("32-character ") && said.contains("fingerprint "), "{said}");
    assert!(!said.contains(&KEY[..8]), "{said}");
    assert_ne!(said, Credential::key(KEY).unwrap().describe(2), "each report has its own salt");
    assert_eq!(format!("{:?}", Credential::key(KEY).unwrap().secret()), "Secret");
}

#[test]
fn an_error_names_the_setting_that_takes_the_value() {
    let hint = |error: CredentialError| error.hints().into_iter().map(|hint| hint.setting).collect::<Vec<_>>();
    assert_eq!(hint(Credential::key(TOKEN).unwrap_err()), [Setting::Token]);
    assert_eq!(hint(Credential::token(KEY).unwrap_err()), [Setting::Key]);
    assert_eq!(hint(CredentialError::Composed), [Setting::ResourceId]);
    assert!(hint(Credential::key(" ").unwrap_err()).is_empty());
}

#[test]
fn a_key_of_one_character_is_a_placeholder_whatever_its_length() {
    for key in ["0".repeat(32), "a".repeat(84), "x".repeat(5)] {
        let error = Credential::key(key.as_str()).unwrap_err().to_string();
        assert!(error.contains("is a placeholder"), "{key}: {error}");
    }
}

#[test]
fn the_payload_of_a_token_says_who_issued_it() {
    let token = |payload: &str| format!("eyJhbGciOiJFUzI1NiJ9.{}.c2ln", URL_SAFE_NO_PAD.encode(payload));
    assert!(is_issued(&token(r#"{"product-id":"SpeechServices.S0"}"#)));
    assert!(is_issued(&token(r#"{"aud":"urn:ms.speechServices.westeurope","iss":"urn:ms.cognitiveservices"}"#)));
    assert!(!is_issued(&token(r#"{"tid":"11111111-1111-1111-1111-111111111111"}"#)));
    assert!(!is_issued("eyJ.!.c2ln"));
}

#[test]
fn an_error_says_why_the_endpoint_does_not_accept_the_form() {
    use Service::{ShortAudio, SpeechToText, Voices};
    let key = Credential::key(KEY).unwrap();
    let entra = Credential::entra(TOKEN, None).unwrap();
    for service in [SpeechToText, Voices, ShortAudio] {
        let error = refusal(&key, &domain("contoso").with_key_auth_disabled(), service);
        assert!(matches!(error, CredentialError::KeyAuthDisabled { .. }), "{service}: {error}");
        let error = refusal(&entra, &regional(), service);
        let accepts = regional().endpoint(service).unwrap().accepts();
        if accepts.contains(CredentialForm::EntraComposed) {
            assert!(matches!(error, CredentialError::EntraOnRegional { .. }), "{service}: {error}");
        } else {
            assert!(
                matches!(error, CredentialError::EntraNeedsCustomDomain { composed: false, .. }),
                "{service}: {error}"
            );
        }
    }
}

#[test]
fn an_error_lists_the_forms_that_the_endpoint_accepts() {
    let error = |accepts| CredentialError::NotAccepted { kind: "key", service: Service::Voices, accepts }.to_string();
    let regional = regional().endpoint(Service::Voices).unwrap().accepts();
    let said = error(regional);
    assert!(regional.iter().all(|form| said.contains(form.title())), "{said}");
    assert!(regional.iter().count() > 1 && said.contains(", "), "{said}");
}
