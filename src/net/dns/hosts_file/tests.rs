//! Hosts files: their grammar, their size, and paths that are not files.

#[cfg(target_os = "linux")]
use std::io::Write as _;
#[cfg(unix)]
use std::process::Command;

use super::*;

const LIMIT: Duration = Duration::from_secs(20);

fn ips(texts: &[&str]) -> Vec<IpAddr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// A path of its own for each test.
fn place(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("speech-endpoint-hosts-{}-{name}", std::process::id()))
}

/// A file that is removed with the test.
struct Draft(PathBuf);

impl Draft {
    fn new(name: &str, content: &[u8]) -> Self {
        let path = place(name);
        fs::write(&path, content).unwrap();
        Self(path)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

async fn found(name: &str, content: &[u8], host: &str) -> Vec<IpAddr> {
    let draft = Draft::new(name, content);
    HostsFile::at(draft.0.clone()).find(host, LIMIT).await
}

#[tokio::test]
async fn a_line_is_an_address_and_its_names_in_any_case() {
    let content = b"\xef\xbb\xbf10.0.0.1 first.example\n\
        # 10.0.0.2 comment.example\n\
        10.0.0.3\tAlias.Example  b.example. # c.example\r\n\
        fd00::3 alias.example\n\
        10.0.0.4#d.example\n\
        \n\
        fe80::1%lo0 zone.example\n\
        10.0.0.300 wrong.example\n\
        10.0.0.5 alias.example \xff\xfe alias.example\n\
        10.0.0.3 ALIAS.example\n\
        alias.example 10.0.0.6\n\
        10.0.0.7 last.example";
    for (host, expected) in [
        ("first.example", &["10.0.0.1"][..]),
        ("comment.example", &[]),
        ("alias.example", &["10.0.0.3", "10.0.0.5", "fd00::3"]),
        ("ALIAS.EXAMPLE.", &["10.0.0.3", "10.0.0.5", "fd00::3"]),
        ("b.example", &["10.0.0.3"]),
        ("c.example", &[]),
        ("d.example", &[]),
        ("zone.example", &[]),
        ("wrong.example", &[]),
        ("example", &[]),
        ("alias.example.com", &[]),
        ("10.0.0.6", &[]),
        ("last.example", &["10.0.0.7"]),
    ] {
        assert_eq!(found("grammar", content, host).await, ips(expected), "{host}");
    }
}

#[tokio::test]
async fn a_file_that_changes_is_read_again() {
    let draft = Draft::new("changes", b"10.0.0.1 a.example\n");
    let file = HostsFile::at(draft.0.clone());
    assert_eq!(file.find("a.example", LIMIT).await, ips(&["10.0.0.1"]));
    assert_eq!(file.find("b.example", LIMIT).await, ips(&[]));
    fs::write(&draft.0, b"10.0.0.2 a.example b.example\n").unwrap();
    assert_eq!(file.find("a.example", LIMIT).await, ips(&["10.0.0.2"]));
    assert_eq!(file.find("b.example", LIMIT).await, ips(&["10.0.0.2"]));
}

#[tokio::test]
async fn the_end_of_a_line_without_end_is_no_line() {
    let names = b"x".repeat(usize::try_from(LONGEST_LINE).unwrap() - 1);
    let content = [&b"#"[..], &names, b"10.0.0.1 a.example\n10.0.0.2 a.example\n"].concat();
    assert_eq!(found("long-line", &content, "a.example").await, ips(&["10.0.0.2"]));
}

#[tokio::test]
async fn a_name_on_every_line_has_a_bounded_number_of_addresses() {
    let lines = (0..10_000).map(|n| format!("10.0.{}.{} a.example\nfd00::{n:x} a.example\n", n / 250, n % 250));
    let content: String = lines.collect();
    assert_eq!(found("many", content.as_bytes(), "a.example").await.len(), 2 * MOST_OF_A_FAMILY);
}

#[tokio::test]
async fn a_time_that_is_over_is_an_error_and_no_answer() {
    let content = b"10.0.0.1 a.example\n".repeat(2000);
    let names = ["a.example".to_owned()];
    assert!(search(&content[..], &names, Instant::now()).is_err());
    assert_eq!(search(&content[..], &names, Instant::now() + LIMIT).unwrap()["a.example"], ips(&["10.0.0.1"]));
}

#[cfg(unix)]
#[tokio::test]
async fn a_pipe_or_a_device_has_no_names_and_is_not_waited_for() {
    let pipe = place("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let begun = Instant::now();
    for path in [pipe.clone(), "/dev/zero".into(), "/dev/tty".into(), "/".into(), place("missing")] {
        assert!(HostsFile::at(path.clone()).find("a.example", LIMIT).await.is_empty(), "{}", path.display());
    }
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
    fs::remove_file(pipe).unwrap();
}

/// In a process of its own, because other tests need memory too.
#[cfg(target_os = "linux")]
#[test]
fn a_list_of_64_megabytes_costs_little_memory_and_time() {
    let name = "net::dns::hosts_file::tests::a_list_of_64_megabytes";
    let test = std::env::current_exe().unwrap();
    let ended = Command::new(test).args(["--ignored", "--exact", "--nocapture", name]).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&ended.stderr));
    println!("{said}");
}

/// Ten times the usual list of blocked names.
#[cfg(target_os = "linux")]
#[tokio::test]
#[ignore = "run by the test above"]
async fn a_list_of_64_megabytes() {
    let blocked = |line: u32| format!("blocked-{line:07}.{0}.{0}.example", "x".repeat(55));
    let draft = Draft::new("big", b"");
    let mut file = io::BufWriter::new(File::create(&draft.0).unwrap());
    for line in 0..500_000 {
        writeln!(file, "0.0.0.0 {}", blocked(line)).unwrap();
    }
    writeln!(file, "10.0.0.9 a.example b.example").unwrap();
    file.into_inner().unwrap();
    assert!(fs::metadata(&draft.0).unwrap().len() > 64_000_000);
    let before = memory();
    let file = HostsFile::at(draft.0.clone());
    let begun = Instant::now();
    let last = blocked(499_999);
    let names = ["a.example", "b.example", &last, "c.example"].map(|name| file.find(name, LIMIT));
    let found = futures_util::future::join_all(names).await;
    let (took, grown) = (begun.elapsed(), memory().saturating_sub(before));
    assert!(grown < 16 << 20, "{} KiB", grown >> 10);
    assert!(took < LONGEST_READ, "{took:?}");
    println!("{} KiB, {took:?}", grown >> 10);
    assert_eq!(found, [ips(&["10.0.0.9"]), ips(&["10.0.0.9"]), ips(&["0.0.0.0"]), ips(&[])]);
    // It is read once for all names that are known by now.
    let begun = Instant::now();
    assert_eq!(file.find("A.example.", LIMIT).await, ips(&["10.0.0.9"]));
    assert!(begun.elapsed() < Duration::from_millis(100), "{:?}", begun.elapsed());
}

/// The most memory that this process has had.
#[cfg(target_os = "linux")]
fn memory() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim_end_matches("kB").trim().parse::<usize>().unwrap() << 10
}
