//! Several accounts, prepared connections, key rotation, and a network that changes while an application runs.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, RwLock};
use std::time::{Duration, SystemTime};

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::Method;
use speech_endpoint::connect::{Builder, Connector, Health, KeyName, Opened, TokenSource};
use speech_endpoint::evidence::{Failure, Lookup, MachineFacts, NameAnswer};
use speech_endpoint::net::Network;
use speech_endpoint::net::{ProxySettings, Trust};
use speech_endpoint::{Account, Query, Service};
use speech_endpoint_lab::{Lab, LabNetwork, World};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

const STT: Service = Service::SpeechToText;

/// A network that connects to one of several labs, selected by host name, and that can be switched to another.
#[derive(Clone)]
struct Moving(Arc<RwLock<Vec<(&'static str, LabNetwork)>>>);

impl Moving {
    fn new(places: &[(&'static str, &Lab)]) -> Self {
        Self(Arc::new(RwLock::new(places.iter().map(|(part, lab)| (*part, lab.network())).collect())))
    }

    fn move_to(&self, lab: &Lab) {
        self.0.write().unwrap().iter_mut().for_each(|(_, network)| *network = lab.network());
    }

    fn of(&self, host: &str) -> LabNetwork {
        let places = self.0.read().unwrap();
        places.iter().find(|(part, _)| host.contains(part)).unwrap_or(&places[0]).1.clone()
    }
}

impl Network for Moving {
    async fn lookup(&self, host: &str, limit: Duration) -> Lookup {
        self.of(host).lookup(host, limit).await
    }

    async fn query_name_servers(&self, name: &str, limit: Duration) -> Option<NameAnswer> {
        self.of(name).query_name_servers(name, limit).await
    }

    async fn connect(&self, peer: SocketAddr) -> io::Result<TcpStream> {
        let networks: Vec<_> = self.0.read().unwrap().iter().map(|(_, network)| network.clone()).collect();
        match networks.into_iter().find(|network| network.accepts(peer)) {
            Some(network) => network.connect(peer).await,
            // The route no longer exists.
            None => Err(io::ErrorKind::NetworkUnreachable.into()),
        }
    }

    fn machine(&self) -> MachineFacts {
        MachineFacts::default()
    }

    async fn addresses(&self, host: &str, limit: Duration) -> Result<Vec<IpAddr>, Failure> {
        self.of(host).addresses(host, limit).await
    }
}

async fn world(toml: &str) -> Lab {
    let whole = format!("title = \"x\"\n{toml}\n[expect]\nfindings = []\nverdict = \"healthy\"\n");
    Lab::start(World::parse(&whole).unwrap(), SystemTime::now()).await.unwrap()
}

async fn region(name: &str) -> Lab {
    world(&format!("[resource]\nregion = \"{name}\"")).await
}

/// Starts another region with different addresses.
async fn elsewhere() -> Lab {
    elsewhere_with("").await
}

async fn elsewhere_with(answer: &str) -> Lab {
    let hosts =
        ["stt", "tts"].map(|offering| format!("\"northeurope.{offering}.speech.microsoft.com\" = [\"A 20.50.9.9\"]\n"));
    world(&format!("[resource]\nregion = \"northeurope\"\n[dns]\n{}{answer}", hosts.concat())).await
}

fn account(lab: &Lab) -> (Account, TokenSource) {
    (lab.account().unwrap().clone(), TokenSource::key(lab.key().expose()).unwrap())
}

fn trust(labs: &[&Lab]) -> Trust {
    let mut roots = labs[0].system_roots();
    labs[1..].iter().for_each(|lab| roots.extend(lab.system_roots().roots));
    Trust::of(roots.clone(), roots, "the labs")
}

fn builder(labs: &[&Lab]) -> Builder {
    let (first, source) = account(labs[0]);
    let mut builder = Connector::builder(first, source);
    for lab in &labs[1..] {
        let (further, source) = account(lab);
        builder = builder.fallback(further, source);
    }
    builder.trust(trust(labs)).proxies(ProxySettings::default()).time_limit(Duration::from_secs(4))
}

async fn opened(connector: &Connector) -> Opened {
    connector.websocket(STT, &Query::default()).await.unwrap()
}

/// Returns whether the peer responds.
async fn is_alive(opened: &mut Opened) -> bool {
    let sent = opened.socket.send(Message::Ping("x".into())).await;
    let answer = timeout(Duration::from_secs(2), opened.socket.next()).await;
    sent.is_ok() && matches!(answer, Ok(Some(Ok(Message::Pong(_)))))
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let patience = Instant::now() + Duration::from_secs(5);
    while !holds() {
        assert!(Instant::now() < patience, "{what}");
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn the_second_region_takes_over_while_the_first_one_fails() {
    let (west, north) = (region("westeurope").await, elsewhere().await);
    let down = world("[resource]\nregion = \"westeurope\"\n[[answer]]\nstatus = 503").await;
    let network = Moving::new(&[("westeurope", &down), ("northeurope", &north)]);
    let connector =
        builder(&[&west, &north]).trust(trust(&[&west, &north, &down])).network(network.clone()).build().unwrap();
    for call in 0..5 {
        assert_eq!(opened(&connector).await.account_index(), 1, "call {call}");
    }
    let [first, second] = &connector.accounts()[..] else { panic!("two accounts") };
    assert!(matches!(first.health, Health::BackingOff { .. }), "{first:?}");
    assert_eq!((first.failures, second.health, second.failures), (3, Health::Healthy, 0), "left alone after three");
    assert_eq!(down.requests().len(), 3);

    // It works again, and one call tries it after the back-off.
    network.0.write().unwrap()[0].1 = west.network();
    let Health::BackingOff { remaining } = first.health else { unreachable!() };
    tokio::time::pause();
    tokio::time::advance(remaining).await;
    tokio::time::resume();
    let first = opened(&connector).await;
    assert_eq!((first.account_index(), &first.account), (0, &connector.accounts()[0].account));
    assert_eq!(connector.accounts()[0].health, Health::Healthy);
}

#[tokio::test]
async fn a_failure_that_failover_must_not_hide_is_not_tried_elsewhere() {
    for status in [400, 401, 403, 404] {
        let refusing = world(&format!("[resource]\nregion = \"westeurope\"\n[[answer]]\nstatus = {status}")).await;
        let north = elsewhere().await;
        let network = Moving::new(&[("westeurope", &refusing), ("northeurope", &north)]);
        let connector = builder(&[&refusing, &north]).network(network).build().unwrap();
        let error = connector.websocket(STT, &Query::default()).await.unwrap_err();
        assert_eq!(error.status(), Some(status));
        let request = connector.send(Service::Voices, Method::GET, &Query::default(), |request| request).await;
        assert_eq!(request.unwrap_err().status(), Some(status));
        assert_eq!((refusing.requests().len(), north.requests().len()), (2, 0), "{status}");
    }
}

#[tokio::test]
async fn the_retry_time_of_the_service_is_respected() {
    let busy =
        world("[resource]\nregion = \"westeurope\"\n[[answer]]\nstatus = 429\n[answer.headers]\nretry-after = \"1\"")
            .await;
    let connector = builder(&[&busy]).network(busy.network()).build().unwrap();
    let begun = Instant::now();
    let error = connector.websocket(STT, &Query::default()).await.unwrap_err();
    assert_eq!((error.status(), error.retry_after()), (Some(429), Some(Duration::from_secs(1))), "{error}");
    assert_eq!(error.diagnosis().root_cause().map(|finding| finding.failure.id), Some("QUO01"));
    let (tries, took) = (busy.requests().len(), begun.elapsed());
    assert!((2..=3).contains(&tries) && took > Duration::from_secs(1), "{tries} tries in {took:?}");

    // The requested time exceeds the limit of a call, so the call fails at once without a request.
    let busy =
        world("[resource]\nregion = \"westeurope\"\n[[answer]]\nstatus = 429\n[answer.headers]\nretry-after = \"60\"")
            .await;
    let connector = builder(&[&busy]).network(busy.network()).build().unwrap();
    for _ in 0..2 {
        let error = connector.websocket(STT, &Query::default()).await.unwrap_err();
        assert_eq!(error.diagnosis().root_cause().map(|finding| finding.failure.id), Some("QUO01"), "{error}");
    }
    assert_eq!(busy.requests().len(), 1);
}

#[tokio::test]
async fn an_error_of_several_accounts_is_transient_if_that_of_one_account_is() {
    let busy = "[resource]\nregion = \"westeurope\"\n[[answer]]\nstatus = 429\n[answer.headers]\nretry-after = \"7\"";
    let (busy, refusing) = (world(busy).await, elsewhere_with("[[answer]]\nstatus = 401\n").await);
    let network = Moving::new(&[("westeurope", &busy), ("northeurope", &refusing)]);
    let both = builder(&[&busy, &refusing]).network(network.clone()).build().unwrap();
    let error = both.websocket(STT, &Query::default()).await.unwrap_err();
    assert_eq!((error.status(), error.account_name()), (Some(401), Some("northeurope")), "{error}");
    assert_eq!((error.is_transient(), error.retry_after()), (true, Some(Duration::from_secs(7))));
    let hosts: Vec<_> = error.evidence().traces.iter().map(|trace| trace.target.host.as_str()).collect();
    assert_eq!(hosts, ["westeurope.stt.speech.microsoft.com", "northeurope.stt.speech.microsoft.com"]);

    // The busy account is left out now, and may accept a call later.
    let error = both.websocket(STT, &Query::default()).await.unwrap_err();
    assert_eq!((error.status(), error.account_name()), (Some(401), Some("northeurope")), "{error}");
    let wait = error.retry_after().unwrap();
    assert!(error.is_transient() && wait < Duration::from_secs(7) && wait > Duration::from_secs(5), "{wait:?}");
    assert_eq!(error.evidence().traces.len(), 1);

    let refusing = builder(&[&refusing]).network(network).build().unwrap();
    let error = refusing.websocket(STT, &Query::default()).await.unwrap_err();
    assert_eq!((error.status(), error.is_transient(), error.retry_after()), (Some(401), false, None));
}

#[tokio::test]
async fn the_shortest_wait_of_all_accounts_counts() {
    let answer = |wait: &str| format!("[[answer]]\nstatus = 429\n[answer.headers]\nretry-after = \"{wait}\"\n");
    for (first, second) in [("70", "90"), ("90", "70")] {
        let west = world(&format!("[resource]\nregion = \"westeurope\"\n{}", answer(first))).await;
        let north = elsewhere_with(&answer(second)).await;
        let network = Moving::new(&[("westeurope", &west), ("northeurope", &north)]);
        let both = builder(&[&west, &north]).network(network).build().unwrap();
        let error = both.websocket(STT, &Query::default()).await.unwrap_err();
        assert_eq!(
            (error.is_transient(), error.retry_after()),
            (true, Some(Duration::from_secs(70))),
            "{first} {second}"
        );
    }
}

#[tokio::test]
async fn an_account_that_the_application_leaves_out_is_used_again_later() {
    let (west, north) = (region("westeurope").await, elsewhere().await);
    let network = Moving::new(&[("westeurope", &west), ("northeurope", &north)]);
    let connector = builder(&[&west, &north]).trust(trust(&[&west, &north])).network(network).build().unwrap();
    let first = opened(&connector).await;
    assert_eq!(first.account_index(), 0);
    connector.leave_out(first.account_index(), Duration::from_secs(60));
    connector.leave_out(2, Duration::from_secs(60));
    let states = connector.accounts();
    let Health::BackingOff { remaining } = states[0].health else { panic!("{states:?}") };
    assert!(remaining > Duration::from_secs(59), "{remaining:?}");
    let second = opened(&connector).await;
    assert_eq!(second.account_index(), 1);

    // An attempt is better than none, and the shorter time ends first.
    connector.leave_out(second.account_index(), Duration::from_secs(30));
    assert_eq!(opened(&connector).await.account_index(), 1);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(61)).await;
    tokio::time::resume();
    assert_eq!(opened(&connector).await.account_index(), 0);
}

#[tokio::test]
async fn the_next_call_succeeds_after_the_network_has_changed() {
    // Enabling a service endpoint changes the addresses and ends open connections.
    let before = world("[resource]\ncustom-domain = \"contoso\"\nnetwork = \"private-and-service-endpoint\"").await;
    let after = world(
        "[resource]\ncustom-domain = \"contoso\"\nnetwork = \"private-and-service-endpoint\"\n\
         [dns]\n\"contoso.cognitiveservices.azure.com\" = [\"A 20.50.7.7\"]",
    )
    .await;
    let network = Moving::new(&[("contoso", &before)]);
    let connector = builder(&[&before]).trust(trust(&[&before, &after])).network(network.clone()).build().unwrap();
    connector.prepare(STT, &Query::default()).await.unwrap();
    let query = Query::default();
    let voices = || connector.send(Service::Voices, Method::GET, &query, |request| request);
    voices().await.unwrap().bytes().await.unwrap();
    network.move_to(&after);
    before.reset_all();
    until("what was open is gone", || before.connections() == 0).await;
    assert!(is_alive(&mut opened(&connector).await).await);
    assert_eq!(voices().await.unwrap().status(), 200);
    assert!(after.requests().len() >= 2, "{:?}", after.requests());
}

#[tokio::test]
async fn a_prepared_connection_is_used_at_once_and_replaced() {
    let lab = region("westeurope").await;
    let connector = builder(&[&lab]).network(lab.network()).build().unwrap();
    connector.prepare(STT, &Query::default()).await.unwrap();
    assert_eq!((lab.connections(), lab.requests().len()), (1, 1));
    let begun = Instant::now();
    let mut first = opened(&connector).await;
    let took = begun.elapsed();
    assert!(took < Duration::from_millis(1), "{took:?}");
    assert!(is_alive(&mut first).await);
    until("the next is open", || lab.requests().len() == 2).await;

    // Another query or service needs another connection.
    let query = Query::default().with_parameter("profanity", "raw").unwrap();
    drop(connector.websocket(STT, &query).await.unwrap());
    assert_eq!(lab.requests().len(), 3);

    // A connection that the service closes is replaced.
    lab.reset_all();
    until("it is replaced", || lab.requests().len() >= 4).await;
    assert!(is_alive(&mut opened(&connector).await).await);

    // Dropping the connector closes all connections.
    drop(first);
    connector.release(STT);
    until("what was released is closed", || lab.connections() == 0).await;
    connector.prepare(STT, &Query::default()).await.unwrap();
    drop(connector);
    until("what a connector held is closed with it", || lab.connections() == 0).await;
}

/// Advances the time once all tasks are waiting for it.
async fn later(by: Duration) {
    sleep(Duration::from_millis(50)).await;
    tokio::time::pause();
    tokio::time::advance(by).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_prepared_connection_is_replaced_before_the_service_closes_it() {
    let lab = region("westeurope").await;
    let connector = builder(&[&lab]).network(lab.network()).build().unwrap();
    connector.prepare(STT, &Query::default()).await.unwrap();
    later(Duration::from_secs(199)).await;
    sleep(Duration::from_millis(50)).await;
    assert_eq!((lab.connections(), lab.requests().len()), (1, 1), "it is kept for some minutes");
    later(Duration::from_secs(42)).await;
    until("another one is opened within four minutes", || lab.requests().len() == 2).await;
    until("the old one is closed", || lab.connections() == 1).await;
    assert!(is_alive(&mut opened(&connector).await).await);
}

#[tokio::test]
async fn the_other_key_replaces_a_regenerated_one() {
    let lab = region("westeurope").await;
    let keys = TokenSource::keys(lab.key().expose(), lab.second_key().expose()).unwrap();
    let connector = Connector::builder(lab.account().unwrap().clone(), keys)
        .network(lab.network())
        .trust(trust(&[&lab]))
        .proxies(ProxySettings::default())
        .build()
        .unwrap();
    drop(opened(&connector).await);
    assert_eq!(connector.accounts()[0].token.active_key, Some(KeyName::Key1));
    lab.regenerate_key();
    drop(opened(&connector).await);
    assert_eq!(connector.accounts()[0].token.active_key, Some(KeyName::Key2));
    let statuses: Vec<u16> = lab.requests().iter().map(|seen| seen.status).collect();
    assert_eq!(statuses, [101, 401, 101]);
    drop(opened(&connector).await);
    assert_eq!(lab.requests().len(), 4, "the first key is not tried again at once");
}

#[tokio::test]
async fn discovery_on_a_custom_domain_happens_once() {
    let toml = "[resource]\ncustom-domain = \"contoso\"\nnetwork = \"open\"\ndiscovery = true\n[gateway]\nregion = \"westeurope\"";
    let lab = world(toml).await;
    let connector = builder(&[&lab]).network(lab.network()).build().unwrap();
    drop(opened(&connector).await);
    drop(opened(&connector).await);
    let asked: Vec<(String, u16)> = lab.requests().iter().map(|seen| (seen.host.clone(), seen.status)).collect();
    let region = ("westeurope.stt.speech.microsoft.com".to_owned(), 101);
    assert_eq!(asked, [("contoso.cognitiveservices.azure.com".to_owned(), 200), region.clone(), region]);
    assert!(lab.requests()[0].form.is_none(), "the question carries no credential");
}
