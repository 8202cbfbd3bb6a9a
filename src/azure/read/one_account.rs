//! Reads the one account that a caller names by its JSON: the output of `az cognitiveservices account show` or a REST response.

use super::tree::Node;
use super::{account, decoded, named_account, stream};
use crate::azure::notes::{AccountNote, notes_of};
use crate::azure::resource::ArmError;
use crate::azure::view::AzureView;
use crate::azure::words::shown;
use crate::resolve::account::Account;
use crate::resolve::note::WithNotes;
use crate::resolve::quoted::QuotedValue;

impl Account {
    /// Reads account JSON and notes contradictions in it.
    ///
    /// 1. Take the single account of the document, either alone or as the only element of a list.
    /// 2. Derive the cloud from the endpoint, or else from the region.
    /// 3. For a custom domain, count rules and approved private endpoints; the decision table maps them to the scenario.
    /// 4. Note every setting that has no effect and every problem that a caller will encounter.
    ///
    /// A field of the wrong type is an error here. [`AzureView::read`] treats it as unknown.
    ///
    /// ```
    /// use speech_endpoint::{Account, Scenario};
    ///
    /// let json = br#"{ "location": "West Europe", "kind": "SpeechServices", "properties": {
    ///     "customSubDomainName": "contoso", "publicNetworkAccess": "Enabled", "networkAcls": { "defaultAction":
    /// "Allow" } } }"#;
    /// let read = Account::from_arm_json(json)?;
    /// assert_eq!(read.value.scenario(), Scenario::CustomDomainOpen);
    /// # Ok::<(), speech_endpoint::ArmError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ArmError`] if the document is not account JSON, or contains an invalid region or custom domain.
    pub fn from_arm_json(json: &[u8]) -> Result<WithNotes<Self>, ArmError> {
        let text = decoded(json).map_err(ArmError::Json)?;
        let tree = stream::tree(&text).map_err(ArmError::Json)?;
        let node = the_one_account(&tree);
        let may_name_one = match &node {
            Ok(node) => named_account::may_name_one(node),
            Err(error) => matches!(error, ArmError::Shape { .. }),
        };
        if may_name_one && let Some(read) = named_account::account(&tree)? {
            return Ok(read);
        }
        let node = node?;
        if let Some(kind) =
            node.field("type").and_then(Node::text).filter(|kind| !kind.eq_ignore_ascii_case(ACCOUNT_TYPE))
        {
            return Err(shape(format!("it is a {}", QuotedValue::new(kind))));
        }
        if node.field("properties").is_some_and(|properties| !properties.is_object()) {
            return Err(shape("it has neither `location` nor `properties.endpoint`; `properties` is not an object"));
        }
        let document = account::account(node);
        if let Some((name, expected)) = document.mistyped.first() {
            return Err(shape(format!("`{name}` has the wrong type: expected {expected}")));
        }
        if let Some(kind) = document.kind.as_deref().filter(|_| document.speech_kind().is_none()) {
            return Err(ArmError::Kind { kind: QuotedValue::new(kind) });
        }
        if document.location.is_none() && document.endpoint.is_none() {
            return Err(shape("it has neither `location` nor `properties.endpoint`"));
        }
        let read = document.account()?;
        let own = notes_of(&document, Some(&read.value), &AzureView::default());
        let kept = own.into_iter().filter(AccountNote::matters_to_clients).map(|note| note.note);
        Ok(WithNotes { value: read.value, notes: read.notes.into_iter().chain(kept).collect() })
    }
}

/// Returns the account itself or the only element of a list.
fn the_one_account<'n, 'a>(document: &'n Node<'a>) -> Result<&'n Node<'a>, ArmError> {
    let list = match document {
        Node::List(items) => items,
        Node::Object(_) => match document.field("value") {
            Some(Node::List(items)) => items,
            Some(_) => return Err(shape("`value` is not a list")),
            None => return Ok(document),
        },
        _ => return Err(shape("it is not an object")),
    };
    if let [account @ Node::Object(_)] = &list[..] {
        return Ok(account);
    }
    let names = list.iter().filter_map(|account| account.owned("name")).map(|name| shown(&name)).collect();
    Err(ArmError::Count { count: list.len(), names })
}

fn shape(problem: impl Into<String>) -> ArmError {
    ArmError::Shape { problem: problem.into() }
}

const ACCOUNT_TYPE: &str = "Microsoft.CognitiveServices/accounts";
