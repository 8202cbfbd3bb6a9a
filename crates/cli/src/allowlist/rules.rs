//! Firewall rules, before they are written in the language of a firewall.

use std::net::IpAddr;

use speech_endpoint::{Allowlist, AllowlistEntry, AllowlistGroup, Note};

/// The rules of an allowlist, and what they leave out.
pub(super) struct Rules {
    /// The rules, by the group that needs them. The first group is that of the services.
    pub(super) groups: Vec<Group>,
    /// What the rules do not allow, one sentence each.
    pub(super) remarks: Vec<Note>,
    /// The hosts that no rule can allow, by the reason.
    left_out: Vec<(&'static str, Vec<String>)>,
}

/// The rules of one use of the resource.
pub(super) struct Group {
    /// The id of the group, or `services`.
    pub(super) id: &'static str,
    pub(super) applications: Vec<ApplicationRule>,
    pub(super) networks: Vec<NetworkRule>,
}

/// A rule on host names, which only a firewall that reads HTTP or TLS can apply.
pub(super) struct ApplicationRule {
    pub(super) name: String,
    pub(super) description: String,
    /// `Http` or `Https`.
    pub(super) protocol: &'static str,
    pub(super) port: u16,
    pub(super) hosts: Vec<String>,
}

/// A rule on service tags or address ranges.
pub(super) struct NetworkRule {
    pub(super) name: String,
    pub(super) description: String,
    /// `tcp` or `udp`.
    pub(super) transport: &'static str,
    pub(super) port: u16,
    pub(super) destination: String,
}

impl Rules {
    /// Makes the rules of Azure Firewall: host names where they are known, service tags where they are not.
    pub(super) fn of_firewall(list: &Allowlist, left_out: &[AllowlistGroup]) -> Self {
        let mut rules = Self::new(left_out);
        let mut services = Group::new("services");
        for entry in &list.entries {
            rules.add_host(&mut services, entry);
        }
        rules.groups.push(services);
        for option in &list.optional {
            let mut group = Group::new(option.group.id());
            for entry in &option.entries {
                rules.add_host(&mut group, entry);
            }
            if option.entries.is_empty() {
                option.service_tags.iter().for_each(|tag| group.add_tag(tag, option.group.title()));
            }
            rules.groups.push(group);
        }
        rules.finished()
    }

