//! The credentials of a probe of many accounts: which account gets which. No account gets the key of another one.

use speech_endpoint::evidence::{CredentialFacts, Remark};
use speech_endpoint::{Cloud, Credential, CredentialForm, Note, Plan};

use super::args::ProbeArgs;
use super::subject::Subject;
use crate::connectivity::Connectivity;
use crate::doctor::assemble::{remark, salt, unless_interrupted};
use crate::entra::{Issuer, Wanted};
use crate::failure::Failure;
use crate::output::Output;
use crate::settings;

/// The credentials of a probe.
#[derive(Default)]
pub(super) struct Credentials {
    /// One for all accounts of a cloud; a key belongs to the only account.
    of_clouds: Vec<OfCloud>,
    salt: u64,
}

struct OfCloud {
    cloud: Cloud,
    credential: Option<Credential>,
    /// The source of a fetched token, or the reason for having none.
    remark: Option<Remark>,
}

/// What one account gets.
#[derive(Default)]
pub(super) struct Given {
    pub(super) credential: Option<Credential>,
    pub(super) facts: Option<CredentialFacts>,
    pub(super) remarks: Vec<Remark>,
}

impl Credentials {
    /// Reads the given credential, or fetches one token for each cloud.
    ///
    /// A key, an issued token and a composed token belong to one account, so they are refused for several. A key in the
    /// environment may belong to any account, so it is ignored.
    pub(super) async fn read(
        args: &ProbeArgs,
        subjects: &[Subject<'_>],
        way: &Connectivity,
        output: &Output,
    ) -> Result<Self, Failure> {
        let clouds = clouds(subjects);
        let salt = salt();
        if args.credential.entra.is_some() {
            return Ok(Self { of_clouds: fetched(args, &clouds, subjects, way, output).await?, salt });
        }
        let Some(given) = settings::credential_argument(&args.credential)? else {
            if settings::key_variable().is_some() && !way.is_lab {
                output.note(&Note::new("key_ignored", IGNORED));
            }
            return Ok(Self::default());
        };
        let credential = given.read?;
        if credential.form() != CredentialForm::Entra && subjects.len() > 1 {
            return Err(Failure::usage(format!(
                "this {} belongs to one account, and there are {} to probe: use `--entra`, or `speech-endpoint doctor` for one account",
                credential.kind(),
                subjects.len()
            )));
        }
        if clouds.len() > 1 {
            return Err(Failure::usage(
                "a token is valid in one cloud, and the accounts are in several: use `--entra`",
            ));
        }
        let of_cloud = |cloud| OfCloud { cloud, credential: Some(credential), remark: None };
        Ok(Self { of_clouds: clouds.into_iter().next().map(of_cloud).into_iter().collect(), salt })
    }

    /// Returns whether no account gets a credential.
    pub(super) fn is_none(&self) -> bool {
        self.of_clouds.iter().all(|of_cloud| of_cloud.credential.is_none())
    }

    /// Returns what an account gets: the credential of its cloud, with its own id for hosts that need the composed form.
    pub(super) fn of(&self, subject: &Subject<'_>) -> Given {
        let Some(of_cloud) = self.of_clouds.iter().find(|known| known.cloud == *subject.account.cloud()) else {
            return Given::default();
        };
        let id = subject.document.id.as_ref().and_then(|id| id.as_str().parse().ok());
        let credential = of_cloud.credential.clone().map(|credential| match id {
            Some(id) => credential.with_resource_id(id),
            None => credential,
        });
        let notes = credential.iter().flat_map(|credential| credential.notes(subject.account));
        let mut remarks: Vec<Remark> = notes.map(|note| remark(&note)).collect();
        remarks.extend(of_cloud.remark.clone());
        Given { facts: credential.as_ref().map(|credential| credential.facts(self.salt)), credential, remarks }
    }
}

/// Returns each cloud once.
fn clouds(subjects: &[Subject<'_>]) -> Vec<Cloud> {
    let mut clouds: Vec<Cloud> = Vec::new();
    for cloud in subjects.iter().map(|subject| subject.account.cloud()) {
        if !clouds.contains(cloud) {
            clouds.push(cloud.clone());
        }
    }
    clouds
}

/// Fetches one token for each cloud: it is valid for every account there.
async fn fetched(
    args: &ProbeArgs,
    clouds: &[Cloud],
    subjects: &[Subject<'_>],
    way: &Connectivity,
    output: &Output,
) -> Result<Vec<OfCloud>, Failure> {
    let mut of_clouds = Vec::new();
    for cloud in clouds {
        let account = subjects.iter().map(|subject| subject.account).find(|account| account.cloud() == cloud);
        let (Some(account), Some(source)) = (account, args.credential.entra) else { continue };
        let services = Plan::usual_services(account);
        let total = args.timeout.map_or(speech_endpoint::DEFAULT_TOTAL, |seconds| seconds.0);
        let wanted =
            Wanted { source, issuer: Issuer::of(account, &services), resource_id: None, way: way.for_tokens(), total };
        let fetched = unless_interrupted(&wanted).await?;
        if fetched.credential.is_none() {
            output.note(&Note::new("no_token", fetched.remark.text.clone()));
        } else {
            output.detail(1, || fetched.remark.text.clone());
        }
        let (credential, remark) = (fetched.credential, Some(fetched.remark));
        of_clouds.push(OfCloud { cloud: cloud.clone(), credential, remark });
    }
    Ok(of_clouds)
}

const IGNORED: &str = "ignoring `SPEECH_KEY`: a key belongs to one account, and `inventory` probes every account without a credential, or with `--entra`";
