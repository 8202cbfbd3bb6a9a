#!/usr/bin/env python3
"""Compares the evidence of many vantage points: time and memory of `doctor --from FOLDER`.

    benches/fleet.py BINARY [FILES]

Evidence is taken from eight worlds of the lab and repeated under FILES names (5,000). The limits are those that are promised:
10 seconds and 500 MB for 5,000 files. The file cache is warm.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WORLDS = [
    "healthy-disabled-private-endpoint", "DNS03-zone-not-linked", "DNS04-record-missing", "TCP05-private-endpoint-unroutable",
    "PXY06-private-host-through-proxy", "POL01-public-access-disabled", "AUTH10-issued-token-at-private-endpoint",
    "CFG07-privatelink-name",
]
SECONDS, MEGABYTES = 10, 500


def main():
    binary, files = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5000
    with tempfile.TemporaryDirectory() as folder:
        evidence = Path(folder, "evidence")
        evidence.mkdir()
        saved = []
        for world in WORLDS:
            file = Path(folder, world)
            command = [binary, "doctor", "--lab", world, "--save", str(file), "--output", os.devnull]
            subprocess.run(command, env={}, capture_output=True, timeout=60)
            saved.append(file.read_bytes())
        for number in range(files):
            (evidence / f"node-{number + 1}.json").write_bytes(saved[number % len(saved)])
        size = sum(file.stat().st_size for file in evidence.iterdir())
        begun = time.monotonic()
        command = [binary, "doctor", "--from", str(evidence), "--format", "json"]
        output = subprocess.run(command, env={}, capture_output=True, timeout=600)
        took = time.monotonic() - begun
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        report = json.loads(output.stdout)
        seen = len(report["vantage_points"])
        print(f"{seen} of {files} files ({size / 1e6:.0f} MB), {len(report['groups'])} groups: {took:.2f} s, peak {peak:.0f} MB")
        limit = SECONDS * max(files, 5000) / 5000
        if seen != files or took > limit or peak > MEGABYTES:
            sys.exit(f"fleet: over the limits of {limit:.0f} s and {MEGABYTES} MB")


main()
