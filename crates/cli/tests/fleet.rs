//! `doctor --from FOLDER`: the evidence of many vantage points, compared.

mod schema;
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Output;
use std::sync::Mutex;
use std::thread;

use serde_json::{Value, json};
use support::{Folder, program};

/// A situation of a fleet: the number of its vantage points, its part of the world, and its cause with what has to be changed.
struct Situation {
    name: &'static str,
    count: usize,
    world: &'static str,
    has_wrong_key: bool,
    /// Each group that it must be in: the id and the value to change.
    groups: &'static [(&'static str, Option<&'static str>)],
}

/// One resource with a private endpoint, seen from seven situations with six different causes.
const FLEET: &[Situation] = &[
    Situation { name: "works", count: 90, world: "", has_wrong_key: false, groups: &[] },
    Situation {
        name: "zone-not-linked",
        count: 40,
        world: "[[resolver.server]]\naddress = \"10.7.0.4:53\"\nprivate-zone = \"absent\"",
        has_wrong_key: false,
        groups: &[("DNS03", Some("10.7.0.4"))],
    },
    // The same cause at another name server is another thing to mend.
    Situation {
        name: "zone-not-linked-elsewhere",
        count: 14,
        world: "[[resolver.server]]\naddress = \"10.8.0.4:53\"\nprivate-zone = \"absent\"",
        has_wrong_key: false,
        groups: &[("DNS03", Some("10.8.0.4"))],
    },
    Situation {
        name: "record-missing",
        count: 13,
        world: "[[resolver.server]]\naddress = \"10.9.0.4:53\"\nprivate-zone = \"without-record\"",
        has_wrong_key: false,
        groups: &[("DNS04", Some("10.9.0.4"))],
    },
    Situation {
        name: "blocked",
        count: 24,
        world: "[addresses]\n\"10.1.0.4\" = \"drop\"",
        has_wrong_key: false,
        groups: &[("TCP05", None)],
    },
    Situation {
        name: "inspected",
        count: 20,
        world: "[tls]\ncertificate = \"company\"",
        has_wrong_key: false,
        groups: &[("TLS01", Some("Contoso Inspection CA"))],
    },
    Situation {
        name: "proxy",
        count: 16,
        world: "[proxy]\nmode = \"forbid\"\nstatus = 403",
        has_wrong_key: false,
        groups: &[("PXY04", Some("http://10.9.0.1:3128"))],
    },
    Situation { name: "key", count: 9, world: "", has_wrong_key: true, groups: &[("AUTH01", None)] },
];

#[test]
fn two_hundred_vantage_points_with_six_causes_are_grouped_right() {
    let folder = Folder::new();
    let evidence = folder.path("evidence");
    let expected = observe(&folder, &evidence);
    assert!(expected.len() >= 200, "{} vantage points", expected.len());

    let output = compared(&[&evidence, "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let schema = serde_json::from_str(include_str!("../schema/comparison.schema.json")).expect("JSON");
    assert_eq!(schema::faults(&schema, &report), [""; 0]);
    let all: Vec<&str> = FLEET.iter().flat_map(|situation| situation.groups.iter().map(|(id, _)| *id)).collect();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 6, "different causes");
    let groups = report["groups"].as_array().expect("groups");
    assert_eq!(groups.len(), all.len(), "{groups:#?}");
    for situation in FLEET {
        let own: BTreeSet<&str> =
            expected.iter().filter(|(_, of)| *of == situation.name).map(|(name, _)| name.as_str()).collect();
        for (id, subject) in situation.groups {
            let is_it = |group: &&Value| {
                group["id"] == *id && subject.is_none_or(|subject| group["subject"]["value"] == subject)
            };
            let group = groups.iter().find(is_it).unwrap_or_else(|| panic!("{id} {subject:?} in {groups:#?}"));
            let members = group["vantage_points"].as_array().expect("names").iter();
            assert_eq!(members.map(|name| name.as_str().expect("a name")).collect::<BTreeSet<_>>(), own, "{id}");
            assert_eq!(group["compared_with"], json!({ "count": 90, "works": true }), "{id}");
        }
    }
    assert_eq!(report["working"], 90);
    // The largest group decides.
    assert_eq!((output.status.code(), &report["exit_code"]), (Some(20), &json!(20)));

    // What differs there, and nothing that does not.
    let differs = |id: &str, subject: &str| {
        let is_it = |group: &&Value| group["id"] == id && (subject.is_empty() || group["subject"]["value"] == subject);
        let group = groups.iter().find(is_it).expect("the group");
        let kinds = group["differences"].as_array().expect("differences").iter();
        kinds.map(|difference| difference["kind"].as_str().expect("a kind").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(differs("DNS03", "10.7.0.4"), ["name_servers", "address_class"]);
    assert_eq!(differs("DNS04", "10.9.0.4"), ["name_servers"]);
    assert_eq!(differs("TCP05", ""), [""; 0]);
    assert_eq!(differs("TLS01", ""), ["issuer"]);
    assert_eq!(differs("PXY04", ""), ["proxy"]);
    assert_eq!(differs("AUTH01", ""), ["credential"]);

    let text = String::from_utf8(compared(&[&evidence]).stdout).expect("UTF-8");
    assert!(text.lines().all(|line| line.starts_with("               ") || line.chars().count() <= 80), "{text}");
    assert!(text.contains("differs    name server: 10.7.0.4 here; 168.63.129.16 at the 90 that work"), "{text}");
    assert!(text.contains("90 of 226 vantage points work"), "{text}");
}

/// Runs the doctor at each vantage point, in the lab. Returns their names, each with its situation.
fn observe(folder: &Folder, evidence: &str) -> Vec<(String, &'static str)> {
    fs::create_dir(evidence).expect("a folder");
    let mut places = Vec::new();
    for situation in FLEET {
        let world = folder.path(&format!("{}.toml", situation.name));
        let text = format!("{RESOURCE}{}\n\n{EXPECT}", situation.world);
        fs::write(&world, text).expect("a world");
        for _ in 0..situation.count {
            places.push((format!("node-{}", places.len() + 1), situation, world.clone()));
        }
    }
    let next = Mutex::new(places.iter());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some((name, situation, world)) = next.lock().expect("the list").next() else { break };
                    let key = if situation.has_wrong_key { WRONG_KEY } else { "" };
                    let file = Path::new(evidence).join(format!("{name}.json"));
                    let mut command = program();
                    command.args(["doctor", "--lab", world, "--format", "short", "--save"]).arg(file);
                    if !key.is_empty() {
                        command.args(["--key-env", "SPEECH_KEY"]).env("SPEECH_KEY", key);
                    }
                    let output = command.output().expect("the command runs");
                    assert!(output.stderr.is_empty(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
                }
            });
        }
    });
    places.into_iter().map(|(name, situation, _)| (name, situation.name)).collect()
}

