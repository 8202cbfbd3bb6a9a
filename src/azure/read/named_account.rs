//! Finds the one account that another document names: an object of PowerShell, outputs of Terraform or of a deployment, settings of
//! an application, a JSON string. Its endpoint and region say which resource it is, and nothing about its network access.

use super::connection_string::ConnectionString;
use super::found::{Chosen, Found};
use super::setting_name::{Rank, Role};
use super::tree::Node;
use crate::azure::resource::ArmError;
use crate::resolve::account::Account;
use crate::resolve::name::Region;
use crate::resolve::note::{Note, WithNotes};

/// Returns whether a document is of a kind that may name an account without being one.
pub(super) fn may_name_one(node: &Node<'_>) -> bool {
    if node.present("AccountName").is_some() {
        return true; // `Get-AzCognitiveServicesAccount`
    }
    let is_resource = node.text_of("type").is_some_and(|kind| kind.contains('/') && !kind.ends_with("/deployments"));
    let is_account = ["kind", "sku", "customSubDomainName"].iter().any(|field| node.get(field).is_some());
    !is_resource && !is_account
}

/// Reads the account that the document names; `None` if it names none.
pub(super) fn account(document: &Node<'_>) -> Result<Option<WithNotes<Account>>, ArmError> {
    let mut found = Found::default();
    walk(&mut found, &Place { name: "", rank: Rank::Any, section: None }, document);
    let Some(chosen) = found.chosen()? else { return Ok(None) };
    let named = chosen
        .settings()
        .map_or_else(|| "its endpoint is used".to_owned(), |names| format!("the resource is that of {names}"));
    let Chosen { account, .. } = chosen;
    let unknown = if account.value.domain().is_some() { UNKNOWN_ACCESS } else { "" };
    let note = Note::new("other_document", format!("the document is not that of an account: {named}{unknown}"));
    let notes = std::iter::once(note).chain(account.notes).collect();
    Ok(Some(WithNotes { value: account.value, notes }))
}

/// Where in a document a value is.
struct Place<'p> {
    name: &'p str,
    rank: Rank,
    /// The place of the object around it.
    section: Option<&'p Place<'p>>,
}

impl Place<'_> {
    /// Returns the last names on the way to the value.
    fn path(&self) -> String {
        let sections = std::iter::successors(self.section, |place| place.section);
        let mut names: Vec<&str> = sections.map(|place| place.name).filter(|name| !name.is_empty()).take(2).collect();
        names.reverse();
        names.push(self.name);
        names.join(":")
    }
}

/// Reads a value and what is in it. Returns whether it is the endpoint of an account.
fn walk(found: &mut Found, place: &Place<'_>, node: &Node<'_>) -> bool {
    match node {
        Node::Object(fields) => {
            let mut has_endpoint = false;
            for (name, value) in fields {
                // An output holds its value in a field of that name. Its region completes an endpoint and names no resource.
                has_endpoint |= if name == "value" {
                    let is_region = Role::of(place.name) == Role::Region;
                    walk(found, &Place { rank: if is_region { Rank::Any } else { place.rank }, ..*place }, value)
                } else {
                    walk(found, &Place { name, rank: Rank::of(name, place.rank), section: Some(place) }, value)
                };
            }
            if has_endpoint {
                let kind = || ["AccountType", "kind"].iter().find_map(|field| node.owned(field));
                found.kind = found.kind.take().or_else(kind);
                found.own_region = found.own_region.take().or_else(|| node.text_of("location").and_then(region));
            }
            false
        }
        Node::List(items) => {
            for item in items {
                walk(found, place, item);
            }
            false
        }
        Node::Text(text) => match ConnectionString::read(text) {
            Some(parts) => parts.add_to(found, place.rank, || place.path()),
            None => found.add(place.name, place.rank, text, || place.path()),
        },
        Node::Null | Node::Bool(_) | Node::Number(_) => false,
    }
}

