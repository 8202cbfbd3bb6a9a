//! `--live`: reads the documents over the management API of the resource's cloud.

use std::time::Duration;

use speech_endpoint::azure::AzureView;
use speech_endpoint::connect::{Management, ManagementError};
use speech_endpoint::net::{RestClient, TlsClient};
use speech_endpoint::{Area, Cloud, Credential};
use speech_endpoint_lab::{Lab, World};
use tokio::time::Instant;

use super::args::{AzureArgs, CloudName, EntraSource, ResourceArgs, Road};
use super::connectivity::Connectivity;
use super::entra::{self, Issuer, Wanted};
use super::failure::Failure;
use super::output::Output;
use super::settings::{self, GivenDocument};
use super::{lab, runtime};

pub(crate) mod args;
mod target;

use args::LiveArgs;
use target::{Of, Target};

/// Reads the documents of an account: those that are given, and with `--live` those of the management API.
pub(crate) fn account_documents(
    args: &LiveArgs,
    azure: &AzureArgs,
    (resource, resource_id): (&ResourceArgs, Option<&str>),
    output: &Output,
) -> Result<AzureView, Failure> {
    if !args.live {
        return settings::documents(azure, resource.account.as_deref());
    }
    let given = settings::given_documents(azure, resource.account.as_deref())?;
    let files = settings::view_of(&given)?;
    let world = args.lab.as_deref().map(lab::world).transpose()?;
    let target = target::account(&files, resource, resource_id, world.as_ref())?;
    documents(args, world, &target, &given, output)
}

/// Reads the documents of an inventory: those that are given, or with `--live` the accounts of a subscription.
pub(crate) fn inventory_documents(
    args: &LiveArgs,
    azure: &AzureArgs,
    (resource_id, cloud): (Option<&str>, Option<&CloudName>),
    output: &Output,
) -> Result<AzureView, Failure> {
    if !args.live {
        return settings::documents(azure, None);
    }
    let given = settings::given_documents(azure, None)?;
    let world = args.lab.as_deref().map(lab::world).transpose()?;
    let target = target::subscription(resource_id, cloud, world.as_ref())?;
    documents(args, world, &target, &given, output)
}

/// Reads an account with a token of this source, or with that of the world.
pub(crate) async fn read_account(
    reached: Reached<'_>,
    (resource, resource_id): (&ResourceArgs, Option<&str>),
    files: &AzureView,
    source: Option<EntraSource>,
    total: Duration,
    output: &Output,
) -> Result<AzureView, Failure> {
    let target = target::account(files, resource, resource_id, reached.world.as_ref())?;
    let token = source.map_or(Token::None, Token::From).checked(reached.world.is_some(), &target.cloud)?;
    read(reached, &target, token, total, output).await
}

fn documents(
    args: &LiveArgs,
    world: Option<World>,
    target: &Target,
    given: &[GivenDocument],
    output: &Output,
) -> Result<AzureView, Failure> {
    let token = match args.entra {
        Some(source) => Token::From(source),
        None => settings::token_argument(args.token_env.as_deref(), args.token_file.as_deref())?
            .map_or(Token::None, |given| Token::Given(given.read)),
    };
    let token = token.checked(world.is_some(), &target.cloud)?;
    let total = args.timeout.map_or(DEFAULT_TOTAL, |seconds| seconds.0);
    let view =
        runtime::block_on(async { read(Reached { world, road: args.road() }, target, token, total, output).await })??;
    settings::added(view, given)
}

/// Where the token comes from.
pub(crate) enum Token {
    /// A source of this machine.
    From(EntraSource),
    /// An argument.
    Given(Result<Credential, speech_endpoint::CredentialError>),
    /// The world.
    None,
}

impl Token {
    /// Checks that there is a token. A world has one of its own.
    pub(crate) fn checked(self, is_lab: bool, cloud: &Cloud) -> Result<Self, Failure> {
        if matches!(self, Self::None) && !is_lab {
            let host = cloud.suffixes().management().unwrap_or("management.azure.com");
            return Err(Failure::usage(format!(
                "`--live` needs a Microsoft Entra token for https://{host}: give its source to `--entra`"
            )));
        }
        Ok(self)
    }
}

