//! Requests of the REST client: by the names, roots and proxies of the network.

use std::time::{Duration, SystemTime};

use reqwest::Method;
use rustls::RootCertStore;

use speech_endpoint::net::ProxySettings;
use speech_endpoint::net::RestClient;
use speech_endpoint::net::{TlsClient, Trust};
use speech_endpoint_lab::{Lab, World};

const URL: &str = "https://westeurope.tts.speech.microsoft.com/cognitiveservices/voices/list";

/// The status of a request in a world; trusted or not.
fn ask(differs: &str, is_trusted: bool, url: &str) -> Result<u16, String> {
    let toml = format!(
        "title = \"x\"\n[resource]\nregion = \"westeurope\"\n{differs}\n[expect]\nfindings = []\nverdict = \"healthy\"\n"
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let lab = Lab::start(World::parse(&toml).unwrap(), SystemTime::now()).await.unwrap();
        let roots = if is_trusted { lab.system_roots() } else { RootCertStore::empty() };
        let trust = Trust::of(roots, RootCertStore::empty(), "the lab");
        let proxies = ProxySettings::new(lab.proxy_argument().as_deref(), &lab.variables()).unwrap();
        let tls = TlsClient::new(&trust).unwrap();
        let client = RestClient::new(lab.network(), &tls, &proxies, Duration::from_millis(500)).unwrap();
        let request = client.request(Method::GET, url.parse().unwrap()).build().unwrap();
        let response = client.execute(request).await.map_err(|error| format!("{error:?}"))?;
        Ok(response.status().as_u16())
    })
}

#[test]
fn a_request_goes_by_the_names_and_roots_of_the_network() {
    assert_eq!(ask("", true, URL), Ok(401));
    let untrusted = ask("", false, URL).unwrap_err();
    assert!(untrusted.contains("the lab holds no root certificate"), "{untrusted}");
    let expired = ask("[tls]\ncertificate = \"expired\"", true, URL).unwrap_err();
    assert!(expired.contains("the certificate has expired"), "{expired}");
    let elsewhere = ask("", true, "https://nowhere.example/").unwrap_err();
    assert!(elsewhere.contains("does not exist"), "{elsewhere}");
    let away = "[addresses]\n\"20.190.160.2\" = \"drop\"";
    let dropped = ask(away, true, "https://login.microsoftonline.com/").unwrap_err();
    assert!(dropped.contains("TimedOut"), "{dropped}");
}

#[test]
fn a_request_goes_through_the_proxy_with_its_login_and_never_around_it() {
    let login = "[proxy]\ncredentials = \"svc-speech:correct-horse\"\naccepts = \"svc-speech:correct-horse\"";
    assert_eq!(ask(login, true, URL), Ok(401));
    let wrong = ask(&login.replacen("correct-horse", "wrong", 1), true, URL).unwrap_err();
    assert!(wrong.contains("ProxyAuth") && !wrong.contains("wrong"), "{wrong}");
    assert!(ask("[proxy]\nmode = \"forbid\"", true, URL).is_err());
    let silent = ask("[proxy]\n[addresses]\n\"10.9.0.1\" = \"drop\"", true, URL).unwrap_err();
    assert!(silent.contains("TimedOut"), "{silent}");
}
