//! `--lab`: a run in a world of the lab. The world replaces this machine, and everything else is as in a real run.

use std::time::Duration;

use speech_endpoint::evidence::{Evidence, Remark, ResourceFacts};
use speech_endpoint_lab::{ClientCredential, Lab};
use tokio::time::Instant;

use super::args::DoctorArgs;
use super::run::Collected;
use super::surroundings::Surroundings;
use crate::connectivity::Connectivity;
use crate::failure::Failure;
use crate::lab;
use crate::output::Output;
use crate::settings::{self, GivenCredential, Subject};

/// The lab that all runs of a watch share.
#[derive(Default)]
pub(super) struct Stage {
    running: Option<Running>,
}

/// A running world, with its text if it is a file.
struct Running {
    text: Option<String>,
    lab: Lab,
    started: Instant,
}

impl Stage {
    /// Starts the world, unless it is running. A file that has changed since is started again.
    async fn running(&mut self, name: &str, output: &Output) -> Result<&Running, Failure> {
        let text = lab::world_text(name);
        let running = self.running.take().filter(|running| running.text == text);
        let running = if let Some(running) = running {
            running
        } else {
            let world = lab::world(name)?;
            output.detail(1, || format!("world: {}", world.title()));
            Running { text, lab: lab::started(world).await?, started: Instant::now() }
        };
        Ok(self.running.insert(running))
    }

    /// Collects the evidence in a world. The environment is ignored, except for the Entra variables: the token is fetched
    /// inside the world.
    pub(super) async fn collect(
        &mut self,
        name: &str,
        args: &DoctorArgs,
        spent: Duration,
        output: &Output,
    ) -> Result<Collected, Failure> {
        let Running { lab, started, .. } = self.running(name, output).await?;
        match surroundings(lab, args)? {
            Some(mut surroundings) => {
                // The clock of the world's client goes on between the runs of a watch.
                surroundings.way = surroundings.way.later(started.elapsed());
                let mut collected = super::collect(surroundings, args, spent, output).await?;
                if let Some(evidence) = &mut collected.evidence {
                    lab.show_sources(evidence);
                }
                Ok(collected)
            }
            None => Ok(unreadable(lab).into()),
        }
    }
}

/// Returns what the world gives; nothing if its client names an invalid resource.
fn surroundings(lab: &Lab, args: &DoctorArgs) -> Result<Option<Surroundings>, Failure> {
    let Ok(account) = lab.account() else { return Ok(None) };
    let mut notes = lab.remarks().to_vec();
    let account = settings::with_facts(account.clone(), &mut notes, args.resource.facts.as_deref())?;
    Ok(Some(Surroundings {
        subject: Subject { account, notes, source: "--lab" },
        settings: lab.plan_settings(),
        credential: lab.credential().map(given),
        unobtained: lab.unobtained().map(str::to_owned),
        second_key: lab.second_credential().map(|key| key.read()),
        way: Connectivity::of_lab(lab, args.net.way.road())?,
        asks_metadata: lab.asks_metadata(),
    }))
}

fn given(credential: &ClientCredential) -> GivenCredential {
    let text = credential.text.expose().to_owned();
    if credential.is_token { GivenCredential::token(text) } else { GivenCredential::key(text) }
}

/// Returns the evidence of a world whose client names an invalid resource.
fn unreadable(lab: &Lab) -> Evidence {
    let mut evidence = Evidence::new(lab.now(), ResourceFacts::default());
    evidence.remarks.extend(lab.account().err().map(|note| Remark::new(note.id, note.text.clone(), true)));
    evidence
}
