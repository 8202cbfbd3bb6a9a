//! The management API (Azure Resource Manager), read live: an account and all that belongs to it, as the documents of `az`
//! describe it. Every request is a GET.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::time::Instant;

use crate::azure::{AccountDocument, ArmId, ArmRead, ArmResponse, AzureView};
use crate::net::RestClient;
use crate::resolve::cloud::Cloud;
use crate::resolve::credential::{Credential, Secret};

mod audience;
mod error;
mod exchange;
mod refusal;

pub use error::ManagementError;
use exchange::{Allowance, Exchange};
use refusal::Refusal;

/// Reads what Azure says about an account over the management API of its cloud.
///
/// It sends GET requests alone, and the token to no other host: neither to the target of a redirect nor to that of a next
/// page. Effective routes, effective security groups and the states of policies need POST, so they are not read, and keys
/// never are. A document that cannot be read is a note of the view and says who may read it.
///
/// ```
/// use speech_endpoint::azure::{ArmId, AzureView};
/// use speech_endpoint::connect::Management;
/// use speech_endpoint::net::{ProxySettings, RestClient, SystemNetwork, TlsClient, Trust};
/// use speech_endpoint::{Cloud, Credential};
///
/// /// Reads an account with a token for [`speech_endpoint::Suffixes::management_scope`].
/// async fn read(account: &ArmId, token: &Credential) -> Result<AzureView, Box<dyn std::error::Error>> {
///     let tls = TlsClient::new(&Trust::system(None)?)?;
///     let limit = std::time::Duration::from_secs(5);
///     let client = RestClient::new(SystemNetwork::new(&[]), &tls, &ProxySettings::default(), limit)?;
///     Ok(Management::new(&Cloud::Public, client, token)?.account(account).await?)
/// }
/// ```
pub struct Management {
    client: RestClient,
    cloud: Cloud,
    host: String,
    token: Secret,
    total: Duration,
}

impl Management {
    /// Creates a reader of a cloud from a client and a Microsoft Entra token.
    ///
    /// # Errors
    ///
    /// [`ManagementError`] if the host of the management API is unknown, or if the token is for another service. Then it is
    /// not sent.
    pub fn new(cloud: &Cloud, client: RestClient, token: &Credential) -> Result<Self, ManagementError> {
        let host = cloud.suffixes().management().ok_or_else(ManagementError::unknown_host)?.to_owned();
        let token = audience::checked(token, cloud)?;
        Ok(Self { client, cloud: cloud.clone(), host, token, total: DEFAULT_TOTAL })
    }

    /// Limits the time of a call. The default is 20 seconds.
    #[must_use]
    pub fn with_total(self, total: Duration) -> Self {
        Self { total, ..self }
    }

    /// Reads an account and what belongs to it.
    ///
    /// 1. Read the account.
    /// 2. Read what its document names, then what those documents name.
    ///
    /// # Errors
    ///
    /// [`ManagementError`] if the account cannot be read.
    pub async fn account(&self, account: &ArmId) -> Result<AzureView, ManagementError> {
        let exchange = self.exchange();
        let mut view = AzureView::default();
        let mut made: HashSet<ArmRead> = HashSet::new();
        loop {
            let reads = view.reads(account).into_iter().filter(|read| !made.contains(read));
            let reads: Vec<ArmRead> = reads.take(MOST_READS.saturating_sub(made.len())).collect();
            if reads.is_empty() {
                return if made.is_empty() { Err(ManagementError::not_an_id(account)) } else { Ok(view) };
            }
            made.extend(reads.iter().cloned());
            let responses = futures_util::stream::iter(reads).map(|read| exchange.outcome(read)).buffered(JOBS);
            // Boxed, because its size would add to every future that reads an account.
            let responses: Vec<_> = Box::pin(responses.collect()).await;
            for (read, outcome) in responses {
                self.take(&read, outcome, made.len() == 1, &mut view)?;
            }
            if made.len() == 1
                && !view.accounts.iter().any(|known: &AccountDocument| known.id.as_ref() == Some(account))
            {
                return Err(ManagementError::no_account());
            }
        }
    }

    /// Reads all accounts of a subscription, from its ID or that of anything in it.
    ///
    /// # Errors
    ///
    /// [`ManagementError`] if the list cannot be read. A list that breaks off after its first page is a note.
    pub async fn accounts(&self, of: &ArmId) -> Result<AzureView, ManagementError> {
        let read = ArmRead::accounts(of).ok_or_else(|| ManagementError::not_an_id(of))?;
        let mut view = AzureView::default();
        let (read, outcome) = Box::pin(self.exchange().outcome(read)).await;
        self.take(&read, outcome, true, &mut view)?;
        Ok(view)
    }

    fn exchange(&self) -> Exchange<'_> {
        let allowance = Allowance::new(Instant::now() + self.total, LARGEST_TOTAL);
        Exchange { client: &self.client, host: &self.host, token: &self.token, allowance }
    }

    /// Takes a response over. One that did not come is a note, unless everything depends on it.
    fn take(
        &self,
        read: &ArmRead,
        outcome: Result<(ArmResponse, Option<Refusal>), Refusal>,
        is_first: bool,
        view: &mut AzureView,
    ) -> Result<(), ManagementError> {
        match outcome {
            Ok((response, broke_off)) => {
                view.notes.extend(broke_off.map(|refusal| refusal.broke_off(read)));
                view.add_response(LIVE, response);
            }
            Err(refusal) if is_first => return Err(ManagementError::refused(read, &refusal, &self.cloud)),
            Err(refusal) => view.notes.push(refusal.not_visible(read)),
        }
        Ok(())
    }
}

impl fmt::Debug for Management {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Management").field("host", &self.host).field("total", &self.total).finish_non_exhaustive()
    }
}

/// How the documents that were read live are named among others.
const LIVE: &str = "live";

const DEFAULT_TOTAL: Duration = Duration::from_secs(20);

/// The requests that are under way at the same time. A browser has as many connections to one host.
const JOBS: usize = 6;

/// The requests of one call. The largest account that the documented limits allow needs about 400.
const MOST_READS: usize = 1000;

/// In bytes, for all responses of one call together. The list of 10,000 accounts has about 40 MB.
const LARGEST_TOTAL: usize = 64 << 20;
