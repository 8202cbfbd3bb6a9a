"""Writes FOLDER/world.json, the description of the running world that every SDK reads: describe.py WORLDS.json SPEECH-FOLDER."""

import json
import os
import sys
import urllib.parse
import urllib.request

# The lab's own, which are not secrets: docs/lab.md.
TENANT = "22222222-2222-2222-2222-222222222222"
APPLICATION = "33333333-3333-3333-3333-333333333333"
SECRET = "LaB8Q~only-in-the-lab.Not-a-Secret_0123456789"
SECOND_KEY = "2bC3dE4fG5hI6jK7lM8nO9pQ1rS2tU3vW4xY5zA6bC7dE8fG9hJ1JQQJ99BKACYeBjFXJ3w3AAAYACOGx5Ty"
ACCOUNTS = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-speech/providers/Microsoft.CognitiveServices/accounts/"


def post(url, headers, data):
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=5) as response:
        return response.read().decode()


def tokens(world, key):
    """Returns each kind of token that the world's resource accepts."""
    given = world.get("tokens")
    if not given:
        return {}
    form = {
        "grant_type": "client_credentials",
        "client_id": APPLICATION,
        "client_secret": SECRET,
        "scope": given["audience"] + "/.default",
    }
    url = f"{given['authority']}/{TENANT}/oauth2/v2.0/token"
    entra = json.loads(post(url, {}, urllib.parse.urlencode(form).encode()))["access_token"]
    found = {"entra": entra, "composed": f"aad#{ACCOUNTS}{given['account']}#{entra}"}
    if given["issued"]:
        found["issued"] = post(
            world["rest"]["account"] + "/sts/v1.0/issueToken", {"Ocp-Apim-Subscription-Key": key}, b""
        )
    return found


def main(worlds, speech):
    name, folder, client = (os.environ[variable] for variable in ("WORLD", "FOLDER", "CLIENT"))
    with open(worlds, encoding="utf-8") as file:
        world = json.load(file)[name]
    credential = os.path.join(client, "credential")
    key = ""
    if os.path.exists(credential):
        with open(credential, encoding="utf-8") as file:
            key = file.read().strip()
    world.update(name=name, folder=folder, speech=speech, key=key, second_key=SECOND_KEY)
    world["tokens"] = tokens(world, key)
    with open(os.path.join(folder, "world.json"), "w", encoding="utf-8") as file:
        json.dump(world, file, indent=1)


main(*sys.argv[1:3])
