//! A minimal server on its own thread: TLS 1.3 with a P-256 leaf, and the upgrade.

use std::error::Error;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::client::Resumption;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

/// A running server. It ends with the process.
pub(crate) struct Server {
    pub(crate) port: u16,
    open: Arc<AtomicUsize>,
    roots: RootCertStore,
    file: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        // The file is in the temporary folder, so a leftover does no harm.
        let _ = std::fs::remove_file(&self.file);
    }
}

impl Server {
    /// Waits until the server has closed its connections and sleeps. A client that connects while the server is awake saves the
    /// time to wake it.
    pub(crate) async fn settle(&self) {
        let begun = Instant::now();
        let mut closed = None;
        while closed.is_none_or(|closed: Instant| closed.elapsed() < TO_SLEEP) {
            assert!(begun.elapsed() < PATIENCE, "{} connections are not closed", self.open.load(Ordering::Acquire));
            if closed.is_none() && self.open.load(Ordering::Acquire) == 0 {
                closed = Some(Instant::now());
            }
            // Lets the tasks that hold a client connection close it.
            tokio::task::yield_now().await;
        }
    }

    /// The roots of a client: those of this machine and the server's own, read once.
    pub(crate) fn config(&self, resumes: bool) -> Result<Arc<ClientConfig>, Box<dyn Error>> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(self.roots.clone())
            .with_no_client_auth();
        if !resumes {
            config.resumption = Resumption::disabled();
        }
        Ok(Arc::new(config))
    }
}

/// Starts a server and trusts its root in this process, in addition to the machine's roots.
pub(crate) fn start() -> Result<Server, Box<dyn Error>> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let leaf = CertificateParams::new(vec!["127.0.0.1".to_owned()])?.signed_by(&key, &root)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::try_from(key.serialize_der())?;
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)?;
    let (roots, file) = roots(&root.pem())?;
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let port = listener.local_addr()?.port();
    let open = Arc::new(AtomicUsize::new(0));
    let counted = open.clone();
    std::thread::spawn(move || serve(listener, config, &counted));
    Ok(Server { port, open, roots, file })
}

/// `connect_async` reads roots from the file and the folder that the environment names. So this writes the server's root and the
/// machine's roots to a file, and sets both variables.
fn roots(pem: &str) -> Result<(RootCertStore, PathBuf), Box<dyn Error>> {
    let found = openssl_file().map(std::fs::read_to_string).transpose()?.unwrap_or_default();
    let file = std::env::temp_dir().join(format!("speech-endpoint-bench-{}.pem", std::process::id()));
    std::fs::File::create(&file)?.write_all(format!("{found}\n{pem}").as_bytes())?;
    // SAFETY: no other thread runs yet.
    unsafe {
        std::env::set_var("SSL_CERT_FILE", &file);
        match openssl_folder() {
            Some(folder) => std::env::set_var("SSL_CERT_DIR", folder),
            None => std::env::remove_var("SSL_CERT_DIR"),
        }
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    Ok((roots, file))
}

fn openssl_file() -> Option<&'static str> {
    let usual = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];
    usual.into_iter().find(|file| std::path::Path::new(file).exists())
}

fn openssl_folder() -> Option<&'static str> {
    let usual = ["/etc/ssl/certs", "/etc/pki/tls/certs"];
    usual.into_iter().find(|folder| std::path::Path::new(folder).is_dir())
}

/// An open connection.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::AcqRel);
        Self(open.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The time from the end of a connection until its thread waits for the next one.
const TO_SLEEP: Duration = Duration::from_micros(30);

/// The time limit for closing; it takes no longer than opening.
const PATIENCE: Duration = Duration::from_secs(5);

fn serve(listener: std::net::TcpListener, config: ServerConfig, open: &Arc<AtomicUsize>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    runtime.block_on(async move {
        let listener = TcpListener::from_std(listener).expect("a listener");
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, counted) = (acceptor.clone(), Counted::new(open));
            tokio::spawn(async move {
                let _counted = counted;
                stream.set_nodelay(true).ok()?;
                let mut socket = accept_async(acceptor.accept(stream).await.ok()?).await.ok()?;
                while let Some(Ok(message)) = socket.next().await {
                    if matches!(message, Message::Close(_)) {
                        break;
                    }
                }
                Some(())
            });
        }
    });
}
