"""Facts that every package needs, each from the one file that has it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
COMMAND = (ROOT / "crates" / "cli" / "Cargo.toml").read_text(encoding="utf-8")
TARGETS = {entry["target"]: entry for entry in json.loads((ROOT / "packaging" / "targets.json").read_text())}
LICENSES = ("LICENSE-APACHE", "LICENSE-MIT")


def value(manifest, key):
    """Returns the string of a key that a manifest has once."""
    found = re.findall(rf'^{key} = "(.*)"$', manifest, re.MULTILINE)
    if not found:
        sys.exit(f"packaging: no `{key}` in Cargo.toml")
    return found[0]


VERSION = value(MANIFEST, "version")
REPOSITORY = value(MANIFEST, "repository")
LICENSE = value(MANIFEST, "license")
DESCRIPTION = value(COMMAND, "description")


def target(name):
    """Returns what is known of a target, or ends with a list of those that are."""
    if name not in TARGETS:
        sys.exit(f"packaging: unknown target `{name}`; expected one of {', '.join(TARGETS)}")
    return TARGETS[name]


def archive(name):
    """Returns the name of the folder in the archive of a target. The archive has the same name and an ending."""
    return f"speech-endpoint-v{VERSION}-{name}"


def program(name):
    """Returns the file name of the command for a target."""
    return "speech-endpoint.exe" if "windows" in name else "speech-endpoint"


def write_generated(binary, folder):
    """Writes the completions, the manual pages and the JSON schemas that a binary of this machine prints."""
    command = [str(Path(binary).resolve()), "completions", "all", "--output-dir", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=60)


def moment():
    """Returns the time that every file of a package has, in seconds since 1970."""
    return int(os.environ.get("SOURCE_DATE_EPOCH", "1767225600"))
