//! The machine of the client.

use serde::Deserialize;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MachineToml {
    /// The C library, if it is not glibc: `musl`.
    pub(crate) libc: Option<String>,
    /// Whether it is a Windows Subsystem for Linux.
    pub(crate) wsl: bool,
}
