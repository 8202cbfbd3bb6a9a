"""Makes the audio of the operations with the speech of the lab: speech.py FOLDER, in the world `healthy-regional`.

Every file is a WAV file. `speech.json` holds the text and the duration of each.
"""

import array
import json
import math
import os
import random
import struct
import sys
import urllib.request

RATE = 16000
HELLO = ("Hello, world.", "en-US-AvaNeural")
STATION = ("The train to the station leaves at nine.", "en-US-AvaNeural")
REPLY = ("Thank you, I will be there.", "en-US-AndrewNeural")
GERMAN = ("Guten Morgen, wie geht es Ihnen?", "de-DE-KatjaNeural")


def say(text, voice, form="riff-16khz-16bit-mono-pcm"):
    """Returns a WAV file in which a voice of the lab says a text."""
    with open(os.path.join(os.environ["CLIENT"], "credential"), encoding="utf-8") as file:
        key = file.read().strip()
    locale = "-".join(voice.split("-")[:2])
    ssml = f"<speak version='1.0' xml:lang='{locale}'><voice name='{voice}'>{text}</voice></speak>"
    request = urllib.request.Request(
        "https://westeurope.tts.speech.microsoft.com/cognitiveservices/v1",
        data=ssml.encode(),
        headers={
            "Ocp-Apim-Subscription-Key": key,
            "Content-Type": "application/ssml+xml",
            "X-Microsoft-OutputFormat": form,
        },
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        return response.read()


def samples(wav):
    """Returns the content of the `data` chunk."""
    at = 12
    while at + 8 <= len(wav):
        size = struct.unpack_from("<I", wav, at + 4)[0]
        if wav[at : at + 4] == b"data":
            return wav[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    raise ValueError("the WAV file has no `data` chunk")


def wav(data, rate=RATE, channels=1):
    """Returns a WAV file of 16-bit samples with nothing but the two necessary chunks."""
    width = 2 * channels
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate, rate * width, width, 16)
    return b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVE" + form + struct.pack("<4sI", b"data", len(data)) + data


def silence(seconds):
    return bytes(2 * int(RATE * seconds))


def hum(seconds):
    """Returns a sound that is not speech."""
    wave = (int(6000 * math.sin(number * 0.05)) for number in range(int(RATE * seconds)))
    return array.array("h", wave).tobytes()


def noisy(data):
    """Returns the samples with quiet noise, which is the same in every run."""
    source = random.Random(15)
    return array.array(
        "h", (max(-32768, min(32767, sample + source.randint(-60, 60))) for sample in array.array("h", data))
    ).tobytes()


def stereo(data):
    """Returns the samples on both channels."""
    return b"".join(data[at : at + 2] * 2 for at in range(0, len(data), 2))


def right_alone(data):
    """Returns the samples on the right channel, with silence on the left."""
    return b"".join(b"\0\0" + data[at : at + 2] for at in range(0, len(data), 2))


def main(folder):
    os.makedirs(folder, exist_ok=True)
    hello, station, reply, german = (samples(say(*said)) for said in (HELLO, STATION, REPLY, GERMAN))
    wide = samples(say(*HELLO, "riff-48khz-16bit-mono-pcm"))
    law = samples(say(*HELLO, "riff-8khz-8bit-mono-mulaw"))
    pause = silence(1.5)
    files = {
        "hello": (wav(hello), [HELLO]),
        "station": (wav(station), [STATION]),
        "german": (wav(german), [GERMAN]),
        "late": (wav(silence(1) + hello), [HELLO]),
        "two-phrases": (wav(hello + pause + station + pause), [HELLO, STATION]),
        "two-speakers": (wav(station + pause + reply + pause), [STATION, REPLY]),
        "two-languages": (wav(station + pause + german + pause), [STATION, GERMAN]),
        "noisy": (wav(noisy(silence(0.5) + hello + pause)), [HELLO]),
        "stereo": (wav(stereo(wide), 48000, 2), [HELLO]),
        "right-channel": (wav(right_alone(hello), RATE, 2), [HELLO]),
        "silence": (wav(silence(3)), []),
        "hum": (wav(hum(2)), []),
    }
    described = {}
    for name, (content, said) in files.items():
        with open(os.path.join(folder, name + ".wav"), "wb") as file:
            file.write(content)
        described[name] = {
            "texts": [text for text, _ in said],
            "seconds": len(samples(content)) / struct.unpack_from("<I", content, 28)[0],
        }
    with open(os.path.join(folder, "hello.mulaw"), "wb") as file:
        file.write(law)
    described["spoken"] = {
        name: len(data) / 2 / RATE
        for name, data in (("hello", hello), ("station", station), ("reply", reply), ("german", german))
    }
    with open(os.path.join(folder, "speech.json"), "w", encoding="utf-8") as file:
        json.dump(described, file, indent=1)


main(sys.argv[1])
