"""Compares results with expected.json, and writes docs/sdks.md from it.

table.py compare FOLDER PATTERN WORLD...   one line for each operation, and the sum; fails where a result differs
table.py record FOLDER PATTERN WORLD...    writes expected.json and docs/sdks.md
table.py document | check | worlds
"""

import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
EXPECTED = os.path.join(HERE, "expected.json")
DOCUMENT = os.path.join(HERE, "..", "..", "docs", "sdks.md")
PASS = "pass"
NAMES = {"python": "Python", "javascript": "JavaScript", "rest": "REST"}
HEALTHY = "healthy-"
# A network without a fault, whose service fails in the middle of a turn.
BUT = "healthy-but-"


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def versions():
    with open(os.path.join(HERE, "versions"), encoding="utf-8") as file:
        return [line.split()[1:] for line in file if line.strip() and not line.startswith("#")]


def results(folder):
    """Returns each result of a folder by SDK, operation and world."""
    found = {}
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".results"):
            continue
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            for line in file:
                result = json.loads(line)
                found[result["sdk"], result["operation"], result["world"]] = result
    return found


def flat(expected):
    return {
        (sdk, operation, world): outcome
        for sdk, operations in expected.items()
        for operation, worlds in operations.items()
        for world, outcome in worlds.items()
    }


def judge(expected, result):
    """Returns a word for the outcome, whether it is as expected, and a reason."""
    if result is None:
        return "LOST", False, "the operation did not run"
    if expected is None:
        return "NEW", False, "expected.json does not name it"
    if result["passed"]:
        return ("ok", True, "") if expected == PASS else ("PASS", False, f"expected to fail: {expected}")
    return ("FAIL", False, result["detail"]) if expected == PASS else ("known", True, expected)


def compare(folder, pattern, *worlds):
    expected, found = flat(read(EXPECTED)), results(folder)
    wanted = {place for place in expected if place[2] in worlds and re.search(pattern, place[1])} | set(found)
    rows, passed, known, wrong = {}, 0, 0, 0
    for place in sorted(wanted, key=lambda place: (list(NAMES).index(place[0]), place[1], place[2])):
        result = found.get(place)
        word, is_expected, reason = judge(expected.get(place), result)
        passed += bool(result and result["passed"])
        known += word == "known"
        wrong += not is_expected
        row = rows.setdefault(place[:2], [0, []])
        row[0] += word == "ok"
        row[1] += [] if word == "ok" else [f"{word} in {place[2]}: {reason}"]
    for (sdk, operation), (good, others) in rows.items():
        word = "ok   " if not others else others[0].split()[0].ljust(5)
        print("; ".join([f"{word} {NAMES[sdk]:10} {operation:58} {good} world{'s' * (good != 1)}", *others]))
    for world in worlds:
        errors = os.path.join(folder, world + ".errors")
        is_lost = any(place[2] == world and place not in found for place in wanted)
        if is_lost and os.path.exists(errors):
            with open(errors, encoding="utf-8") as file:
                print(f"{world}: {file.read()[-600:].strip()}")
    for sdk in NAMES:
        of_sdk = [result for place, result in found.items() if place[0] == sdk]
        print(f"{NAMES[sdk]}: {sum(result['passed'] for result in of_sdk)} of {len(of_sdk)}")
    print(f"{passed} of {len(wanted)} operations pass, {known} fail as expected, {wrong} differ from expected.json")
    return 1 if wrong or not wanted else 0


def record(folder, pattern, *run):
    old = flat(read(EXPECTED)) if os.path.exists(EXPECTED) else {}
    kept = {place: outcome for place, outcome in old.items() if place[2] not in run or not re.search(pattern, place[1])}
    for place, result in results(folder).items():
        reason = old.get(place, PASS)
        kept[place] = (
            PASS if result["passed"] else (reason if reason != PASS else "Unexplained: " + result["detail"][:80])
        )
    nested = {}
    for sdk, operation, world in sorted(
        kept, key=lambda place: (list(NAMES).index(place[0]), place[1], worlds().index(place[2]))
    ):
        nested.setdefault(sdk, {}).setdefault(operation, {})[world] = kept[sdk, operation, world]
    # One line for each operation, so that a change shows in one line.
    sections = []
    for sdk, operations in nested.items():
        lines = ",\n".join(
            f"  {json.dumps(operation)}: {json.dumps(outcomes)}" for operation, outcomes in operations.items()
        )
        sections.append(f" {json.dumps(sdk)}: {{\n{lines}\n }}")
    with open(EXPECTED, "w", encoding="utf-8") as file:
        file.write("{\n" + ",\n".join(sections) + "\n}\n")
    document()
    print(f"{sum(outcome == PASS for outcome in kept.values())} of {len(kept)} operations pass")
    return 0


