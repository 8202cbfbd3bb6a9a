#!/usr/bin/env python3
"""Puts an attack into every free text of saved evidence, as a hostile server or file could."""

import json
import sys

ATTACKS = [
    "<script>document.title='attacked'</script>",
    "<img src=x onerror=\"document.title='attacked'\">",
    "\"><svg onload=document.title='attacked'>",
    "'><iframe srcdoc='<script>parent.document.title=1</script>'></iframe>",
    "</title></style></script><script>document.title='attacked'</script>",
    "`<b onmouseover=document.title='attacked'>` javascript:document.title='attacked'",
    "<link rel=stylesheet href=https://evil.example/a.css><base href=https://evil.example/>",
    "<form action=https://evil.example><input autofocus onfocus=document.title='attacked'></form>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>&lt;script&gt;&#60;script&#62;",
]
FREE = {"text", "message", "issuer", "subject", "organization", "service", "host", "url", "title", "region", "custom_domain",
        "body", "code", "name", "close_reason", "location", "discovered_from", "proxy", "suggestion"}
number = 0


def attacked(value, key=None):
    global number
    if isinstance(value, dict):
        return {name: attacked(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [attacked(item, "text" if key in ("notes", "names") else key) for item in value]
    if isinstance(value, str) and key in FREE:
        number += 1
        return value + ATTACKS[number % len(ATTACKS)]
    return value


evidence = json.load(sys.stdin)
evidence["remarks"] = [{"id": "remark", "text": attack, "is_error": False} for attack in ATTACKS]
evidence["traces"] = attacked(evidence["traces"])
evidence["resource"] = attacked(evidence["resource"])
if number < 20:
    sys.exit(f"only {number} texts")
json.dump(evidence, sys.stdout)
