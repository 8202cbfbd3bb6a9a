//! The machine of the client.

use serde::Deserialize;

/// An operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SystemToml {
    Linux,
    MacOs,
    Windows,
}

impl SystemToml {
    /// Returns its name in `std::env::consts::OS`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Linux => "linux",
            Self::MacOs => "macos",
            Self::Windows => "windows",
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MachineToml {
    /// The operating system: `linux`, `macos` or `windows`; by default it is not stated, and commands are those of Linux.
    pub(crate) system: Option<SystemToml>,
    /// The C library, if it is not glibc: `musl`.
    pub(crate) libc: Option<String>,
    /// Whether it is a Windows Subsystem for Linux.
    pub(crate) wsl: bool,
}
