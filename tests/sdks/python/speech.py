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
FOX = ("The quick brown fox jumps over the lazy dog.", "en-US-AvaNeural")
RUDE = ("What is this shit?", "en-US-AvaNeural")
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


def changed(data, change):
    """Returns the samples after a change of each one, which may depend on its position."""
    each = (int(change(position, sample)) for position, sample in enumerate(array.array("h", data)))
    return array.array("h", (max(-32768, min(32767, sample)) for sample in each)).tobytes()


def resampled(data, rate):
    """Returns the samples at another rate, on straight lines between those of the source."""
    source = array.array("h", data + b"\0\0")
    places = (number * RATE / rate for number in range((len(source) - 1) * rate // RATE))
    lines = ((source[int(at)], source[int(at) + 1], at % 1) for at in places)
    return array.array("h", (int(low * (1 - part) + high * part) for low, high, part in lines)).tobytes()


def rumble():
    """Returns a change that adds brown noise, which is the same in every run."""
    source, height = random.Random(1), 0.0

    def add(_, sample):
        nonlocal height
        height = 0.98 * height + source.uniform(-40, 40)
        return sample + height

    return add


def damaged(fox):
    """Returns speech that an application damaged, and the words that are left."""
    middle, text = len(fox) // 4 * 2, FOX[0]
    pause = silence(1)
    return {
        "without-100-ms": (wav(fox[3200:] + pause), text),
        "without-start": (wav(fox[6400:] + pause), text.removeprefix("The ")),
        "without-end": (wav(fox[:-6400] + pause), text.removesuffix(" dog.")),
        "with-a-hole": (wav(fox[: middle - 1600] + silence(0.1) + fox[middle + 1600 :] + pause), text.replace("jumps ", "")),
        "faint": (wav(changed(fox, lambda _, sample: sample / 10) + pause), text),
        "clipped": (wav(changed(fox, lambda _, sample: sample * 8) + pause), text),
        **{
            f"resampled-to-{rate}": (wav(resampled(fox + pause, rate), rate), text) for rate in (8000, 11025, 22050, 44100)
        },
    }


def with_backgrounds(data):
    """Returns audio with sounds that are not speech and that never stop."""
    return {
        "over-an-offset": changed(data, lambda _, sample: sample + 3000),
        "over-a-hum": changed(data, lambda at, sample: sample + 1500 * math.sin(2 * math.pi * 50 * at / RATE)),
        "over-rumble": changed(data, rumble()),
    }


def stereo(data):
    """Returns the samples on both channels."""
    return b"".join(data[at : at + 2] * 2 for at in range(0, len(data), 2))


def right_alone(data):
    """Returns the samples on the right channel, with silence on the left."""
    return b"".join(b"\0\0" + data[at : at + 2] for at in range(0, len(data), 2))


def main(folder):
    os.makedirs(folder, exist_ok=True)
    hello, station, reply, german, fox, rude = (
        samples(say(*said)) for said in (HELLO, STATION, REPLY, GERMAN, FOX, RUDE)
    )
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
        "fox": (wav(fox + pause), [FOX]),
        "rude": (wav(rude + pause), [RUDE]),
        "joined": (wav(hello + reply + pause), [(f"{HELLO[0]} {REPLY[0]}", "")]),
        "three-turns": (wav(station + reply + silence(0.2) + hello + pause), [STATION, REPLY, HELLO]),
        "joined-languages": (wav(station + german + pause), [STATION, GERMAN]),
        "cut-turns": (wav(fox[3200:] + pause + reply[3200:] + pause + hello + pause), []),
    }
    for name, (content, text) in damaged(fox).items():
        files[name] = (content, [(text, "")])
    for name, content in with_backgrounds(silence(1) + hello + pause + station + pause).items():
        files[name] = (wav(content), [HELLO, STATION])
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
