//! No peer, however silent or slow, makes a run exceed its time limit or read endlessly.
#![allow(clippy::disallowed_methods, reason = "a run begins at the real time")]
#![allow(clippy::print_stdout, reason = "the measured times are part of what the tests show")]

use std::future::pending;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use rustls::RootCertStore;
use speech_endpoint::emulation::Resolver;
use speech_endpoint::evidence::{Ended, Evidence, FailureKind, Lookup, MachineFacts, NameAnswer, Skip, Trace};
use speech_endpoint::net::Network;
use speech_endpoint::net::{ProxySettings, Trust};
use speech_endpoint::probe::{Context, probe};
use speech_endpoint::{Account, Limits, Plan, Query, Region, Stage};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};

mod support;

/// The fault on the path to every host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    NameServerSilent,
    SynDropped,
    ProxySilent,
    ProxyDripsItsHead,
    HandshakeSilent,
    HttpSilent,
    HeadDrips,
    BodyDrips,
    UpgradeSilent,
    CloseSilent,
    /// A refusal with a body of ten megabytes.
    HugeBody,
}

impl End {
    const SWALLOWING: [(Self, Stage); 10] = [
        (Self::NameServerSilent, Stage::Dns),
        (Self::SynDropped, Stage::Tcp),
        (Self::ProxySilent, Stage::Proxy),
        (Self::ProxyDripsItsHead, Stage::Proxy),
        (Self::HandshakeSilent, Stage::Tls),
        (Self::HttpSilent, Stage::Http),
        (Self::HeadDrips, Stage::Http),
        (Self::BodyDrips, Stage::Http),
        (Self::UpgradeSilent, Stage::WebSocket),
        (Self::CloseSilent, Stage::WebSocket),
    ];

    fn is_plain(self) -> bool {
        !matches!(
            self,
            Self::NameServerSilent
                | Self::SynDropped
                | Self::ProxySilent
                | Self::ProxyDripsItsHead
                | Self::HandshakeSilent
        )
    }
}

/// A network in which every name has these addresses, and every address has the same fault on loopback.
struct Scripted {
    end: End,
    listener: SocketAddr,
    /// A silent name server to query instead of responding.
    silent: Option<Resolver>,
}

impl Network for Scripted {
    async fn lookup(&self, host: &str, limit: Duration) -> Lookup {
        if let Some(resolver) = &self.silent {
            resolver.lookup(host, limit).await
        } else {
            // These are the facts for a literal address, with additional addresses.
            let mut lookup = Resolver::default().lookup("20.61.99.1", limit).await;
            let addresses = (1..=ADDRESSES).map(|last| IpAddr::from([20, 61, 99, last]).into());
            lookup.facts.addresses = addresses.collect();
            lookup
        }
    }

    async fn query_name_servers(&self, name: &str, limit: Duration) -> Option<NameAnswer> {
        self.silent.as_ref()?.query_name_servers(name, limit).await
    }

    async fn connect(&self, _peer: SocketAddr) -> io::Result<TcpStream> {
        if self.end == End::SynDropped {
            return pending().await;
        }
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(4096)?;
        socket.connect(self.listener).await
    }

    fn machine(&self) -> MachineFacts {
        MachineFacts::default()
    }
}

const ADDRESSES: u8 = 4;
const SERVERS: usize = 6;
const TOLERANCE: Duration = Duration::from_millis(150);

