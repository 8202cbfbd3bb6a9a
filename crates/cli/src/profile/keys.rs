//! The settings that a profile can have. Each is the name of an option.

/// A setting of a profile.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) group: Group,
}

/// What the value of a setting is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One text or number.
    One,
    /// One text or number, or a list of them.
    Many,
    /// A file, by its path from the folder of the configuration.
    Path,
    /// Several files.
    Paths,
    /// `true` or `false`.
    Flag,
    /// A list of tables with an `id` and a `reason`.
    Ignored,
}

/// The settings that the command line replaces together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    Resource,
    Credential,
    Single,
}

const fn key(name: &'static str, kind: Kind, group: Group) -> Key {
    Key { name, kind, group }
}

/// All settings, in the order of the documentation.
pub(super) const KEYS: &[Key] = &[
    key("region", Kind::One, Group::Resource),
    key("custom-domain", Kind::One, Group::Resource),
    key("endpoint", Kind::One, Group::Resource),
    key("host", Kind::One, Group::Resource),
    key("account", Kind::Path, Group::Resource),
    key("cloud", Kind::One, Group::Resource),
    key("network", Kind::One, Group::Resource),
    key("synthesis-path", Kind::One, Group::Resource),
    key("expect", Kind::One, Group::Resource),
    key("azure", Kind::Paths, Group::Resource),
    key("facts", Kind::Path, Group::Single),
    key("service", Kind::Many, Group::Single),
    key("language", Kind::One, Group::Single),
    key("key-env", Kind::One, Group::Credential),
    key("key-file", Kind::Path, Group::Credential),
    key("token-env", Kind::One, Group::Credential),
    key("token-file", Kind::Path, Group::Credential),
    key("entra", Kind::One, Group::Credential),
    key("resource-id", Kind::One, Group::Credential),
    key("dns-server", Kind::Many, Group::Single),
    key("ca-file", Kind::Path, Group::Single),
    key("proxy", Kind::One, Group::Single),
    key("ip", Kind::One, Group::Single),
    key("timeout", Kind::One, Group::Single),
    key("jobs", Kind::One, Group::Single),
    key("ask-metadata", Kind::Flag, Group::Single),
    key("check-revocation", Kind::Flag, Group::Single),
    key("only", Kind::Many, Group::Single),
    key("ignore", Kind::Ignored, Group::Single),
    key("fail-on", Kind::One, Group::Single),
];
