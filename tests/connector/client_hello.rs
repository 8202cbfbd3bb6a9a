//! What is diagnosed is what is run: the doctor's `ClientHello` is the one of a connector.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use speech_endpoint::connect::{Connector, TokenSource};
use speech_endpoint::evidence::{Lookup, MachineFacts, NameAnswer};
use speech_endpoint::net::Network;
use speech_endpoint::net::{ProxySettings, Trust};
use speech_endpoint::probe::{Context, probe};
use speech_endpoint::{Plan, Query, Service};
use speech_endpoint_lab::{Lab, LabNetwork, World};
use tokio::io::{AsyncReadExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// A network that keeps the first record of every connection.
#[derive(Clone)]
struct Tapped {
    inner: LabNetwork,
    hellos: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Network for Tapped {
    async fn lookup(&self, host: &str, limit: Duration) -> Lookup {
        self.inner.lookup(host, limit).await
    }

    async fn query_name_servers(&self, name: &str, limit: Duration) -> Option<NameAnswer> {
        self.inner.query_name_servers(name, limit).await
    }

    async fn connect(&self, peer: SocketAddr) -> io::Result<TcpStream> {
        let mut onward = self.inner.connect(peer).await?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let stream = TcpStream::connect(listener.local_addr()?).await?;
        let (mut tapped, _) = listener.accept().await?;
        let hellos = self.hellos.clone();
        tokio::spawn(async move {
            let mut record = vec![0; 5];
            tapped.read_exact(&mut record).await?;
            let length = usize::from(u16::from_be_bytes([record[3], record[4]]));
            record.resize(5 + length, 0);
            tapped.read_exact(&mut record[5..]).await?;
            hellos.lock().unwrap().push(record.clone());
            tokio::io::AsyncWriteExt::write_all(&mut onward, &record).await?;
            copy_bidirectional(&mut tapped, &mut onward).await
        });
        Ok(stream)
    }

    fn machine(&self) -> MachineFacts {
        self.inner.machine()
    }
}

/// A `ClientHello` without what is random: `random`, the session id and public keys become zeros, and the extensions, whose
/// order is random, are sorted.
fn without_randomness(record: &[u8]) -> (Vec<u8>, Vec<(u16, Vec<u8>)>) {
    let mut head = record[..5 + 4 + 2].to_vec();
    let mut rest = &record[head.len()..];
    let mut take = |length: usize| {
        let (taken, left) = rest.split_at(length);
        rest = left;
        taken.to_vec()
    };
    assert_eq!((head[0], head[5]), (22, 1), "a ClientHello");
    head.extend(vec![0; take(32).len()]);
    let session = usize::from(take(1)[0]);
    head.extend(vec![0; 1 + take(session).len()]);
    let number = |bytes: &[u8]| u16::from_be_bytes([bytes[0], bytes[1]]);
    for wide in [true, false] {
        let length = if wide { take(2) } else { take(1) };
        let size = if wide { usize::from(number(&length)) } else { usize::from(length[0]) };
        head.extend(length);
        head.extend(take(size));
    }
    let mut left = usize::from(number(&take(2)));
    let mut extensions = Vec::new();
    while left > 0 {
        let kind = number(&take(2));
        let length = usize::from(number(&take(2)));
        let mut value = take(length);
        if kind == KEY_SHARE {
            let mut at = 2;
            while at < value.len() {
                let size = usize::from(number(&value[at + 2..]));
                value[at + 4..at + 4 + size].fill(0);
                at += 4 + size;
            }
        }
        left -= 4 + length;
        extensions.push((kind, value));
    }
    extensions.sort();
    (head, extensions)
}

const KEY_SHARE: u16 = 51;

#[tokio::test]
async fn the_doctor_sends_the_client_hello_of_a_connector() {
    let lab = Lab::start(World::named("healthy-regional").unwrap(), SystemTime::now()).await.unwrap();
    let network = Tapped { inner: lab.network(), hellos: Arc::default() };
    let trust = Trust::of(lab.system_roots(), lab.builtin_roots(), "the lab's store");
    let (account, proxies) = (lab.account().unwrap().clone(), ProxySettings::default());
    let connector = || {
        let source = TokenSource::ready(lab.credential().unwrap().read().unwrap());
        let builder = Connector::builder(account.clone(), source).network(network.clone()).trust(trust.clone());
        builder.proxies(proxies.clone()).build().unwrap()
    };
    let (service, query) = (Service::SpeechToText, Query::default());
    let taken = || std::mem::take(&mut *network.hellos.lock().unwrap());

    let first = connector();
    drop(first.websocket(service, &query).await.unwrap());
    let of_connector = taken();
    let expected = without_randomness(&of_connector[0]);
    let alpn = 16;
    assert!(expected.1.iter().all(|(kind, _)| *kind != alpn), "it offers no protocol");

    let plan = Plan::new(&account, &[service], &query, None, Duration::from_secs(10), 1);
    let evidence =
        probe(&plan, &Context::new(&network, &trust, &proxies, SystemTime::now()), &(), std::future::pending()).await;
    assert!(evidence.traces[0].tls.found().is_some_and(|facts| !facts.chain.is_empty()), "{evidence:?}");
    for hello in taken() {
        assert_eq!(without_randomness(&hello), expected, "of the doctor");
    }

    // The connector would resume its session by now; its probe shows the chain again.
    let evidence = first.probe(service, &query).await.remove(0);
    assert!(evidence.traces[0].tls.found().is_some_and(|facts| !facts.chain.is_empty()), "{evidence:?}");
    for hello in taken() {
        assert_eq!(without_randomness(&hello), expected, "of a probe by the connector");
    }
    drop(connector().send(Service::Voices, reqwest::Method::GET, &query, |request| request).await.unwrap());
    let of_request = taken();
    assert_eq!(of_request.len(), 1);
}
