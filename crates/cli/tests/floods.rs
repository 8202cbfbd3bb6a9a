//! A peer that sends without end, at each stage and with each type of frame. The doctor ends in time and at Ctrl-C, and stays
//! small. Each run is a process of its own, whose memory is measured.
#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a test may look at the clock, and shows figures")]

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::{Command, Stdio};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use tungstenite::handshake::derive_accept_key;

mod support;

use support::{doctor, text};

/// What a peer sends once, and then without end.
#[derive(Clone, Debug)]
struct Flood {
    name: &'static str,
    stage: Stage,
    first: Vec<u8>,
    piece: Vec<u8>,
}

/// Where the flood begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// As soon as the connection is open.
    Connected,
    /// After the `ClientHello`.
    Hello,
    /// After the head of a request.
    Request,
    /// After the response to an upgrade.
    Upgraded,
    /// After the `CONNECT` of a client of the proxy.
    Tunnel,
}

impl Flood {
    fn new(name: &'static str, stage: Stage, first: impl Into<Vec<u8>>, piece: impl Into<Vec<u8>>) -> Self {
        Self { name, stage, first: first.into(), piece: piece.into() }
    }

    /// Returns the arguments that lead the doctor to this peer.
    fn arguments(&self, at: SocketAddr) -> Vec<String> {
        match self.stage {
            Stage::Tunnel => ["--region", "westeurope", "--proxy", &format!("http://{at}")].map(str::to_owned).to_vec(),
            Stage::Hello => vec!["--host".into(), format!("wss://{at}")],
            _ => vec!["--host".into(), format!("ws://{at}")],
        }
    }
}

fn floods() -> Vec<Flood> {
    use Stage::{Connected, Hello, Request, Tunnel, Upgraded};
    let filler = "x".repeat(4000);
    let header = format!("x-filler: {}\r\n", &filler[..100]);
    let chunk = format!("fa0\r\n{filler}\r\n");
    let go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    let hints = format!("HTTP/1.1 103 Early Hints\r\n{header}\r\n");
    let full = [b'x'; 100];
    // A record of a handshake whose message claims 16 MiB.
    let endless = record(22, &[&[11, 0xff, 0xff, 0xff][..], filler.as_bytes()].concat());
    let mut floods = vec![
        Flood::new("bytes before a request", Connected, "", filler.clone()),
        Flood::new("responses before a request", Connected, "", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"),
        Flood::new("headers", Request, "HTTP/1.1 101 Switching Protocols\r\n", header.clone()),
        Flood::new("one header", Request, "HTTP/1.1 101 Switching Protocols\r\nserver: ", filler.clone()),
        Flood::new("a status line", Request, "HTTP/1.1 403 ", filler.clone()),
        Flood::new("interim responses", Request, "", go_on),
        Flood::new("early hints", Request, "", hints),
        Flood::new("a body", Request, "HTTP/1.1 403 No\r\nconnection: close\r\n\r\n", filler.clone()),
        Flood::new("chunks", Request, "HTTP/1.1 403 No\r\ntransfer-encoding: chunked\r\n\r\n", chunk),
        Flood::new("trailers", Request, "HTTP/1.1 403 No\r\ntransfer-encoding: chunked\r\n\r\n0\r\n", header.clone()),
        Flood::new("a message of a handshake", Hello, "", endless),
        Flood::new("empty records", Hello, "", record(22, b"")),
        Flood::new("alerts", Hello, "", record(21, &[1, 0])),
        Flood::new("changes of cipher", Hello, "", record(20, &[1])),
        Flood::new("data", Hello, "", record(23, &full)),
        Flood::new("headers of a proxy", Tunnel, "HTTP/1.1 200 OK\r\n", header.clone()),
        Flood::new("interim responses of a proxy", Tunnel, "", go_on),
        Flood::new("a login page of a proxy", Tunnel, "HTTP/1.1 407 No\r\nconnection: close\r\n\r\n", filler.clone()),
        Flood::new("records in a tunnel", Tunnel, "HTTP/1.1 200 OK\r\n\r\n", record(22, b"")),
        Flood::new("bytes in a tunnel", Tunnel, "HTTP/1.1 200 OK\r\n\r\n", filler.clone()),
    ];
    let framed = |name, first: Vec<u8>, piece: Vec<u8>| Flood::new(name, Upgraded, first, piece);
    floods.extend([
        framed("text", Vec::new(), frame(0x81, &full)),
        framed("binary", Vec::new(), frame(0x82, &full)),
        framed("empty text", Vec::new(), frame(0x81, b"")),
        framed("pings", Vec::new(), frame(0x89, &full)),
        framed("empty pings", Vec::new(), frame(0x89, b"")),
        framed("pongs", Vec::new(), frame(0x8a, &full)),
        framed("fragments", frame(0x01, &full), frame(0x00, &full)),
        framed("empty fragments", frame(0x01, b""), frame(0x00, b"")),
        framed("pings between fragments", frame(0x01, b""), [frame(0x00, b""), frame(0x89, b"")].concat()),
        framed("a frame of 2^62 bytes", [&[0x82, 127][..], &(1_u64 << 62).to_be_bytes()].concat(), full.to_vec()),
        framed("closes", Vec::new(), frame(0x88, &[3, 232])),
        framed("text after a close", frame(0x88, &[3, 232]), frame(0x81, &full)),
        framed("pings after a close", frame(0x88, &[3, 232]), frame(0x89, b"")),
    ]);
    floods
}

/// A frame of a server, which masks nothing (RFC 6455, section 5.2).
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).expect("a short frame");
    [&[first, length], payload].concat()
}

