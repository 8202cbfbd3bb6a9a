//! `collect`: the read-only commands of `az` that write all documents about an account into a folder, for somebody else to run.
#![allow(clippy::doc_markdown, reason = "doc comments of arguments are help, read in a terminal")]

use clap::Args as ClapArgs;
use speech_endpoint::azure::ArmId;
use speech_endpoint::{QuotedValue, ResourceId};

use super::args::{OutputArgs, choice};
use super::failure::Failure;
use super::output::Output;

#[derive(Debug, ClapArgs)]
pub(crate) struct CollectArgs {
    /// ARM id of the account: /subscriptions/…/Microsoft.CognitiveServices/accounts/…
    #[arg(value_name = "RESOURCE_ID")]
    resource_id: String,
    /// ARM id of the network interface of the machine that calls the service, for its effective routes and rules
    #[arg(long, value_name = "ID", help_heading = "Azure")]
    nic: Option<String>,
    /// sh or ps1
    #[arg(long, default_value = "sh", value_name = "FORMAT", hide_possible_values = true, help_heading = "Output")]
    format: Script,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

choice! {
    enum Script, expected "sh or ps1" {
        Sh = "sh",
        Ps1 = "ps1",
    }
}

pub(crate) const EXAMPLES: &str = "\
Examples:
  speech-endpoint collect /subscriptions/…/accounts/contoso > collect.sh
  speech-endpoint collect /subscriptions/…/accounts/contoso --nic /subscriptions/…/networkInterfaces/vm --format ps1
  sh collect.sh azure && speech-endpoint doctor --azure azure";

/// Prints the script.
pub(crate) fn run(args: &CollectArgs, output: &Output) -> Result<u8, Failure> {
    let account: ResourceId = args.resource_id.parse()?;
    let nic = args.nic.as_deref().map(interface).transpose()?;
    let template = match args.format {
        Script::Sh => include_str!("collect/collect.sh"),
        Script::Ps1 => include_str!("collect/collect.ps1"),
    };
    let script = template
        .replace("{{ id }}", account.as_str())
        .replace("{{ nic }}", nic.as_ref().map(ArmId::as_str).unwrap_or_default())
        .replace("{{ folder }}", &format!("azure-{}", account.account()));
    output.data(&script)?;
    Ok(0)
}

/// Reads the ID of a network interface, which goes into quotes of a script.
fn interface(text: &str) -> Result<ArmId, Failure> {
    let id = ArmId::new(text);
    let is_plain = id.as_str().chars().all(|c| c.is_ascii_alphanumeric() || "/_-.()".contains(c));
    if is_plain && id.after("networkInterfaces").is_some() && id.subscription().is_some() && id.group().is_some() {
        return Ok(id);
    }
    Err(Failure::usage(format!(
        "{} is not the ARM id of a network interface: expected `/subscriptions/…/networkInterfaces/…`",
        QuotedValue::new(text)
    )))
}
