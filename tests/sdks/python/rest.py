"""REST by nothing but the standard library: rest.py [PATTERN]."""

import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import wave

from harness import SPEECH, WORLD, need, operation, run, speech

REST = WORLD.get("rest", {})
HELLO = SPEECH["hello"]["texts"][0]
PCM = "riff-16khz-16bit-mono-pcm"
SHORT = "/speech/recognition/conversation/cognitiveservices/v1"
SPEECH_TO_TEXT = "api-version=2025-10-15"
BATCH_SYNTHESIS = "api-version=2024-04-01"


class Response:
    def __init__(self, response):
        self.status, self.headers, self.content = response.status, response.headers, response.read()

    def __str__(self):
        return f"{self.status} {self.content[:200]!r}"

    def json(self):
        return json.loads(self.content)


class NotFollowed(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(NotFollowed)


def send(method, url, status, *, data=None, headers=None, key=WORLD["key"]):
    """Sends a request and returns the response, whose status must be the expected one."""
    sent = {"Ocp-Apim-Subscription-Key": key} if key else {}
    sent.update(headers or {})
    request = urllib.request.Request(url, data=data, headers=sent, method=method)
    try:
        response = Response(OPENER.open(request, timeout=6))
    except urllib.error.HTTPError as error:
        response = Response(error)
    need(
        response.status == status,
        f"expected {status}, received {response} for {method} {urllib.parse.urlsplit(url).path}",
    )
    return response


def speak(text=HELLO, voice="en-US-AvaNeural", form=PCM, status=200, **more):
    locale = "-".join(voice.split("-")[:2])
    ssml = f"<speak version='1.0' xml:lang='{locale}'><voice name='{voice}'>{text}</voice></speak>"
    headers = {"Content-Type": "application/ssml+xml", "X-Microsoft-OutputFormat": form, **more.pop("headers", {})}
    return send(
        "POST", REST["synthesis"] + "/cognitiveservices/v1", status, data=ssml.encode(), headers=headers, **more
    )


def content(name):
    with open(speech(name), "rb") as file:
        return file.read()


def transcribe_short(data, query="language=en-US", status=200, **more):
    headers = {"Content-Type": "audio/wav; codecs=audio/pcm; samplerate=16000", **more.pop("headers", {})}
    return send("POST", f"{REST['recognition']}{SHORT}?{query}", status, data=data, headers=headers, **more)


def transcribe(name, definition, status=200):
    """Sends a form with a file and a definition to fast transcription."""
    boundary = "----speech-endpoint-form"
    fields = [
        ('name="definition"', "application/json", json.dumps(definition).encode()),
        (f'name="audio"; filename="{name}"', "audio/wav", content(name)),
    ]
    body = b"".join(
        f"--{boundary}\r\nContent-Disposition: form-data; {field}\r\nContent-Type: {kind}\r\n\r\n".encode()
        + part
        + b"\r\n"
        for field, kind, part in fields
    )
    url = f"{REST['account']}/speechtotext/transcriptions:transcribe?{SPEECH_TO_TEXT}"
    return send(
        "POST",
        url,
        status,
        data=body + f"--{boundary}--\r\n".encode(),
        headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
    )


def about(value, expected, tolerance):
    return abs(value - expected) <= tolerance


@operation("rest/issued-token", "rest-core", needs="tokens.issued")
def issued_token():
    token = send("POST", REST["account"] + "/sts/v1.0/issueToken", 200, data=b"").content.decode()
    need(token.count(".") == 2 and token.isascii(), f"not a JWT of three parts: {len(token)} characters")
    speak(key=None, headers={"Authorization": "Bearer " + token})
    return "a token that synthesis accepts"


@operation("rest/entra-token", needs="tokens.entra")
def entra_token():
    kind = "composed" if REST["account"] != REST["synthesis"].removesuffix("/tts") else "entra"
    response = speak(key=None, headers={"Authorization": "Bearer " + WORLD["tokens"][kind]})
    return f"{len(response.content)} bytes by the {kind} token"


@operation("rest/voices", "rest-core")
def voices():
    found = send("GET", REST["synthesis"] + "/cognitiveservices/voices/list", 200).json()
    fields = {
        "Name",
        "DisplayName",
        "LocalName",
        "ShortName",
        "Gender",
        "Locale",
        "LocaleName",
        "SampleRateHertz",
        "VoiceType",
        "Status",
        "WordsPerMinute",
    }
    poor = [voice["ShortName"] for voice in found if not fields <= set(voice)]
    need(len(found) > 400 and not poor, f"{len(found)} voices, of which {len(poor)} lack fields")
    need(len({voice["ShortName"] for voice in found}) == len(found), "two voices have the same short name")
    return f"{len(found)} voices"


@operation("rest/synthesis-pcm", "rest-core")
def synthesis_pcm():
    response = speak()
    with open(WORLD["folder"] + "/rest.wav", "wb") as file:
        file.write(response.content)
    with wave.open(WORLD["folder"] + "/rest.wav") as file:
        form, seconds = (
            (file.getframerate(), file.getsampwidth(), file.getnchannels()),
            file.getnframes() / file.getframerate(),
        )
    need(form == (16000, 2, 1) and about(seconds, SPEECH["spoken"]["hello"], 0.05), f"{form}, {seconds} s")
    return f"{seconds} s"


HEADS = {
    "audio-16khz-32kbitrate-mono-mp3": (b"\xff", b"ID3"),
    "ogg-24khz-16bit-mono-opus": (b"OggS",),
    "webm-24khz-16bit-mono-opus": (b"\x1a\x45\xdf\xa3",),
    "riff-8khz-8bit-mono-mulaw": (b"RIFF",),
    "riff-8khz-8bit-mono-alaw": (b"RIFF",),
}


def declare_format(form, heads):
    @operation("rest/synthesis-" + form)
    def synthesis_format():
        response = speak("Hello, world. " * 5, form=form)
        need(response.content.startswith(heads), f"begins with {response.content[:4]!r}")
        shorter = speak("Hello, world.", form=form)
        need(
            len(response.content) > 2 * len(shorter.content),
            f"{len(response.content)} bytes for five times a text of {len(shorter.content)} bytes",
        )
        return f"{len(response.content)} bytes"


for _form, _heads in HEADS.items():
    declare_format(_form, _heads)


@operation("rest/unknown-voice-is-rejected", "rest-core")
def unknown_voice():
    return speak(voice="en-US-NobodyNeural", status=400)


@operation("rest/invalid-ssml-is-rejected")
def invalid_ssml():
    return speak("<break time=", status=400)


@operation("rest/unknown-output-format-is-rejected")
def unknown_format():
    return speak(form="riff-7khz-3bit-mono-pcm", status=400)


@operation("rest/short-audio", "rest-core")
def short_audio():
    phrase = transcribe_short(content("late.wav")).json()
    need(phrase["RecognitionStatus"] == "Success" and phrase["DisplayText"] == HELLO, phrase)
    offset, duration = phrase["Offset"] / 1e7, phrase["Duration"] / 1e7
    need(
        about(offset, 1, 0.2) and about(duration, SPEECH["spoken"]["hello"], 0.3),
        f"offset {offset} s, duration {duration} s",
    )
    return f"offset {offset} s, duration {duration} s"


@operation("rest/short-audio-detailed")
def short_audio_detailed():
    best = transcribe_short(content("hello.wav"), "language=en-US&format=detailed").json()["NBest"][0]
    need(best["Display"] == HELLO and best["Lexical"] == "hello world" and 0 < best["Confidence"] <= 1, best)
    return best["Confidence"]


@operation("rest/short-audio-in-chunks")
def short_audio_in_chunks():
    data = content("hello.wav")
    pieces = (data[at : at + 999] for at in range(0, len(data), 999))
    phrase = transcribe_short(pieces, headers={"Transfer-Encoding": "chunked", "Expect": "100-continue"}).json()
    need(phrase["DisplayText"] == HELLO, phrase)
    return phrase["DisplayText"]


@operation("rest/short-audio-of-silence")
def short_audio_of_silence():
    phrase = transcribe_short(content("silence.wav")).json()
    need(phrase["RecognitionStatus"] in ("InitialSilenceTimeout", "NoMatch") and not phrase.get("DisplayText"), phrase)
    return phrase["RecognitionStatus"]


@operation("rest/short-audio-without-language-is-rejected")
def short_audio_without_language():
    return transcribe_short(content("hello.wav"), "format=simple", 400)


@operation("rest/short-audio-profanity")
def short_audio_profanity():
    for query, expected in (("", "What is this ****?"), ("&profanity=raw", "What is this shit?")):
        found = transcribe_short(content("rude.wav"), "language=en-US" + query).json()["DisplayText"]
        need(found == expected, found)
    return "masked by default"


@operation("rest/short-audio-of-an-unknown-language-is-rejected")
def short_audio_unknown_language():
    return str(transcribe_short(content("hello.wav"), "language=xx-YY", 400))


@operation("rest/short-audio-without-its-start")
def short_audio_without_start():
    found = transcribe_short(content("without-start.wav")).json()["DisplayText"]
    need(found == SPEECH["without-start"]["texts"][0], found)
    return found


@operation("rest/fast-transcription-profanity")
def fast_profanity():
    for mode, expected in (("Masked", "What is this ****?"), ("Removed", "What is this"), ("None", "What is this shit?")):
        found = transcribe("rude.wav", {"locales": ["en-US"], "profanityFilterMode": mode}).json()["combinedPhrases"]
        need(found[0]["text"] == expected, found)
    return "3 modes"


@operation("rest/fast-transcription-of-an-unknown-language-is-rejected")
def fast_unknown_language():
    return str(transcribe("hello.wav", {"locales": ["xx-YY"]}, 400))


@operation("rest/fast-transcription-of-speakers-without-pause")
def fast_speakers_without_pause():
    definition = {"locales": ["en-US"], "diarization": {"enabled": True, "maxSpeakers": 3}}
    found = transcribe("three-turns.wav", definition).json()["phrases"]
    need([phrase["text"] for phrase in found] == SPEECH["three-turns"]["texts"], found)
    speakers = [phrase["speaker"] for phrase in found]
    need(speakers[0] == speakers[2] != speakers[1], speakers)
    return speakers


@operation("rest/fast-transcription", "rest-core")
def fast_transcription():
    result = transcribe("two-phrases.wav", {"locales": ["en-US"]}).json()
    texts = [phrase["text"] for phrase in result["phrases"]]
    need(texts == SPEECH["two-phrases"]["texts"], texts)
    need(result["combinedPhrases"][0]["text"] == " ".join(texts), result["combinedPhrases"])
    need(
        about(result["durationMilliseconds"], 1000 * SPEECH["two-phrases"]["seconds"], 50),
        f"{result['durationMilliseconds']} ms",
    )
    first, second = result["phrases"]
    start = 1000 * (SPEECH["spoken"]["hello"] + 1.5)
    need(
        about(second["offsetMilliseconds"], start, 200),
        f"the second phrase begins at {second['offsetMilliseconds']} ms, expected {start} ms",
    )
    words = [word["text"] for word in first["words"]]
    need([word.strip(".,").lower() for word in words] == ["hello", "world"], words)
    return f"{len(texts)} phrases, {result['durationMilliseconds']} ms"


@operation("rest/fast-transcription-of-speakers")
def fast_transcription_of_speakers():
    result = transcribe(
        "two-speakers.wav", {"locales": ["en-US"], "diarization": {"enabled": True, "maxSpeakers": 2}}
    ).json()
    speakers = [phrase["speaker"] for phrase in result["phrases"]]
    need(len(speakers) == 2 and speakers[0] != speakers[1], f"speakers {speakers}")
    return f"speakers {speakers}"


@operation("rest/fast-transcription-of-channels")
def fast_transcription_of_channels():
    result = transcribe("right-channel.wav", {"locales": ["en-US"], "channels": [0, 1]}).json()
    texts = {whole["channel"]: whole["text"] for whole in result["combinedPhrases"]}
    need(texts == {0: "", 1: HELLO}, texts)
    return texts


@operation("rest/fast-transcription-finds-the-language")
def fast_transcription_finds_the_language():
    result = transcribe("german.wav", {"locales": ["en-US", "de-DE"]}).json()
    locales = [phrase["locale"] for phrase in result["phrases"]]
    need(locales == ["de-DE"], locales)
    return locales


@operation("rest/batch-transcription")
def batch_transcription():
    order = {
        "displayName": "one",
        "locale": "en-US",
        "contentUrls": ["https://files.example/a.wav"],
        "properties": {"timeToLiveHours": 48},
    }
    url = f"{REST['account']}/speechtotext/transcriptions"
    job = send(
        "POST",
        f"{url}:submit?{SPEECH_TO_TEXT}",
        201,
        data=json.dumps(order).encode(),
        headers={"Content-Type": "application/json"},
    ).json()
    state = wait_for_end(job["self"])
    need(state == ["NotStarted", "Running", "Succeeded"][-len(state) :] and state[-1] == "Succeeded", state)
    listed = send("GET", f"{url}?{SPEECH_TO_TEXT}", 200).json()["values"]
    need(job["self"] in [each["self"] for each in listed], f"a list of {len(listed)} jobs lacks the job")
    files = send("GET", job["links"]["files"], 200).json()["values"]
    need({"TranscriptionReport"} <= {file["kind"] for file in files}, [file["kind"] for file in files])
    send("DELETE", job["self"], 204)
    send("GET", job["self"], 404)
    return f"{' '.join(state)}, {len(files)} files"


def wait_for_end(url):
    """Returns the states of a job until it ends."""
    states = []
    for _ in range(20):
        states.append(send("GET", url, 200).json()["status"])
        if states[-1] in ("Succeeded", "Failed"):
            break
        time.sleep(0.1)
    return states


@operation("rest/batch-synthesis")
def batch_synthesis():
    url = f"{REST['account']}/texttospeech/batchsyntheses/sdks-one?{BATCH_SYNTHESIS}"
    order = {
        "inputKind": "PlainText",
        "inputs": [{"content": "Hello"}],
        "synthesisConfig": {"voice": "en-US-AvaNeural"},
    }
    send("PUT", url, 201, data=json.dumps(order).encode(), headers={"Content-Type": "application/json"})
    states = wait_for_end(url)
    need(states[-1] == "Succeeded", states)
    need(send("GET", url, 200).json()["outputs"]["result"].startswith("https://"), "the job has no result")
    send("DELETE", url, 204)
    send("GET", url, 404)
    return " ".join(states)


@operation("rest/locales-of-batch-transcription")
def locales():
    found = send("GET", f"{REST['account']}/speechtotext/transcriptions/locales?{SPEECH_TO_TEXT}", 200).json()
    need("en-US" in found["Submit"] and "de-DE" in found["Transcribe"], found)
    return f"{len(found['Submit'])} locales"


@operation("rest/request-ids-differ")
def request_ids():
    ids = {speak().headers.get("x-requestid") or speak().headers.get("apim-request-id") for _ in range(3)}
    need(len(ids) == 3 and None not in ids, ids)
    return "3 ids"


@operation("rest/wrong-key-is-rejected", "rest-core")
def wrong_key():
    speak(status=401, key="0" * 32)
    return transcribe_short(content("hello.wav"), status=401, key="0" * 32)


@operation("rest/no-credential-is-rejected")
def no_credential():
    return speak(status=401, key=None)


@operation("wrong-key/rest-goes-on-with-the-second-key")
def second_key():
    speak(status=401)
    transcribe_short(content("hello.wav"), status=401)
    phrase = transcribe_short(content("hello.wav"), key=WORLD["second_key"]).json()
    need(phrase["DisplayText"] == HELLO, phrase)
    return f"{len(speak(key=WORLD['second_key']).content)} bytes"


@operation("too-many-requests/rest-synthesis")
def too_many_requests():
    response = speak(status=429)
    need(response.headers["Retry-After"] == "8", f"Retry-After is {response.headers['Retry-After']}")
    return response


@operation("too-many-requests/rest-short-audio-works")
def other_host_works():
    phrase = transcribe_short(content("hello.wav")).json()
    need(phrase["DisplayText"] == HELLO, phrase)
    return phrase["DisplayText"]


@operation("unavailable/rest")
def unavailable():
    response = speak(status=503)
    need(response.headers["Retry-After"] == "5", f"Retry-After is {response.headers['Retry-After']}")
    return transcribe_short(content("hello.wav"), status=503)


@operation("not-allowed/rest")
def not_allowed():
    speak(status=403)
    return transcribe_short(content("hello.wav"), status=403)


@operation("container/rest-synthesis-and-short-audio")
def container():
    REST.update(synthesis="http://localhost:5000", recognition="http://localhost:5000")
    phrase = transcribe_short(speak().content).json()
    need(phrase["DisplayText"] == HELLO, phrase)
    return phrase["DisplayText"]


if __name__ == "__main__":
    run("rest", sys.argv[1] if len(sys.argv) > 1 else "")
