//! What a version of an SDK is known to do wrong, if the text shows signs of it.

use super::{PACKAGES, Sdk, SdkVersion, TABLES};

/// Something that an SDK does wrong, or otherwise than people expect, where it changes a connection.
#[derive(Debug, PartialEq, Eq)]
pub struct Defect {
    id: &'static str,
    packages: Vec<&'static str>,
    fixed: Option<SdkVersion>,
    /// Alternatives, each of signs that must all be there.
    evidence: Vec<Vec<&'static str>>,
    text: &'static str,
    remedy: &'static str,
    source: &'static str,
}

impl Defect {
    /// Returns every known defect, in the order of the table.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        TABLES.defects.iter()
    }

    /// Returns the defects that an SDK has or may have. Without a version, those that were mended are there too.
    pub fn of(sdk: &Sdk) -> impl Iterator<Item = &'static Self> {
        Self::all().filter(move |defect| defect.may_be_in(sdk))
    }

    /// Returns the stable identifier, for example `crl-partitioned`.
    #[must_use]
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// Returns the first version without it, if there is one.
    #[must_use]
    pub fn fixed(&self) -> Option<SdkVersion> {
        self.fixed
    }

    /// Returns what happens, in sentences.
    #[must_use]
    pub fn text(&self) -> &'static str {
        self.text
    }

    /// Returns what to do about it, in sentences.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        self.remedy
    }

    /// Returns where this is known from.
    #[must_use]
    pub fn source(&self) -> &'static str {
        self.source
    }

    /// Returns whether an SDK has this defect, as far as its version is known.
    fn may_be_in(&self, sdk: &Sdk) -> bool {
        let is_meant = self.packages.iter().any(|id| *id == sdk.id() || *id == sdk.family());
        let is_mended = self.fixed.zip(sdk.versions()).is_some_and(|(fixed, (oldest, _))| oldest >= fixed);
        is_meant && !is_mended
    }

    pub(super) fn read(row: &[&'static str]) -> Option<Self> {
        let &[id, packages, fixed, evidence, text, remedy, source] = row else { return None };
        let packages: Vec<&str> = packages.split(' ').collect();
        let is_known = |id: &&str| PACKAGES.iter().any(|package| package.id == *id);
        let fixed = if fixed == "-" { None } else { Some(fixed.parse().ok()?) };
        let evidence = evidence.split(' ').map(|signs| signs.split('+').collect()).collect();
        packages.iter().all(is_known).then_some(Self { id, packages, fixed, evidence, text, remedy, source })
    }

    /// Returns every sign that the evidence names.
    #[cfg(test)]
    fn signs(&self) -> impl Iterator<Item = &'static str> {
        self.evidence.iter().flatten().copied()
    }
}

/// Returns the defects of an SDK of which a text shows the signs.
pub(in super::super) fn defects(sdk: &Sdk, has_sign: impl Fn(&str) -> bool) -> Vec<&'static Defect> {
    let shows = |defect: &&'static Defect| defect.evidence.iter().any(|signs| signs.iter().all(|sign| has_sign(sign)));
    Defect::of(sdk).filter(shows).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::super::table::Meaning;
    use super::*;
    use crate::diagnose::catalogue::KnownFailure;

    fn ids(sdk: &str) -> Vec<&'static str> {
        Defect::of(&sdk.parse().expect("an SDK")).map(Defect::id).collect()
    }

    #[test]
    fn a_defect_ends_with_the_version_that_mends_it() {
        assert!(ids("python:1.44").contains(&"crl-partitioned") && ids("python:1.48.1").contains(&"crl-partitioned"));
        assert!(!ids("python:1.48.2").contains(&"crl-partitioned"));
        assert!(ids("c#").contains(&"crl-partitioned"), "an unknown version may have it");
        assert!(!ids("javascript:1.44").contains(&"crl-partitioned"));
        assert!(ids("java:1.53").contains(&"token-scope-java") && !ids("go:1.53").contains(&"token-scope-java"));
    }

    #[test]
    fn every_defect_has_its_words_and_signs_that_exist() {
        let special = ["usgov", "china", "proxy", "key-in-url", "opened"];
        let mut seen = BTreeSet::new();
        for defect in Defect::all() {
            let id = defect.id;
            assert!(seen.insert(id), "{id} is there twice");
            for text in [defect.text, defect.remedy] {
                assert!(text.ends_with('.') && text.starts_with(char::is_uppercase), "{id}: {text}");
            }
            assert!(!defect.source.is_empty(), "{id}");
            for sign in defect.signs() {
                let is_known = special.contains(&sign)
                    || sign.parse::<u16>().is_ok()
                    || KnownFailure::find(sign).is_some_and(|failure| failure.id == sign)
                    || Meaning::all().any(|meaning| meaning.id() == sign);
                assert!(is_known, "{id}: {sign}");
            }
        }
        assert!(seen.len() >= 35, "{}", seen.len());
    }
}
