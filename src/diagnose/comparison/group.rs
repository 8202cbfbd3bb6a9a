//! Groups: the vantage points that have one cause.

use std::collections::HashMap;

use super::difference::{Difference, differences};
use super::traits::TraitKind;
use super::vantage::{Cause, Vantage};
use crate::diagnose::area::Area;
use crate::diagnose::catalogue::Severity;

/// The vantage points that have one cause, with what differs there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// The id of the cause; `None` for a failure that no known failure matches.
    pub(crate) id: Option<&'static str>,
    /// The area of the cause.
    pub(crate) area: Area,
    /// Its severity.
    pub(crate) severity: Severity,
    /// The cause, in words.
    pub(crate) title: String,
    /// The resource at which it occurs.
    pub(crate) resource: String,
    /// What has to be changed, where the evidence names it: the kind and the value.
    pub(crate) subject: Option<(TraitKind, String)>,
    /// Other causes that fit the same facts, by id. Only one of them is present.
    pub(crate) alternatives: Vec<&'static str>,
    /// The names of the vantage points, in their order.
    pub(crate) members: Vec<String>,
    /// What was observed at the first of them.
    pub(crate) observed: String,
    /// The remedy there.
    pub(crate) remedy: String,
    /// The commands of that remedy.
    pub(crate) commands: Vec<String>,
    /// What all members have and no vantage point has that works.
    pub(crate) differences: Vec<Difference>,
    /// The number of vantage points of the same resource that the group was compared with: those that work, or, if none works,
    /// all others.
    pub(crate) compared_with: usize,
    /// Whether those work.
    pub(crate) compared_with_working: bool,
}

impl Group {
    pub(super) fn exit_code(&self) -> u8 {
        // The environment is never the root cause; a threat there is one of the configuration.
        self.area.exit_code().or(Area::Configuration.exit_code()).unwrap_or_default()
    }
}

/// What makes two causes one.
type Key<'a> = (Severity, Option<&'static str>, &'a str, &'a str, Option<&'a str>);

pub(super) fn groups(vantages: &[Vantage]) -> Vec<Group> {
    let mut keys: HashMap<Key<'_>, usize> = HashMap::new();
    let mut members: Vec<(&Cause, Vec<usize>)> = Vec::new();
    for (index, vantage) in vantages.iter().enumerate() {
        for cause in &vantage.causes {
            let subject = cause.subject.as_ref().map(|(_, value)| value.as_str());
            let key = (cause.severity, cause.id, cause.title.as_str(), vantage.resource.as_str(), subject);
            let place = *keys.entry(key).or_insert_with(|| {
                members.push((cause, Vec::new()));
                members.len() - 1
            });
            members[place].1.push(index);
        }
    }
    members.sort_by_key(|(cause, members)| (std::cmp::Reverse((cause.severity, members.len())), cause.area, cause.id));
    members.into_iter().map(|(cause, members)| group(vantages, cause, &members)).collect()
}

fn group(vantages: &[Vantage], cause: &Cause, members: &[usize]) -> Group {
    let resource = &vantages[members[0]].resource;
    let mut is_member = vec![false; vantages.len()];
    for index in members {
        is_member[*index] = true;
    }
    let others =
        || vantages.iter().zip(&is_member).filter(|(other, is_member)| !**is_member && other.resource == *resource);
    let working: Vec<&Vantage> = others().map(|(other, _)| other).filter(|other| other.works()).collect();
    let compared_with_working = !working.is_empty();
    let compared = if compared_with_working { working } else { others().map(|(other, _)| other).collect() };
    let here: Vec<&Vantage> = members.iter().map(|index| &vantages[*index]).collect();
    Group {
        id: cause.id,
        area: cause.area,
        severity: cause.severity,
        title: cause.title.clone(),
        resource: resource.clone(),
        subject: cause.subject.clone(),
        alternatives: cause.alternatives.clone(),
        members: here.iter().map(|vantage| vantage.name.clone()).collect(),
        observed: cause.observed.clone(),
        remedy: cause.remedy.clone(),
        commands: cause.commands.clone(),
        differences: differences(&here, &compared),
        compared_with: compared.len(),
        compared_with_working,
    }
}
