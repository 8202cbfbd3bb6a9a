//! Machine: the operating system, and the parts of this machine besides its resolver on which connections depend. Only Linux has
//! the files; elsewhere nothing is known about them.

use std::env::consts::OS;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use crate::diagnose::evidence::MachineFacts;

/// Adds the operating system, and the facts that files of this machine show.
pub(super) fn completed(facts: MachineFacts) -> MachineFacts {
    let files = &*FILES;
    MachineFacts {
        system: Some(OS.to_owned()),
        local_ports: files.local_ports,
        libc: files.is_of_musl.then(|| "musl".to_owned()),
        is_wsl: files.is_wsl.then_some(true),
        ..facts
    }
}

/// What the files say. They are read once, because every failure of a connector asks for them.
struct Files {
    local_ports: Option<(u16, u16)>,
    is_of_musl: bool,
    is_wsl: bool,
}

static FILES: LazyLock<Files> = LazyLock::new(|| {
    let text = |path| fs::read_to_string(path).ok();
    Files {
        local_ports: text("/proc/sys/net/ipv4/ip_local_port_range").as_deref().and_then(local_ports),
        is_of_musl: uses_musl(),
        is_wsl: text("/proc/sys/kernel/osrelease").as_deref().is_some_and(is_wsl),
    }
});

fn local_ports(text: &str) -> Option<(u16, u16)> {
    let mut ports = text.split_whitespace().map(str::parse);
    Some((ports.next()?.ok()?, ports.next()?.ok()?))
}

/// Returns whether the kernel is that of the Windows Subsystem for Linux: `5.15.167.4-microsoft-standard-WSL2`.
fn is_wsl(version: &str) -> bool {
    version.to_ascii_lowercase().contains("microsoft")
}

/// Returns whether applications use musl: its loader is there and that of glibc is not.
fn uses_musl() -> bool {
    let has = |folder: &str, prefix: &str| {
        let names = fs::read_dir(Path::new(folder)).into_iter().flatten().flatten().map(|entry| entry.file_name());
        names.into_iter().any(|name| name.to_str().is_some_and(|name| name.starts_with(prefix)))
    };
    has("/lib", "ld-musl-") && !["/lib", "/lib64"].iter().any(|folder| has(folder, "ld-linux"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_the_kernel_are_read() {
        assert_eq!(local_ports("32768\t60999\n"), Some((32_768, 60_999)));
        assert_eq!(local_ports("32768"), None);
        assert!(is_wsl("5.15.167.4-microsoft-standard-WSL2\n") && is_wsl("4.4.0-19041-Microsoft"));
        assert!(!is_wsl("6.8.0-1017-azure"));
    }
}
