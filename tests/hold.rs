//! Sockets that are held in silence, and runs that end while something is open: what is known by then is kept.
#![cfg(feature = "lab")]
#![allow(clippy::disallowed_methods, reason = "a lab begins at the real time")]

use std::time::{Duration, SystemTime};

use speech_endpoint::evidence::{Ended, Evidence};
use speech_endpoint::lab::{Lab, Rehearsal, World};

/// A run in a world that is interrupted after a time.
fn examined(toml: &str, rehearsal: &Rehearsal, interrupt: Option<Duration>) -> Evidence {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let world = World::parse(toml).unwrap_or_else(|error| panic!("{error}: {toml}"));
        let lab = Lab::start(world, SystemTime::now()).await.expect("it starts");
        let interrupt = async {
            match interrupt {
                Some(after) => tokio::time::sleep(after).await,
                None => std::future::pending().await,
            }
        };
        lab.examine(rehearsal, &(), interrupt).await
    })
}

#[test]
fn what_was_seen_of_a_host_that_was_named_is_kept_when_the_run_ends_there() {
    let toml = "title = \"The host that an open custom domain names does not answer\"\n\
                [resource]\ncustom-domain = \"contoso\"\nnetwork = \"open\"\ndiscovery = true\n\
                services = [\"speech-to-text\"]\n\
                [gateway]\nregion = \"westeurope\"\n[addresses]\n\"20.61.99.10\" = \"drop\"\n\
                [limits]\ntotal-ms = 20000\n[expect]\nfindings = []\nverdict = \"healthy\"\n";
    let evidence = examined(toml, &Rehearsal::default(), Some(Duration::from_secs(1)));
    assert_eq!(evidence.ended, Ended::Interrupted);
    let named = &evidence.traces[1];
    assert_eq!(named.target.host, "westeurope.stt.speech.microsoft.com");
    assert!(named.dns.has_passed(), "{named:?}");
}