/// Plays one connection as scripted, and counts the bytes of the body that could be written.
async fn play(end: End, mut stream: TcpStream, written: Arc<AtomicUsize>) -> io::Result<()> {
    let mut buffer = [0; 4096];
    let ask = "HTTP/1.1 401 Unauthorized\r\ncontent-length: 2\r\n\r\nno";
    match end {
        End::ProxyDripsItsHead | End::HeadDrips => {
            let _ = stream.read(&mut buffer).await?;
            stream.write_all(b"HTTP/1.1 200 OK\r\nserver: ").await?;
            loop {
                stream.write_all(b"x").await?;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        End::BodyDrips => {
            let _ = stream.read(&mut buffer).await?;
            stream.write_all(b"HTTP/1.1 503 Busy\r\ncontent-length: 1000000\r\n\r\n").await?;
            loop {
                stream.write_all(b"x").await?;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        End::UpgradeSilent => {
            let _ = stream.read(&mut buffer).await?;
            stream.write_all(ask.as_bytes()).await?;
        }
        End::CloseSilent => {
            let _ = stream.read(&mut buffer).await?;
            stream.write_all(ask.as_bytes()).await?;
            let length = stream.read(&mut buffer).await?;
            let request = String::from_utf8_lossy(&buffer[..length]);
            let header =
                |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
            let mut headers = request.lines().filter_map(header);
            let Some((_, key)) = headers.find(|(name, _)| name == "sec-websocket-key") else { return Ok(()) };
            let accept = tungstenite::handshake::derive_accept_key(key.as_bytes());
            let switch = format!(
                "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: {accept}\r\n\r\n"
            );
            stream.write_all(switch.as_bytes()).await?;
        }
        End::HugeBody => {
            let _ = stream.read(&mut buffer).await?;
            stream
                .write_all(format!("HTTP/1.1 503 Busy\r\ncontent-length: {HUGE}\r\n\r\n<h1>Busy</h1> ").as_bytes())
                .await?;
            let chunk = [b'x'; 4096];
            while let Ok(length @ 1..) = stream.write(&chunk).await {
                written.fetch_add(length, Ordering::Relaxed);
            }
        }
        _ => {}
    }
    // All input is discarded without a response.
    while stream.read(&mut buffer).await? > 0 {}
    Ok(())
}

const HUGE: usize = 10 << 20;

struct Run {
    evidence: Evidence,
    took: Duration,
    written: usize,
}

/// Runs the doctor over the given number of targets with a fault.
fn run(end: End, targets: usize, total: Duration, jobs: usize) -> Run {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let written = Arc::new(AtomicUsize::new(0));
    runtime.block_on(async {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_send_buffer_size(4096).expect("a buffer");
        socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
        let listener: TcpListener = socket.listen(1024).expect("a listener");
        let address = listener.local_addr().expect("an address");
        let counted = Arc::clone(&written);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(play(end, stream, Arc::clone(&counted)));
            }
        });
        let mut sockets = Vec::new();
        for _ in 0..SERVERS {
            sockets.push(UdpSocket::bind("127.0.0.1:0").await.expect("a socket"));
        }
        let servers: Vec<SocketAddr> = sockets.iter().map(|socket| socket.local_addr().expect("an address")).collect();
        let silent = (end == End::NameServerSilent).then(|| Resolver::from_system(&servers));
        let network = Scripted { end, listener: address, silent };

        let account = if end.is_plain() {
            Account::from_host("ws://speech.example:5000").expect("a container").value
        } else {
            Account::regional("westeurope".parse::<Region>().expect("a region")).expect("an account")
        };
        let mut plan = Plan::new(&account, &[], &Query::default(), None, total, jobs);
        let of_websocket = plan.targets.iter().find(|target| target.is_websocket()).expect("a target").clone();
        plan.targets = vec![of_websocket; targets];
        plan.limits = Limits::of(total, jobs, targets);
        // An application may also set this value.
        plan.limits.jobs = jobs;
        let is_proxied = matches!(end, End::ProxySilent | End::ProxyDripsItsHead);
        let proxies = ProxySettings::new(is_proxied.then_some("http://proxy.example:3128"), &[]).expect("a proxy");
        let trust = Trust::of(RootCertStore::empty(), RootCertStore::empty(), "nothing");
        let context = Context::new(&network, &trust, &proxies, SystemTime::now());

        let begun = Instant::now();
        let evidence = probe(&plan, &context, &(), pending()).await;
        Run { evidence, took: begun.elapsed(), written: written.load(Ordering::Relaxed) }
    })
}

#[test]
fn no_silent_stage_makes_a_run_exceed_its_time_limit() {
    let outcomes: Vec<Outcome> = std::thread::scope(|scope| {
        // The runs mostly wait.
        let pairs = End::SWALLOWING.chunks(2);
        let threads: Vec<_> =
            pairs.map(|pair| scope.spawn(|| pair.iter().map(|(end, _)| swallowed(*end)).collect::<Vec<_>>())).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    });
    for outcome in &outcomes {
        println!("{}", outcome.shown);
    }
    let worst = outcomes.iter().map(|outcome| outcome.worst).max().unwrap_or_default();
    println!("at most {} ms over the time", worst.as_millis());
    let wrong: Vec<String> = outcomes.into_iter().flat_map(|outcome| outcome.wrong).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

struct Outcome {
    shown: String,
    worst: Duration,
    wrong: Vec<String>,
}

/// Runs the doctor over one, several and many targets.
fn swallowed(end: End) -> Outcome {
    let mut outcome =
        Outcome { shown: format!("{:<18}", format!("{end:?}")), worst: Duration::ZERO, wrong: Vec::new() };
    for (targets, ms, jobs) in [(1, 300, 16), (20, 400, 16), (200, 600, 16), (200, 400, 64)] {
        let total = Duration::from_millis(ms);
        let Run { evidence, took, .. } = run(end, targets, total, jobs);
        outcome.shown.extend([
            "  ",
            &targets.to_string(),
            " in ",
            &ms.to_string(),
            ": ",
            &took.as_millis().to_string(),
            " ms",
        ]);
        outcome.worst = outcome.worst.max(took.saturating_sub(total));
        let is_left_out = |trace: &Trace| trace.dns.skipped() == Some(Skip::Ended);
        for (is_wrong, what) in [
            (took > total + TOLERANCE, "it took too long"),
            (evidence.traces.len() != targets, "there are not as many traces"),
            (
                evidence.traces.iter().any(is_left_out) && evidence.ended == Ended::Complete,
                "one was left out and nobody says so",
            ),
        ] {
            if is_wrong {
                outcome.wrong.push(format!("{end:?}, {targets} targets in {ms} ms, {jobs} at once: {took:?}: {what}"));
            }
        }
    }
    outcome
}

#[test]
fn one_silent_target_is_reported_within_the_time_limit() {
    let mut wrong = Vec::new();
    for (end, stage) in End::SWALLOWING {
        let run = run(end, 1, Duration::from_secs(1), 16);
        let trace = &run.evidence.traces[0];
        if run.evidence.ended != Ended::Complete {
            wrong.push(format!("{end:?}: ended by {:?} after {:?}", run.evidence.ended, run.took));
        }
        if end == End::CloseSilent {
            // A missing pong does not prove that the connection is gone.
            let is_alive = trace.websocket.found().and_then(|facts| facts.is_alive);
            if (trace.failed_at(), is_alive) != (None, Some(false)) {
                wrong.push(format!("{end:?}: {:?}", trace.websocket));
            }
        } else if trace.failed_at() != Some(stage) {
            wrong.push(format!("{end:?}: failed at {:?}, expected {stage:?}: {trace:?}", trace.failed_at()));
        }
        let failure = match stage {
            Stage::Dns => trace.dns.failure(),
            Stage::Tcp => trace.tcp.failure(),
            Stage::Proxy => trace.proxy.failure(),
            Stage::Tls => trace.tls.failure(),
            Stage::Http => trace.http.failure(),
            _ => trace.websocket.failure(),
        };
        let kinds = match end {
            // The response head was received and must be kept even if the body never ends.
            End::BodyDrips => [FailureKind::Status; 2],
            _ => [FailureKind::TimedOut, FailureKind::NoAnswer],
        };
        if end != End::CloseSilent && !failure.is_some_and(|failure| kinds.contains(&failure.kind)) {
            wrong.push(format!("{end:?}: {failure:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_plan_with_zero_or_unlimited_jobs_still_runs() {
    for jobs in [0, usize::MAX] {
        let run = run(End::HttpSilent, 2, Duration::from_secs(1), jobs);
        let stages: Vec<_> = run.evidence.traces.iter().map(Trace::failed_at).collect();
        assert_eq!(stages, [Some(Stage::Http); 2], "{jobs} at once");
    }
}

#[test]
fn only_the_start_of_a_huge_body_is_read() {
    let run = run(End::HugeBody, 1, Duration::from_secs(1), 16);
    let reply = run.evidence.traces[0].http.found().expect("an answer").reply.clone();
    println!("{} bytes kept, {} of {HUGE} taken from the server, {:?}", reply.body_bytes, run.written, run.took);
    assert_eq!(reply.status, 503);
    assert!((1..=64 << 10).contains(&reply.body_bytes), "{}", reply.body_bytes);
    assert!(reply.message.as_deref().is_some_and(|text| text.starts_with("<h1>Busy</h1>")), "{:?}", reply.message);
    assert!(run.written < 1 << 20, "{} bytes were taken", run.written);
    assert!(run.took < Duration::from_millis(800), "{:?}", run.took);
}

mod binary {
    #[cfg(target_os = "linux")]
    use std::fs;
    #[cfg(target_os = "linux")]
    use std::process::Command;
    use std::time::{Duration, Instant};

    use super::TOLERANCE;
    use super::support::doctor;
    #[cfg(unix)]
    use super::support::interrupted;

    #[test]
    fn the_whole_process_ends_within_the_timeout() {
        let begun = Instant::now();
        let output = doctor(&["--lab", "TCP01", "--timeout", "1"]).output().expect("it runs");
        let took = begun.elapsed();
        println!("doctor --lab TCP01 --timeout 1: {} ms", took.as_millis());
        assert_eq!(output.status.code(), Some(30));
        assert!(took < Duration::from_secs(1) + TOLERANCE, "{took:?}");
    }

    #[cfg(unix)]
    #[test]
    fn an_interrupt_reports_the_evidence_so_far() {
        for format in ["text", "short", "json", "markdown"] {
            let args = ["--lab", "DNS02-server-silent", "--timeout", "20", "--format", format];
            let child = doctor(&args).spawn().expect("it runs");
            std::thread::sleep(Duration::from_millis(500));
            let (output, took) = interrupted(child);
            let report = String::from_utf8_lossy(&output.stdout).into_owned();
            println!("{format}: ended {} ms after the interrupt", took.as_millis());
            assert!(took < Duration::from_secs(1), "{format}: {took:?}");
            assert_eq!(output.status.code(), Some(1), "{format}: {report}");
            assert!(report.contains("interrupted"), "{format}: {report}");
            assert!(format == "short" || report.contains("speech.microsoft.com"), "{format}: {report}");
            assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{format}");
        }
    }

    /// The system resolver waits in a thread that cannot be stopped; the process must not wait for it.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_silent_system_name_server_does_not_delay_the_exit() {
        let configuration = std::env::temp_dir().join(format!("speech-endpoint-resolv-{}", std::process::id()));
        fs::write(&configuration, "nameserver 127.0.0.1\noptions timeout:5 attempts:2\n").expect("written");
        let binary = env!("CARGO_BIN_EXE_speech-endpoint");
        // If port 53 is bound but nobody reads, there is neither a response nor a refusal.
        let script = "import socket,subprocess,sys,time
subprocess.check_call(['ip','link','set','lo','up'])
subprocess.check_call(['mount','--bind',sys.argv[1],'/etc/resolv.conf'])
u=socket.socket(socket.AF_INET,socket.SOCK_DGRAM);u.bind(('127.0.0.1',53))
t=socket.socket();t.bind(('127.0.0.1',53));t.listen(8)
b=time.monotonic()
p=subprocess.Popen(sys.argv[2:],stdout=subprocess.DEVNULL)
if '20' in sys.argv: time.sleep(0.5);b=time.monotonic();p.send_signal(2)
c=p.wait()
print(c,int((time.monotonic()-b)*1000))";
        let run = |timeout: &str| {
            let mut command = Command::new("unshare");
            command.args(["--map-root-user", "--mount", "--net", "python3", "-c", script]).arg(&configuration);
            command.args([binary, "doctor", "--region", "westeurope", "--timeout", timeout]);
            command.output().ok()
        };
        for (timeout, longest) in [("1", 1150), ("20", 1000)] {
            let output = run(timeout).filter(|output| output.status.success());
            let Some(output) = output else {
                println!("not tried: no network of its own can be made here");
                continue;
            };
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            println!("a silent name server of the system, --timeout {timeout}: exit code and ms: {text}");
            let (_, took) = text.trim().split_once(' ').expect("two numbers");
            assert!(took.parse::<u64>().expect("a number") < longest, "{took} ms with --timeout {timeout}");
        }
        fs::remove_file(&configuration).expect("removed");
    }
}