/// Reads a text as a listed region.
fn region(text: &str) -> Option<Region> {
    Region::read(text).ok().map(|read| read.value).filter(|region| region.display_name().is_some())
}

const UNKNOWN_ACCESS: &str = ", and its network access is unknown";

#[cfg(test)]
mod tests {
    use crate::azure::resource::ArmError;
    use crate::resolve::account::Account;

    const ENDPOINT: &str = "https://contoso.cognitiveservices.azure.com/";

    /// The account as `domain region`, or the error.
    fn read(json: &str) -> Result<String, ArmError> {
        let read = Account::from_arm_json(json.replace("ENDPOINT", ENDPOINT).as_bytes())?;
        assert!(read.notes.iter().any(|note| note.id == "other_document"), "{json}");
        let region = read.value.region().map(ToString::to_string).unwrap_or_default();
        let domain = read.value.domain().map(ToString::to_string).unwrap_or_default();
        Ok(format!("{domain} {region}").trim().to_owned())
    }

    #[test]
    fn other_documents_name_their_account() {
        for (json, account) in [
            (r#""ENDPOINT""#, "contoso"),
            (r#"{"endpoint":{"sensitive":false,"type":"string","value":"ENDPOINT"}}"#, "contoso"),
            (
                r#"{"e":{"type":"String","value":"ENDPOINT"},"speechRegion":{"value":"westeurope"}}"#,
                "contoso westeurope",
            ),
            (
                r#"{"properties":{"outputs":{"e":{"value":"ENDPOINT"}}},"type":"Microsoft.Resources/deployments"}"#,
                "contoso",
            ),
            (
                r#"{"AccountName":"x","Endpoint":"ENDPOINT","Location":"westus2","AccountType":"SpeechServices","Sku":{}}"#,
                "contoso westus2",
            ),
            (
                r#"{"values":{"resources":[{"values":{"kind":"StorageV2","location":"northeurope"}},
                {"values":{"kind":"SpeechServices","location":"westeurope","endpoint":"ENDPOINT"}}]}}"#,
                "contoso westeurope",
            ),
            (r#"{"a":{"location":"northeurope"},"b":{"location":"westeurope"},"e":"ENDPOINT"}"#, "contoso"),
            (
                r#"{"e":"ENDPOINT","again":"https://contoso.cognitiveservices.azure.com/stt/speech/universal/v2"}"#,
                "contoso",
            ),
            (r#""https://westeurope.api.cognitive.microsoft.com/""#, "westeurope"),
        ] {
            assert_eq!(read(json).as_deref().ok(), Some(account), "{json}");
        }
    }

    #[test]
    fn a_document_of_several_accounts_or_of_another_kind_is_refused() {
        let two = r#"{"a":"ENDPOINT","b":"https://fabrikam.cognitiveservices.azure.com/"}"#;
        assert!(
            matches!(read(two), Err(ArmError::Several { places }) if places == ["`contoso` of `a`", "`fabrikam` of `b`"])
        );
        let list = format!(r#"["{ENDPOINT}", "https://fabrikam.cognitiveservices.azure.com/"]"#);
        let read_list = Account::from_settings(list.as_bytes());
        assert!(matches!(read_list, Err(ArmError::Several { places }) if places == ["`contoso`", "`fabrikam`"]));
        let kind = r#"{"AccountName":"x","Endpoint":"ENDPOINT","AccountType":"FormRecognizer"}"#;
        assert!(matches!(read(kind), Err(ArmError::Kind { .. })));
        for json in [
            r#"{"type":"Microsoft.Storage/storageAccounts","properties":{"x":"ENDPOINT"}}"#,
            r#"{"a":1}"#,
            r#""https://example.com/""#,
            r#"{"endpoint":{"value":7}}"#,
            "[]",
        ] {
            assert!(read(json).is_err(), "{json}");
        }
    }
}
