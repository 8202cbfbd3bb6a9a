//! The embedded worlds, by name.

/// The name and text of every world, in the order of their names. The build script writes this table.
pub(super) const WORLDS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/worlds.rs"));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::World;
    use speech_endpoint::{KnownFailure, Severity};

    #[test]
    fn the_table_matches_the_directory_and_every_world_can_be_read() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/worlds");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap().replace(".toml", ""))
            .collect();
        files.sort();
        assert_eq!(files, WORLDS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        let faults: Vec<String> =
            WORLDS.iter().filter_map(|(name, toml)| Some(format!("{name}: {}", World::parse(toml).err()?))).collect();
        assert!(faults.is_empty(), "{faults:#?}");
    }

    #[test]
    fn every_expectation_is_consistent_with_itself_and_the_catalogue() {
        let mut faults = Vec::new();
        for (name, toml) in WORLDS {
            let world = World::parse(toml).unwrap();
            let expect = world.expect();
            let known = |id: &String| KnownFailure::find(id).is_some_and(|failure| failure.id == id);
            let root = expect.root_cause.as_ref();
            let named_after = root.or(expect.findings.first()).map_or("healthy", String::as_str);
            // A remark about the environment comes with a root cause, and a world may be named after it.
            let remarks = expect.findings.iter().filter(|id| id.starts_with("ENV")).map(String::as_str);
            let is_named_after_it = remarks.chain([named_after]).any(|id| name.starts_with(&format!("{id}-")));
            // An informational finding is never a root cause and leaves a world healthy. Some entries are one in some cases.
            let matters = |id: &String| {
                let is_remark = |failure: &KnownFailure| root.is_none() && failure.severity_when.is_some();
                KnownFailure::find(id).is_some_and(|failure| failure.severity > Severity::Info && !is_remark(failure))
            };
            // A finding about the environment is never a root cause either.
            let is_of_environment = |id: &String| id.starts_with("ENV");
            let is_well = !expect.findings.iter().any(matters);
            let code = root.and_then(|id| KnownFailure::find(id)?.area.exit_code()).unwrap_or_default();
            let agrees = expect.findings.iter().chain(&expect.not).all(known)
                && root.is_none_or(|id| expect.findings.contains(id))
                && (root.is_none() == is_well || expect.findings.iter().all(is_of_environment))
                && (expect.verdict == "healthy") == is_well
                && !expect.not.iter().any(|id| expect.findings.contains(id))
                && [0, code].contains(&expect.exit_code)
                && (expect.exit_code > 0 || expect.verdict != "unreachable");
            if !(agrees && is_named_after_it) {
                faults.push(*name);
            }
        }
        assert!(faults.is_empty(), "{faults:#?}");
    }
}
