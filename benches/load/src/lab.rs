//! The lab under load: a process of its own, so that its memory and its time are its own.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::sleep;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A running lab, and how to connect to it.
pub(crate) struct Lab {
    process: Child,
    folder: PathBuf,
    service: SocketAddr,
    tls: TlsConnector,
    /// The key of the resource.
    pub(crate) key: String,
}

/// What a process has used so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Used {
    /// Resident memory now, in KiB.
    pub(crate) memory: u64,
    /// The highest resident memory, in KiB.
    pub(crate) peak: u64,
    /// Time of the processor, in clock ticks of 10 ms.
    pub(crate) ticks: u64,
}

impl Lab {
    /// Starts a binary with the world `healthy-regional`, and waits until it listens.
    pub(crate) async fn start(binary: &Path) -> Result<Self, Box<dyn std::error::Error>> {
        let folder = std::env::temp_dir().join(format!("speech-endpoint-load-{}", std::process::id()));
        let process = Command::new(binary)
            .args(["lab", "healthy-regional", "--write"])
            .arg(&folder)
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let listeners = folder.join("listeners");
        for _ in 0..200 {
            if listeners.exists() {
                break;
            }
            sleep(Duration::from_millis(50)).await;
        }
        let listeners = std::fs::read_to_string(listeners)?;
        let service = listeners.lines().find_map(|line| {
            let (place, what) = line.rsplit_once(' ')?;
            let (ip, port) = place.split_once(' ')?;
            (what == "service").then(|| Some(SocketAddr::new(ip.parse().ok()?, port.parse().ok()?)))?
        });
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(folder.join("root.pem"))?)?;
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        Ok(Self {
            process,
            service: service.ok_or("the lab lists no service")?,
            tls: TlsConnector::from(Arc::new(config)),
            key: std::fs::read_to_string(folder.join("credential"))?.trim().to_owned(),
            folder,
        })
    }

    /// Connects to a host of the service, over TLS.
    pub(crate) async fn connect(&self, host: &'static str) -> io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(self.service).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::try_from(host).map_err(io::Error::other)?;
        self.tls.connect(name, stream).await
    }

    /// Returns what the lab has used so far.
    pub(crate) fn used(&self) -> io::Result<Used> {
        let id = self.process.id().ok_or_else(|| io::Error::other("the lab has ended"))?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let kibibytes = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name));
            line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or_default()
        };
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = [11, 12].map(|at| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or_default());
        Ok(Used { memory: kibibytes("VmRSS:"), peak: kibibytes("VmHWM:"), ticks: ticks[0] + ticks[1] })
    }

    /// Sets the highest memory back to that of now: <https://docs.kernel.org/filesystems/proc.html>
    pub(crate) fn forget_peak(&self) -> io::Result<()> {
        let id = self.process.id().ok_or_else(|| io::Error::other("the lab has ended"))?;
        std::fs::write(format!("/proc/{id}/clear_refs"), "5")
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // A folder that cannot be removed is left to whatever cleans the temporary directory.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
