"""What the operations of the Speech SDK share: configurations, audio, and a record of the events of a recogniser."""

import threading
import time

import azure.cognitiveservices.speech as speechsdk
from harness import SPEECH, WORLD, need, plain, speech

HELLO = SPEECH["hello"]["texts"][0]
# The binding releases a native object together with the Python one, even while a call of it hangs in another thread.
_kept = []


def keep(native):
    _kept.append(native)
    return native


def client(feature):
    """Returns how the client of this world names the resource for a feature."""
    return WORLD.get("clients", {}).get("python", {}).get(feature, WORLD["client"])


def config(feature, *, key=None, token=None, kind=speechsdk.SpeechConfig, given=None, **more):
    given = given or client(feature)
    if token and "region" in given:
        return kind(auth_token=token, **given, **more)
    if token:
        made = kind(**given, **more)
        made.authorization_token = token
        return made
    return kind(subscription=WORLD["key"] if key is None else key, **given, **more)


def recogniser(audio, settings=None, **more):
    return keep(speechsdk.SpeechRecognizer(settings or config("recognition"), audio, **more))


def synthesiser(settings=None, output=None):
    return keep(speechsdk.SpeechSynthesizer(settings or config("synthesis"), output))


def file(name):
    return speechsdk.audio.AudioConfig(filename=speech(name))


def samples(name):
    """Returns the audio of a WAV file without its header of 44 bytes."""
    with open(speech(name), "rb") as content:
        return content.read()[44:]


def stream(data, form=None, is_open=False):
    """Returns a push stream that holds this audio."""
    pushed = speechsdk.audio.PushAudioInputStream(form) if form else speechsdk.audio.PushAudioInputStream()
    pushed.write(data)
    if not is_open:
        pushed.close()
    return speechsdk.audio.AudioConfig(stream=pushed), pushed


def silence(seconds):
    return bytes(2 * int(16000 * seconds))


def seconds(ticks):
    return (ticks.total_seconds() * 1e7 if hasattr(ticks, "total_seconds") else ticks) / 1e7


def reason(result):
    """Returns the outcome of an operation in one line."""
    if result.reason == speechsdk.ResultReason.Canceled:
        details = result.cancellation_details
        code = getattr(details, "code", None) or getattr(details, "error_code", None)
        return f"Canceled {getattr(code, 'name', code)}: {plain(details.error_details)}"
    if result.reason == speechsdk.ResultReason.NoMatch:
        return f"NoMatch {result.no_match_details.reason.name}"
    return f"{result.reason.name} {getattr(result, 'text', '')!r}"


def heard(result, text=HELLO):
    need(result.reason == speechsdk.ResultReason.RecognizedSpeech and result.text == text, lambda: reason(result))
    return result.text


def refused(result, code, text=""):
    """Holds a result to an error of this code whose details contain the text."""
    is_error = result.reason == speechsdk.ResultReason.Canceled
    details = result.cancellation_details if is_error else None
    found = getattr(details, "code", None) or getattr(details, "error_code", None)
    need(
        is_error and found == code and text in details.error_details,
        lambda: f"expected {code.name}, received {reason(result)}",
    )
    return reason(result)


def spoke(result, text_seconds=None):
    """Holds a synthesis to its completion, and the reported duration to that of the speech."""
    need(result.reason == speechsdk.ResultReason.SynthesizingAudioCompleted, lambda: reason(result))
    need(len(result.audio_data) > 1000, lambda: f"{len(result.audio_data)} bytes of audio")
    if text_seconds:
        found = seconds(result.audio_duration)
        need(abs(found - text_seconds) < 0.1, f"audio_duration is {found} s, expected {text_seconds} s")
    return f"{len(result.audio_data)} bytes"


class Events:
    """The events of a recogniser, in their order."""

    def __init__(self, source, final="recognized", partial="recognizing"):
        self.order, self.finals, self.partials, self.sessions, self.cancelled = [], [], [], [], None
        self.stopped, self.said = threading.Event(), threading.Event()
        getattr(source, final).connect(self._final)
        getattr(source, partial).connect(self._partial)
        source.session_started.connect(lambda event: self._session("started", event))
        source.session_stopped.connect(lambda event: self._session("stopped", event))
        source.canceled.connect(self._cancel)
        if hasattr(source, "speech_start_detected"):
            source.speech_start_detected.connect(lambda event: self.order.append("speech-start"))
            source.speech_end_detected.connect(lambda event: self.order.append("speech-end"))

    def _final(self, event):
        self.finals.append(event.result)
        self.order.append("final")
        self.said.set()

    def _partial(self, event):
        self.partials.append(event.result)
        self.order.append("partial")

    def _session(self, what, event):
        self.sessions.append(event.session_id)
        self.order.append(what)
        if what == "stopped":
            self.stopped.set()

    def _cancel(self, event):
        details = event.cancellation_details
        self.order.append("cancelled")
        is_error = details.reason == speechsdk.CancellationReason.Error
        self.cancelled = f"{details.code.name}: {plain(details.error_details)}" if is_error else details.reason.name

    def texts(self):
        return [result.text for result in self.finals if result.text]

    def need_texts(self, texts):
        need(self.texts() == texts, self.__str__)
        need(self.cancelled in (None, "EndOfStream"), self.__str__)

    def __str__(self):
        return f"texts {self.texts()}, cancelled {self.cancelled}, order {self.order}"


def continuously(source, limit=8, events=None):
    """Runs continuous recognition until the audio ends."""
    events = events or Events(source)
    source.start_continuous_recognition_async().get()
    need(events.stopped.wait(limit), lambda: f"the session does not stop within {limit} s: {events}")
    source.stop_continuous_recognition_async().get()
    return events


def wait_until(holds, limit=5):
    """Waits for events, which arrive in a thread of the SDK."""
    end = time.monotonic() + limit
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    return holds()