/// A record of TLS 1.2 (RFC 8446, section 5.1).
fn record(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).expect("a short record").to_be_bytes();
    [&[kind, 3, 3], &length[..], payload].concat()
}

/// Serves every connection on a thread of its own until the peer closes it.
fn listen(flood: Flood) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let flood = flood.clone();
            // An error means that the client has left.
            spawn(move || drop(serve(&flood, stream)));
        }
    });
    address
}

fn serve(flood: &Flood, mut stream: TcpStream) -> io::Result<()> {
    if flood.stage == Stage::Hello {
        let _ = stream.read(&mut [0; 2048])?;
    } else if flood.stage != Stage::Connected {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        if flood.stage == Stage::Upgraded {
            let key = head.lines().find(|line| line.to_lowercase().starts_with("sec-websocket-key:"));
            let Some(key) = key else {
                return stream.write_all(b"HTTP/1.1 404 No\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
            };
            let accept = derive_accept_key(key["sec-websocket-key:".len()..].trim().as_bytes());
            let head = "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n";
            stream.write_all(format!("{head}sec-websocket-accept: {accept}\r\n\r\n").as_bytes())?;
        }
    }
    stream.write_all(&flood.first)?;
    let many = flood.piece.repeat((64 << 10) / flood.piece.len());
    let end = Instant::now() + Duration::from_secs(30);
    while Instant::now() < end {
        stream.write_all(&many)?;
    }
    Ok(())
}

/// The end of a run.
struct Run {
    took: Duration,
    /// The time from the interrupt to the end, if the run still lived.
    obeyed: Option<Duration>,
    /// The most resident memory, in KiB.
    peak: u64,
    code: Option<i32>,
    error: String,
}

/// Runs the doctor to its end, or interrupts it after a time.
fn run(args: &[String], times: [&str; 2], interrupt: Option<Duration>) -> Run {
    let [timeout, hold] = times;
    let mut all: Vec<&str> = args.iter().map(String::as_str).collect();
    all.extend(["--timeout", timeout, "--hold", hold, "--format", "json"]);
    let begun = Instant::now();
    let mut child = doctor(&all).stdout(Stdio::null()).spawn().expect("it starts");
    let status = format!("/proc/{}/status", child.id());
    let (mut peak, mut sent) = (0, None);
    let code = loop {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let now = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(now.unwrap_or_default());
        if let Some(status) = child.try_wait().expect("a status") {
            break status.code();
        }
        if sent.is_none() && interrupt.is_some_and(|after| begun.elapsed() > after) {
            let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
            sent = kill.success().then(Instant::now);
        }
        if begun.elapsed() > Duration::from_secs(15) {
            let _ = child.kill();
        }
        sleep(Duration::from_millis(5));
    };
    let took = begun.elapsed();
    let error = text(&child.wait_with_output().expect("an output").stderr);
    Run { took, obeyed: sent.map(|sent| sent.elapsed()), peak, code, error }
}

/// Repeats a run that is late, because the machine may be busy. A run that does not end is late each time.
fn timely(run: impl Fn() -> Run, is_late: impl Fn(&Run) -> bool) -> Run {
    let first = run();
    if is_late(&first) { run() } else { first }
}

fn check(name: &str, args: &[String]) -> Vec<String> {
    // One second each, and one second more.
    let whole = timely(|| run(args, ["1", "1"], None), |run| run.took > LONGEST);
    let cut = timely(
        || run(args, ["10", "10"], Some(Duration::from_millis(500))),
        |run| run.obeyed.is_some_and(|time| time > OBEDIENCE),
    );
    println!("{name:30} {:?}, interrupt {:?}, {} and {} KiB", whole.took, cut.obeyed, whole.peak, cut.peak);
    let mut wrong = Vec::new();
    if whole.took > LONGEST {
        wrong.push(format!("{name}: the run took {:?}", whole.took));
    }
    if cut.obeyed.is_some_and(|time| time > OBEDIENCE) {
        wrong.push(format!("{name}: the interrupt took {:?}", cut.obeyed));
    }
    for run in [whole, cut] {
        if run.peak > LARGEST {
            wrong.push(format!("{name}: {} KiB", run.peak));
        }
        // The signal may arrive as the report is written.
        let is_said = run.obeyed.is_some() && run.error == "error: interrupted before all output was written\n";
        if run.code.is_none() || !run.error.is_empty() && !is_said {
            wrong.push(format!("{name}: {:?} {}", run.code, run.error));
        }
    }
    wrong
}

const LONGEST: Duration = Duration::from_secs(3);
const OBEDIENCE: Duration = Duration::from_millis(200);
const LARGEST: u64 = 32 << 10;

#[test]
fn no_flood_prolongs_a_run_delays_an_interrupt_or_fills_the_memory() {
    let mut wrong = Vec::new();
    for flood in floods() {
        let name = flood.name;
        let address = listen(flood.clone());
        wrong.extend(check(name, &flood.arguments(address)));
    }
    wrong.extend(check(
        "answers of a name server",
        &["--region", "westeurope", "--dns-server", &name_server()].map(String::from),
    ));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Starts a name server that sends answers to other queries without end.
fn name_server() -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let address = socket.local_addr().expect("an address");
    spawn(move || {
        let mut query = [0; 512];
        let end = Instant::now() + Duration::from_secs(30);
        while let Ok((length, peer)) = socket.recv_from(&mut query) {
            let mut answer = query[..length].to_vec();
            // A response, to a query with another number.
            (answer[0], answer[2]) = (answer[0] ^ 1, answer[2] | 0x80);
            let until = (Instant::now() + Duration::from_secs(2)).min(end);
            while Instant::now() < until && socket.send_to(&answer, peer).is_ok() {}
        }
    });
    address.to_string()
}
