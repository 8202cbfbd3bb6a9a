//! An application's own network is bypassed by nothing: WebSockets, requests, tokens and discovery all connect through it.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use azure_core::http::{ClientOptions, Transport};
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};
use reqwest::Method;
use speech_endpoint::connect::{Connector, TokenSource};
use speech_endpoint::evidence::Lookup;
use speech_endpoint::net::ProxySettings;
use speech_endpoint::net::{Network, RestClient};
use speech_endpoint::net::{TlsClient, Trust};
use speech_endpoint::{Query, Service};
use speech_endpoint_lab::{Lab, LabNetwork, World};
use tokio::net::TcpStream;

/// Counts what passes through it.
#[derive(Clone)]
struct Counting {
    inner: LabNetwork,
    hosts: Arc<Mutex<Vec<String>>>,
    connections: Arc<Mutex<Vec<SocketAddr>>>,
}

impl Network for Counting {
    async fn lookup(&self, host: &str, limit: Duration) -> Lookup {
        self.hosts.lock().unwrap().push(host.to_owned());
        self.inner.lookup(host, limit).await
    }

    async fn connect(&self, peer: SocketAddr) -> io::Result<TcpStream> {
        self.connections.lock().unwrap().push(peer);
        self.inner.connect(peer).await
    }
}

impl Counting {
    fn of(lab: &Lab) -> Self {
        Self { inner: lab.network(), hosts: Arc::default(), connections: Arc::default() }
    }

    /// The hosts and the number of connections since the last time.
    fn taken(&self) -> (Vec<String>, usize) {
        let hosts = std::mem::take(&mut *self.hosts.lock().unwrap());
        (hosts, std::mem::take(&mut *self.connections.lock().unwrap()).len())
    }
}

async fn lab(world: &str) -> Lab {
    Lab::start(World::named(world).unwrap(), SystemTime::now()).await.unwrap()
}

fn trust(lab: &Lab) -> Trust {
    Trust::of(lab.system_roots(), lab.builtin_roots(), "the lab's store")
}

fn connector(lab: &Lab, network: &Counting, source: TokenSource) -> Connector {
    let account = lab.account().unwrap().clone();
    let builder = Connector::builder(account, source).network(network.clone()).trust(trust(lab));
    builder.proxies(ProxySettings::default()).build().unwrap()
}

fn given(lab: &Lab) -> TokenSource {
    TokenSource::ready(lab.credential().unwrap().read().unwrap())
}

#[tokio::test]
async fn a_websocket_and_requests_connect_through_the_network() {
    let lab = lab("healthy-private-endpoint").await;
    let network = Counting::of(&lab);
    let connector = connector(&lab, &network, given(&lab));
    let query = Query::default();
    let host = "contoso.cognitiveservices.azure.com".to_owned();
    drop(connector.websocket(Service::SpeechToText, &query).await.unwrap());
    assert_eq!(network.taken(), (vec![host], 1));
    let sent = connector.send(Service::Voices, Method::GET, &query, |request| request).await.unwrap();
    assert!(sent.text().await.unwrap().contains("ShortName"));
    assert_eq!(network.taken().1, 1, "the addresses were known");
    let request = connector.request(Service::Voices, Method::GET).await.unwrap().build().unwrap();
    let response = connector.execute(request).await.unwrap();
    assert_eq!((response.status().as_u16(), response.url().path().contains("voices")), (200, true));
    drop(response.bytes().await.unwrap());
    assert_eq!(network.taken().1, 0, "the connection was kept");
}

#[tokio::test]
async fn entra_tokens_are_requested_through_the_network() {
    let lab = lab("healthy-entra-private-endpoint").await;
    let network = Counting::of(&lab);
    let tls = TlsClient::new(&trust(&lab)).unwrap();
    let client = RestClient::new(network.clone(), &tls, &ProxySettings::default(), Duration::from_secs(5)).unwrap();
    let client_options =
        ClientOptions { transport: Some(Transport::new(Arc::new(client))), ..ClientOptions::default() };
    let [tenant, id, secret] = Lab::sign_in_variables().map(|(_, value)| value);
    let options = ClientSecretCredentialOptions { client_options };
    let credential = ClientSecretCredential::new(tenant, id.into(), secret.into(), Some(options)).unwrap();
    let connector = connector(&lab, &network, TokenSource::entra(credential));
    drop(connector.websocket(Service::SpeechToText, &Query::default()).await.unwrap());
    let (hosts, connections) = network.taken();
    assert_eq!(hosts, ["login.microsoftonline.com", "contoso.cognitiveservices.azure.com"]);
    assert_eq!(connections, 2);
}

#[tokio::test]
async fn tokens_from_a_key_are_requested_through_the_network() {
    let lab = lab("healthy-regional").await;
    let network = Counting::of(&lab);
    let key = lab.credential().unwrap().text.expose().to_owned();
    let connector = connector(&lab, &network, TokenSource::key(key).unwrap().issuing_tokens());
    drop(connector.websocket(Service::SpeechToText, &Query::default()).await.unwrap());
    let (hosts, connections) = network.taken();
    assert!(hosts.iter().any(|host| host == "westeurope.api.cognitive.microsoft.com"), "{hosts:?}");
    assert_eq!((hosts.len(), connections), (2, 2), "{hosts:?}");
}
