//! Finds the one account that another document names: an object of PowerShell, outputs of Terraform or of a deployment, a JSON
//! string. Its endpoint and region say which resource it is, and nothing about its network access.

use super::tree::Node;
use crate::azure::resource::ArmError;
use crate::resolve::access::AccountKind;
use crate::resolve::account::Account;
use crate::resolve::name::Region;
use crate::resolve::note::{Note, WithNotes};
use crate::resolve::quoted::QuotedValue;

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
    found.walk("", document);
    if let Some(kind) = found.kind.as_deref().filter(|kind| AccountKind::from_arm(kind).is_none()) {
        return Err(ArmError::Kind { kind: QuotedValue::new(kind) });
    }
    let region = found.region();
    let mut accounts = found.accounts.into_iter();
    let Some(account) = accounts.next() else { return Ok(None) };
    if let Some(other) = accounts.next() {
        let names = [&account, &other].into_iter().chain(accounts.as_slice()).map(name_of).collect::<Vec<_>>();
        return Err(ArmError::Count { count: names.len(), names });
    }
    let account = match region.filter(|_| account.region().is_none()) {
        Some(region) => account.clone().with_region(region).unwrap_or(account),
        None => account,
    };
    Ok(Some(WithNotes { value: account, notes: vec![Note::new("other_document", OTHER_DOCUMENT)] }))
}

#[derive(Default)]
struct Found {
    /// The accounts of the endpoints, each once.
    accounts: Vec<Account>,
    /// The region beside the endpoint.
    own_region: Option<Region>,
    /// All regions, each once. Those of other resources may be among them.
    regions: Vec<Region>,
    /// The kind beside the endpoint.
    kind: Option<String>,
}

impl Found {
    /// Returns whether the node itself is the endpoint of an account.
    fn walk(&mut self, key: &str, node: &Node<'_>) -> bool {
        match node {
            Node::Object(fields) => {
                let mut has_endpoint = false;
                for (name, value) in fields {
                    // An output holds its value in a field of that name.
                    has_endpoint |= self.walk(if name == "value" { key } else { name }, value);
                }
                if has_endpoint {
                    let kind = || ["AccountType", "kind"].iter().find_map(|field| node.owned(field));
                    self.kind = self.kind.take().or_else(kind);
                    self.own_region = self.own_region.take().or_else(|| node.text_of("location").and_then(region));
                }
                false
            }
            Node::List(items) => {
                for item in items {
                    self.walk(key, item);
                }
                false
            }
            Node::Text(text) => self.text(&key.to_ascii_lowercase(), text),
            Node::Null | Node::Bool(_) | Node::Number(_) => false,
        }
    }

    fn text(&mut self, key: &str, text: &str) -> bool {
        if key.contains("region") || key.contains("location") {
            self.regions.extend(region(text).filter(|region| !self.regions.contains(region)));
            return false;
        }
        let Some(account) = endpoint(text) else { return false };
        let is_same = |known: &Account| known.domain() == account.domain() && known.region() == account.region();
        if !self.accounts.iter().any(is_same) {
            self.accounts.push(account);
        }
        true
    }

    /// Returns the region of the account: that beside its endpoint, or the only one in the document.
    fn region(&mut self) -> Option<Region> {
        let only = match &self.regions[..] {
            [only] => Some(only.clone()),
            _ => None,
        };
        self.own_region.take().or(only)
    }
}

/// Reads a text as the endpoint of an account.
fn endpoint(text: &str) -> Option<Account> {
    Account::from_endpoint(text).ok().map(|read| read.value).filter(|_| text.contains('.'))
}

/// Reads a text as a listed region.
fn region(text: &str) -> Option<Region> {
    Region::read(text).ok().map(|read| read.value).filter(|region| region.display_name().is_some())
}

fn name_of(account: &Account) -> String {
    let region = || account.region().map(ToString::to_string).unwrap_or_default();
    account.domain().map_or_else(region, ToString::to_string)
}

const OTHER_DOCUMENT: &str = "the document is not that of an account: its endpoint and region are used, and the network access of \
    the resource is unknown";

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
        assert!(matches!(read(two), Err(ArmError::Count { count: 2, names }) if names == ["contoso", "fabrikam"]));
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