#[test]
fn a_folder_names_its_vantage_points_by_path_and_skips_hidden_ones() {
    let folder = Folder::new();
    for name in ["a/evidence.json", "b/evidence.json", "b/notes.txt", ".hidden/evidence.json", "c.JSON"] {
        let path = folder.path(name);
        fs::create_dir_all(Path::new(&path).parent().expect("a folder")).expect("a folder");
        fs::write(&path, EVIDENCE).expect("evidence");
    }
    let report: Value =
        serde_json::from_slice(&compared(&[&folder.path(""), "--format", "json"]).stdout).expect("JSON");
    let names: Vec<&str> =
        report["vantage_points"].as_array().expect("a list").iter().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(names, ["a/evidence", "b/evidence", "c"]);
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_does_not_stop_the_others() {
    let folder = Folder::new();
    fs::write(folder.path("good.json"), HEALTHY).expect("evidence");
    fs::write(folder.path("bad.json"), "{").expect("no evidence");
    let output = compared(&[&folder.path("")]);
    let (text, complaint) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(complaint.lines().count(), 1, "{complaint}");
    assert!(complaint.contains("bad.json") && complaint.contains("not valid JSON"), "{complaint}");
    assert!(text.contains("one file cannot be read"), "{text}");
    // What cannot be read cannot be healthy.
    assert_eq!(output.status.code(), Some(1));

    fs::remove_file(folder.path("good.json")).expect("removed");
    let output = compared(&[&folder.path("")]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
}

#[test]
fn what_is_about_one_run_is_refused() {
    let folder = Folder::new();
    fs::write(folder.path("one.json"), EVIDENCE).expect("evidence");
    let (all, empty) = (folder.path(""), Folder::new());
    let refused = |arguments: &[&str], word: &str| {
        let output = compared(arguments);
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}: {complaint}");
        assert!(complaint.lines().count() == 1 && complaint.contains(word), "{arguments:?}: {complaint}");
    };
    refused(&[&all, "--save", &folder.path("new")], "--save");
    refused(&[&all, "--baseline", &folder.path("one.json")], "--baseline");
    refused(&[&all, "--format", "markdown"], "formats");
    refused(&[&empty.path("")], "no file");
}

#[test]
fn one_file_is_reported_and_not_compared() {
    let folder = Folder::new();
    fs::write(folder.path("one.json"), EVIDENCE).expect("evidence");
    let text = String::from_utf8(compared(&[&folder.path("one.json")]).stdout).expect("UTF-8");
    assert!(text.contains("✓ dns") && !text.contains("vantage"), "{text}");
}

fn compared(arguments: &[&str]) -> Output {
    program().args(["doctor", "--from"]).args(arguments).output().expect("the command runs")
}

const RESOURCE: &str =
    "title = \"A vantage point\"\n\n[resource]\ncustom-domain = \"contoso\"\nnetwork = \"disabled\"\n\n";
const EXPECT: &str = "[expect]\nfindings = []\nverdict = \"healthy\"\n";
const WRONG_KEY: &str = "0123456789abcdef0123456789abcdee";
const EVIDENCE: &str = include_str!("../../../tests/evidence/private-name-public-address.json");
const HEALTHY: &str = include_str!("../../../tests/evidence/well-regional.json");