def worlds():
    return list(read(os.path.join(HERE, "worlds.json")))


def text():
    expected = read(EXPECTED)
    places = flat(expected)
    notes = []

    def cell(outcome):
        if outcome in (None, PASS):
            return "" if outcome is None else "pass"
        if outcome not in notes:
            notes.append(outcome)
        return f"fails ({notes.index(outcome) + 1})"

    lines = [
        "# SDKs",
        "",
        "The lab stands in for the service in tests of applications. These tables list the operations of each SDK, and the worlds of",
        "the lab in which they pass. An empty cell means that the operation does not apply to the world, or that the SDK lacks it.",
        "`tests/sdks/run.sh` runs them all, and `tests/sdks/run.sh --table` writes this file from `tests/sdks/expected.json`.",
        "",
        f"{sum(outcome == PASS for outcome in places.values())} of {len(places)} operations pass, in {len({place[2] for place in places})} worlds.",
        "",
        "| Package | Version |",
        "| --- | --- |",
    ]
    lines += [f"| `{name}` | {version} |" for name, version in versions()]
    healthy = [world for world in worlds() if world.startswith(HEALTHY) and not world.startswith(BUT)]
    for sdk, operations in expected.items():
        rows = {operation: outcomes for operation, outcomes in operations.items() if set(outcomes) & set(healthy)}
        columns = [world for world in healthy if any(world in outcomes for outcomes in rows.values())]
        lines += [
            "",
            f"## {NAMES[sdk]} in healthy worlds",
            "",
            "| Operation | " + " | ".join(world.removeprefix(HEALTHY) for world in columns) + " |",
            "| --- " * (len(columns) + 1) + "|",
        ]
        lines += [
            f"| {operation} | " + " | ".join(cell(outcomes.get(world)) for world in columns) + " |"
            for operation, outcomes in rows.items()
        ]
    lines += [
        "",
        "## Worlds with a fault",
        "",
        "An operation passes if the SDK reports the error of the service, or if the application goes on.",
        "",
    ]
    lines += [
        "| World | Operation | " + " | ".join(NAMES.values()) + " |",
        "| --- | --- " + "| --- " * len(NAMES) + "|",
    ]
    for world in worlds():
        if world in healthy:
            continue
        for operation in sorted({place[1] for place in places if place[2] == world}):
            lines.append(
                f"| {world} | {operation} | "
                + " | ".join(cell(places.get((sdk, operation, world))) for sdk in NAMES)
                + " |"
            )
    if notes:
        lines += ["", "## Notes", ""]
        lines += [f"{number}. {note}" for number, note in enumerate(notes, 1)]
    return "\n".join(lines) + "\n"


def document():
    with open(DOCUMENT, "w", encoding="utf-8") as file:
        file.write(text())
    return 0


def check():
    unexplained = [place for place, outcome in flat(read(EXPECTED)).items() if outcome.startswith("Unexplained")]
    if unexplained:
        print(f"sdks: expected.json has no reason for {unexplained}", file=sys.stderr)
        return 1
    try:
        with open(DOCUMENT, encoding="utf-8") as file:
            is_current = file.read() == text()
    except FileNotFoundError:
        is_current = False
    if not is_current:
        print(
            "sdks: docs/sdks.md differs from tests/sdks/expected.json: run `bash tests/sdks/run.sh --table`",
            file=sys.stderr,
        )
    return 0 if is_current else 1


def main(mode, *arguments):
    if mode == "worlds":
        print("\n".join(worlds()))
        return 0
    return {"compare": compare, "record": record, "document": document, "check": check}[mode](*arguments)


sys.exit(main(*sys.argv[1:]))
