"""Declares, selects and runs operations, and prints one line of JSON for each."""

import json
import os
import re
import sys
import threading
import time

with open(os.path.join(os.environ["FOLDER"], "world.json"), encoding="utf-8") as _file:
    WORLD = json.load(_file)
with open(os.path.join(WORLD["speech"], "speech.json"), encoding="utf-8") as _file:
    SPEECH = json.load(_file)

_operations = []


class Failed(Exception):
    """An operation that does not give the expected result."""


def need(holds, detail):
    if not holds:
        raise Failed(detail() if callable(detail) else detail)


def operation(name, *also, seconds=10, needs=None):
    """Declares an operation of the group before the `/`, which other groups repeat, and a maximum duration.

    `needs` names what a world has to have: a path in its description, such as `tokens.issued`.
    """

    def declare(body):
        _operations.append((name, {name.split("/")[0], *also}, seconds, needs, body))
        return body

    return declare


def speech(name):
    return os.path.join(WORLD["speech"], name)


def plain(text):
    """Returns a text on one line, without the addresses of the native core."""
    text = re.sub(r"\[CALL STACK BEGIN\].*?\[CALL STACK END\]", "", str(text), flags=re.DOTALL)
    return re.sub(r"[\s\0-\x1f]+", " ", text).strip()


def run(sdk, only):
    """Runs the operations of this world. One that hangs is left behind in its thread, and the next one starts."""
    for name, groups, seconds, needs, body in _operations:
        if groups.isdisjoint(WORLD["groups"]) or not _has(needs) or (only and not re.search(only, name)):
            continue
        begun = time.monotonic()
        outcome = _bounded(body, seconds)
        passed, detail = outcome or (False, f"no result within {seconds} s")
        line = {"sdk": sdk, "world": WORLD["name"], "operation": name, "passed": passed, "detail": plain(detail)[:600]}
        print(json.dumps({**line, "ms": int((time.monotonic() - begun) * 1000)}), flush=True)
    # A thread that hangs must not keep the process.
    sys.stdout.flush()
    os._exit(0)


def _has(path):
    place = WORLD
    for part in path.split(".") if path else ():
        place = place.get(part) if isinstance(place, dict) else None
    return bool(place)


def _bounded(body, seconds):
    outcome = []

    def attempt():
        try:
            outcome.append((True, body()))
        except Failed as failure:
            outcome.append((False, failure))
        except Exception as error:  # any error of an SDK is a result
            outcome.append((False, f"{type(error).__name__}: {error}"))

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(seconds)
    return outcome[0] if outcome else None