/// How the management API is reached: by a world, or from this machine.
pub(crate) struct Reached<'a> {
    pub(crate) world: Option<World>,
    pub(crate) road: Road<'a>,
}

/// What a read takes from its surroundings.
struct Surroundings {
    way: Connectivity,
    /// A running world, which must not end before the read.
    lab: Option<Lab>,
}

impl Surroundings {
    async fn of(reached: Reached<'_>) -> Result<Self, Failure> {
        let Some(world) = reached.world else {
            return Ok(Self { way: Connectivity::of_this_machine(reached.road)?, lab: None });
        };
        let lab = lab::started(world).await?;
        Ok(Self { way: Connectivity::of_lab(&lab, reached.road)?, lab: Some(lab) })
    }
}

/// Reads a target within a time limit, or until the user interrupts.
///
/// 1. Get a token for the management API.
/// 2. Read what the target names.
pub(crate) async fn read(
    reached: Reached<'_>,
    target: &Target,
    token: Token,
    total: Duration,
    output: &Output,
) -> Result<AzureView, Failure> {
    let reading = async {
        let begun = Instant::now();
        let around = Surroundings::of(reached).await?;
        let token = obtained(token, &around, &target.cloud, total, output).await?;
        let step = Duration::from_secs(5).min(total / 2);
        let way = &around.way;
        let client = TlsClient::new(&way.trust)
            .and_then(|tls| RestClient::new(way.network.clone(), &tls, &way.proxies, step))
            .map_err(|failure| Failure::stage(60, "live", format!("cannot create an HTTP client: {failure}")))?;
        let management = Management::new(&target.cloud, client, &token).map_err(|error| failed(&error))?;
        let management = management.with_total(total.saturating_sub(begun.elapsed()));
        let view = match &target.of {
            Of::Account(id) => management.account(id).await,
            Of::Subscription(id) => management.accounts(id).await,
        };
        let view = view.map_err(|error| failed(&error))?;
        output.detail(1, || {
            let host = target.cloud.suffixes().management().unwrap_or_default();
            format!("{} documents read from {host} in {:.1} s", view.documents.len(), begun.elapsed().as_secs_f64())
        });
        Ok(view)
    };
    tokio::select! {
        biased;
        view = Box::pin(reading) => view,
        () = runtime::interrupt() => Err(Failure::interrupted("the documents were read")),
    }
}

async fn obtained(
    token: Token,
    around: &Surroundings,
    cloud: &Cloud,
    total: Duration,
    output: &Output,
) -> Result<Credential, Failure> {
    let source = match token {
        Token::From(source) => source,
        Token::Given(read) => return Ok(read?),
        Token::None => {
            let own = around.lab.as_ref().and_then(Lab::management_token);
            return own
                .ok_or_else(|| Failure::usage("this world has no documents of Azure"))
                .and_then(|own| Ok(own.read()?));
        }
    };
    let fetched = entra::fetch(&Wanted {
        source,
        issuer: Issuer::of_management(cloud),
        resource_id: None,
        way: around.way.for_tokens(),
        total,
    })
    .await;
    let remark = fetched.remark.text;
    let Some(credential) = fetched.credential else { return Err(Failure::stage(70, "AUTH11", remark)) };
    output.detail(1, || remark);
    Ok(credential)
}

/// Converts the error, and adds the arguments that help.
fn failed(error: &ManagementError) -> Failure {
    let arguments = match (error.cloud(), error.area()) {
        (Some(cloud), _) => format!(" (`--cloud {cloud}`)"),
        (None, Area::Configuration) => " (`--resource-id`, `--cloud`)".to_owned(),
        _ => String::new(),
    };
    Failure::stage(error.area().exit_code().unwrap_or(1), "live", format!("{error}{arguments}"))
}

const DEFAULT_TOTAL: Duration = Duration::from_secs(20);