    /// Makes the rules of a network security group, which has service tags and address ranges but no host names.
    pub(super) fn of_security_group(list: &Allowlist, left_out: &[AllowlistGroup]) -> Self {
        let mut rules = Self::new(left_out);
        let mut services = Group::new("services");
        if list.entries.iter().any(|entry| entry.is_private) {
            let description = "private endpoints of the resource in this network and its peerings";
            services.add("private-endpoints", description, "tcp", HTTPS, "VirtualNetwork");
        }
        list.service_tags.iter().for_each(|tag| services.add_tag(tag, "services of the resource"));
        for entry in &list.entries {
            rules.add_range(&mut services, entry, !list.service_tags.is_empty());
        }
        rules.groups.push(services);
        for option in &list.optional {
            let mut group = Group::new(option.group.id());
            let is_new = |tag: &str| !rules.groups.iter().any(|known| known.has(tag));
            let tags = option.service_tags.iter().filter(|tag| is_new(tag)).collect::<Vec<_>>();
            for tag in tags {
                group.add_tag(tag, option.group.title());
            }
            for entry in &option.entries {
                rules.add_range(&mut group, entry, !option.service_tags.is_empty());
            }
            rules.groups.push(group);
        }
        let has_tags = rules.groups.iter().any(|group| group.networks.iter().any(|rule| rule.name.starts_with(TAG)));
        if has_tags {
            let text = "a network security group has no host names: a service tag also admits other resources behind the same addresses; Azure Firewall can be stricter";
            rules.remarks.insert(0, Note::new("service_tags", text));
        }
        rules.finished()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    fn new(left_out: &[AllowlistGroup]) -> Self {
        let mut remarks = Vec::new();
        if !left_out.is_empty() {
            let names: Vec<&str> = left_out.iter().map(|group| group.id()).collect();
            let names = names.join(", ");
            remarks.push(Note::new("optional", format!("the rules do not include {names}; add a group with `--with`")));
        }
        Self { groups: Vec::new(), remarks, left_out: Vec::new() }
    }

    fn finished(mut self) -> Self {
        self.groups.retain(|group| !group.applications.is_empty() || !group.networks.is_empty());
        for (reason, places) in &self.left_out {
            let text = format!("the rules leave out {}: {reason}", places.join(", "));
            self.remarks.push(Note::new("left_out", text));
        }
        self
    }

    /// Adds a rule on the name of a host, or on its addresses if its protocol is neither HTTP nor TLS.
    fn add_host(&mut self, group: &mut Group, entry: &AllowlistEntry) {
        let host = entry.host.as_str();
        if let Some(prefix) = entry.prefix {
            group.add(&slug(entry.purpose), entry.purpose, entry.transport, entry.port, prefix);
        } else if let Some(reason) = unsuitable(entry) {
            self.leave_out(entry, reason);
        } else {
            let (protocol, port) = (if entry.port == HTTP { "Http" } else { "Https" }, entry.port);
            let name = format!("{}-{port}{}", slug(entry.purpose), if entry.is_private { "-private" } else { "" });
            let description = described(entry);
            match group.applications.iter_mut().find(|rule| rule.name == name) {
                Some(rule) => rule.hosts.push(host.to_owned()),
                None => group.applications.push(ApplicationRule {
                    name,
                    description,
                    protocol,
                    port,
                    hosts: vec![host.to_owned()],
                }),
            }
        }
    }

    /// Adds a rule on the addresses of a host, or says that no tag covers it.
    fn add_range(&mut self, group: &mut Group, entry: &AllowlistEntry, is_covered: bool) {
        if let Some(prefix) = entry.prefix {
            group.add(&slug(entry.purpose), entry.purpose, entry.transport, entry.port, prefix);
        } else if let Some(reason) = unsuitable(entry) {
            self.leave_out(entry, reason);
        } else if !(entry.is_private || is_covered && entry.port == HTTPS) {
            self.leave_out(entry, "a network security group has no host names, and no service tag covers it");
        }
    }

    fn leave_out(&mut self, entry: &AllowlistEntry, reason: &'static str) {
        let place = format!("`{}:{}`", entry.host, entry.port);
        match self.left_out.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, places)) => places.push(place),
            None => self.left_out.push((reason, vec![place])),
        }
    }
}

impl Group {
    fn new(id: &'static str) -> Self {
        Self { id, applications: Vec::new(), networks: Vec::new() }
    }

    fn has(&self, destination: &str) -> bool {
        self.networks.iter().any(|rule| rule.destination == destination)
    }

    fn add_tag(&mut self, tag: &str, purpose: &str) {
        self.add(&format!("{TAG}{tag}"), &format!("{purpose}, by service tag"), "tcp", HTTPS, tag);
    }

    fn add(&mut self, name: &str, description: &str, transport: &'static str, port: u16, destination: &str) {
        let name = format!("{name}-{port}-{transport}");
        let (description, destination) = (description.to_owned(), destination.to_owned());
        self.networks.push(NetworkRule { name, description, transport, port, destination });
    }
}

/// Returns why no rule of a firewall can name a host.
fn unsuitable(entry: &AllowlistEntry) -> Option<&'static str> {
    let host = entry.host.as_str();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if host.contains('{') {
        return Some("give the region of the resource, which is part of this name");
    }
    if bare.parse::<IpAddr>().is_ok() || !host.contains('.') {
        return Some("it is on this machine or in this network, where no firewall rule applies to it");
    }
    (entry.transport != "tcp" || !matches!(entry.port, HTTP | HTTPS))
        .then_some("a rule on host names needs HTTP or HTTPS on its usual port")
}

fn described(entry: &AllowlistEntry) -> String {
    let private = "; private addresses, needed where this firewall inspects traffic to private endpoints";
    format!("{}{}", entry.purpose, if entry.is_private { private } else { "" })
}

/// Returns a purpose as a part of a name: lower-case letters, digits and hyphens.
fn slug(purpose: &str) -> String {
    let words = purpose.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.take(3).collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

/// The priorities of the first collections. Azure Firewall applies network rules before application rules, whatever their
/// priorities.
pub(super) const FIRST_NETWORK: usize = 200;
pub(super) const FIRST_APPLICATION: usize = 300;

const HTTP: u16 = 80;
const HTTPS: u16 = 443;

/// Starts the names of rules on service tags.
const TAG: &str = "tag-";
