"""Starts worlds of the lab for the tests. Copy this file into your own tests."""

import json
import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile
import time
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Your own tests need only the name of the installed command.
PROGRAM = os.environ.get("SPEECH_ENDPOINT") or shutil.which("speech-endpoint", path=ROOT / "target" / "debug")


class Lab:
    """A running world. `env` has what a client needs: the proxy, the roots, the resource and the key."""

    def __init__(self, world):
        assert PROGRAM, "the command is missing: run `cargo build`, or set SPEECH_ENDPOINT to its path"
        self.folder = tempfile.TemporaryDirectory()
        ready = pathlib.Path(self.folder.name, "lab.env")
        self.process = subprocess.Popen(
            [PROGRAM, "lab", world, "--ready-file", ready], stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL
        )
        end = time.monotonic() + 20
        while not ready.exists():
            assert self.process.poll() is None and time.monotonic() < end, f"{world} does not start"
            time.sleep(0.01)
        pairs = (line.split("=", 1) for line in ready.read_text().splitlines())
        self.env = {name: "".join(shlex.split(value)) for name, value in pairs}

    def control(self, method, path, body=None):
        """Calls the control API, and returns its JSON."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.env["SPEECH_LAB_CONTROL"] + path, data, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=5) as response:
            content = response.read()
            return json.loads(content) if content else None

    def stop(self):
        self.process.terminate()
        code = self.process.wait(timeout=5)
        self.folder.cleanup()
        assert code == 0, f"the lab ends with {code}"


@pytest.fixture
def start_lab():
    """Returns a function that starts a world, which ends with the test."""
    started = []

    def start(world):
        started.append(Lab(world))
        return started[-1]

    yield start
    for lab in started:
        lab.stop()


@pytest.fixture
def lab(start_lab):
    """A healthy resource in the region westeurope."""
    return start_lab("healthy-regional")
