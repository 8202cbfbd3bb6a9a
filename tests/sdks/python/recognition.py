"""Recognition by the Speech SDK."""

import json
import time

import azure.cognitiveservices.speech as speechsdk
from harness import SPEECH, need, operation, speech
from sdk import (
    HELLO,
    Events,
    config,
    continuously,
    file,
    heard,
    recogniser,
    samples,
    seconds,
    silence,
    stream,
    wait_until,
)

SPOKEN = SPEECH["spoken"]
HELLO_STATION = SPEECH["two-phrases"]["texts"]


def need_times(result, offset, duration):
    found = seconds(result.offset), seconds(result.duration)
    need(
        abs(found[0] - offset) < 0.25 and abs(found[1] - duration) < 0.35,
        f"offset and duration {found} s, expected {(offset, duration)} s",
    )
    return f"offset {found[0]} s, duration {found[1]} s"


@operation("recognition/once-of-a-file", "core", "container")
def once_of_a_file():
    result = recogniser(file("hello.wav")).recognize_once_async().get()
    heard(result)
    return need_times(result, 0, SPOKEN["hello"])


@operation("recognition/once-of-a-push-stream")
def once_of_a_push_stream():
    audio, _ = stream(samples("hello.wav"))
    return heard(recogniser(audio).recognize_once_async().get())


class Pulled(speechsdk.audio.PullAudioInputStreamCallback):
    def __init__(self, data):
        super().__init__()
        self.data = data

    def read(self, buffer):
        size = min(len(buffer), len(self.data), 777)
        buffer[:size] = self.data[:size]
        self.data = self.data[size:]
        return size

    def close(self):
        pass


@operation("recognition/once-of-a-pull-stream")
def once_of_a_pull_stream():
    pulled = speechsdk.audio.PullAudioInputStream(Pulled(samples("hello.wav")))
    return heard(recogniser(speechsdk.audio.AudioConfig(stream=pulled)).recognize_once_async().get())


@operation("recognition/once-takes-the-first-phrase")
def once_takes_the_first_phrase():
    return heard(recogniser(file("two-phrases.wav")).recognize_once_async().get(), HELLO_STATION[0])


@operation("recognition/offset-after-a-second-of-silence", "core")
def offset_after_silence():
    result = recogniser(file("late.wav")).recognize_once_async().get()
    heard(result)
    return need_times(result, 1, SPOKEN["hello"])


def declare_no_match(name, audio):
    @operation(name)
    def no_match():
        result = recogniser(file(audio)).recognize_once_async().get()
        need(
            result.reason == speechsdk.ResultReason.NoMatch and not result.text, f"{result.reason.name} {result.text!r}"
        )
        return result.no_match_details.reason.name


declare_no_match("recognition/silence-is-no-match", "silence.wav")
declare_no_match("recognition/hum-is-no-match", "hum.wav")


@operation("recognition/mu-law-of-8-khz")
def mu_law():
    form = speechsdk.audio.AudioStreamFormat(8000, 8, 1, wave_stream_format=speechsdk.AudioStreamWaveFormat.MULAW)
    with open(speech("hello.mulaw"), "rb") as content:
        audio, _ = stream(content.read(), form)
    return heard(recogniser(audio).recognize_once_async().get())


@operation("recognition/stereo-of-48-khz")
def stereo():
    form = speechsdk.audio.AudioStreamFormat(48000, 16, 2)
    audio, _ = stream(samples("stereo.wav"), form)
    return heard(recogniser(audio).recognize_once_async().get())


@operation("recognition/noise-instead-of-silence")
def noise():
    result = recogniser(file("noisy.wav")).recognize_once_async().get()
    heard(result)
    return need_times(result, 0.5, SPOKEN["hello"])


@operation("recognition/continuous", "core", "container")
def continuous():
    events = continuously(recogniser(file("two-phrases.wav")))
    events.need_texts(HELLO_STATION)
    first, second = (result for result in events.finals if result.text)
    need_times(first, 0, SPOKEN["hello"])
    return need_times(second, SPOKEN["hello"] + 1.5, SPOKEN["station"])


@operation("recognition/order-of-events")
def order_of_events():
    events = continuously(recogniser(file("hello.wav")))
    order = events.order
    need(order[0] == "started" and order[-1] == "stopped", order)
    need(order.index("speech-start") < order.index("final") < order.index("cancelled"), order)
    need("partial" in order and order.index("partial") < order.index("final"), order)
    need("speech-end" in order and events.cancelled == "EndOfStream", str(events))
    return order


@operation("recognition/partial-results-grow")
def partial_results():
    events = continuously(recogniser(file("station.wav")))
    texts = [result.text for result in events.partials]
    need(len(texts) > 1 and all(later.startswith(earlier) for earlier, later in zip(texts, texts[1:])), texts)
    spoken = SPEECH["station"]["texts"][0].lower().rstrip(".")
    need(spoken.startswith(texts[-1]), f"{texts[-1]!r} is not the beginning of {spoken!r}")
    return f"{len(texts)} partial results"


@operation("recognition/live-stream-ends-at-silence", "core")
def live_stream():
    audio, pushed = stream(samples("hello.wav"), is_open=True)
    listener = recogniser(audio)
    future = listener.recognize_once_async()
    for _ in range(15):
        pushed.write(silence(0.1))
        time.sleep(0.05)
    return heard(future.get())


@operation("recognition/live-stream-stopped-and-started-again", seconds=14)
def stopped_and_started():
    audio, pushed = stream(samples("hello.wav") + silence(1.5), is_open=True)
    listener = recogniser(audio)
    events = Events(listener)
    listener.start_continuous_recognition_async().get()
    need(wait_until(lambda: len(events.texts()) == 1), lambda: f"before the stop: {events}")
    listener.stop_continuous_recognition_async().get()
    listener.start_continuous_recognition_async().get()
    pushed.write(samples("station.wav") + silence(1.5))
    need(wait_until(lambda: len(events.texts()) == 2), lambda: f"after the second start: {events}")
    listener.stop_continuous_recognition_async().get()
    events.need_texts(HELLO_STATION)
    return events.texts()


@operation("recognition/dictation")
def dictation():
    settings = config("recognition")
    settings.enable_dictation()
    events = continuously(recogniser(file("two-phrases.wav"), settings))
    events.need_texts(HELLO_STATION)
    return events.texts()


@operation("recognition/detailed")
def detailed():
    settings = config("recognition")
    settings.output_format = speechsdk.OutputFormat.Detailed
    result = recogniser(file("hello.wav"), settings).recognize_once_async().get()
    best = json.loads(result.json)["NBest"][0]
    need(best["Display"] == heard(result) and best["Lexical"] == "hello world" and 0 < best["Confidence"] <= 1, best)
    need({"ITN", "MaskedITN"} <= set(best), sorted(best))
    return f"confidence {best['Confidence']}"


@operation("recognition/word-times")
def word_times():
    settings = config("recognition")
    settings.request_word_level_timestamps()
    result = recogniser(file("late.wav"), settings).recognize_once_async().get()
    heard(result)
    words = json.loads(result.json)["NBest"][0]["Words"]
    need([word["Word"] for word in words] == ["hello", "world"], words)
    end = int(result.offset)
    for word in words:
        need(word["Offset"] >= end and word["Duration"] > 0, words)
        end = word["Offset"] + word["Duration"]
    need(end <= result.offset + seconds(result.duration) * 1e7 + 1, f"the last word ends at {end}, after its phrase")
    return [(word["Word"], word["Offset"], word["Duration"]) for word in words]


@operation("recognition/german")
def german():
    settings = config("recognition")
    settings.speech_recognition_language = "de-DE"
    return heard(recogniser(file("german.wav"), settings).recognize_once_async().get(), SPEECH["german"]["texts"][0])


def languages():
    return speechsdk.languageconfig.AutoDetectSourceLanguageConfig(languages=["en-US", "de-DE"])


@operation("recognition/language-identification", "core")
def language_identification():
    result = recogniser(file("german.wav"), auto_detect_source_language_config=languages()).recognize_once_async().get()
    heard(result, SPEECH["german"]["texts"][0])
    found = speechsdk.AutoDetectSourceLanguageResult(result).language
    need(found == "de-DE", f"language {found!r}")
    return found


@operation("recognition/language-identification-continuous")
def language_identification_continuous():
    settings = config("recognition")
    settings.set_property(speechsdk.PropertyId.SpeechServiceConnection_LanguageIdMode, "Continuous")
    events = continuously(
        recogniser(file("two-languages.wav"), settings, auto_detect_source_language_config=languages())
    )
    events.need_texts(SPEECH["two-languages"]["texts"])
    found = [speechsdk.AutoDetectSourceLanguageResult(result).language for result in events.finals if result.text]
    need(found == ["en-US", "de-DE"], found)
    return found


@operation("recognition/phrase-list")
def phrase_list():
    listener = recogniser(file("hello.wav"))
    speechsdk.PhraseListGrammar.from_recognizer(listener).addPhrase("world")
    return heard(listener.recognize_once_async().get())


def assessed(reference, miscue=False):
    listener = recogniser(file("hello.wav"))
    speechsdk.PronunciationAssessmentConfig(
        reference_text=reference,
        grading_system=speechsdk.PronunciationAssessmentGradingSystem.HundredMark,
        granularity=speechsdk.PronunciationAssessmentGranularity.Word,
        enable_miscue=miscue,
    ).apply_to(listener)
    result = listener.recognize_once_async().get()
    heard(result)
    return speechsdk.PronunciationAssessmentResult(result)


@operation("recognition/pronunciation-assessment")
def pronunciation():
    right = assessed(HELLO)
    need(
        right.accuracy_score > 80 and right.completeness_score > 80,
        f"accuracy {right.accuracy_score}, completeness {right.completeness_score}",
    )
    need([word.word.lower() for word in right.words] == ["hello", "world"], [word.word for word in right.words])
    wrong = assessed("Hello, wide world.", miscue=True)
    errors = {word.word.lower(): word.error_type for word in wrong.words}
    need(
        errors.get("wide") == "Omission" and wrong.completeness_score < right.completeness_score,
        f"{errors}, completeness {wrong.completeness_score}",
    )
    return f"accuracy {right.accuracy_score}, completeness {wrong.completeness_score} without a word"


@operation("recognition/segmentation-silence-by-property")
def segmentation():
    settings = config("recognition")
    settings.set_property(speechsdk.PropertyId.Speech_SegmentationSilenceTimeoutMs, "3000")
    events = continuously(recogniser(file("two-phrases.wav"), settings))
    need(len(events.texts()) == 1 and events.texts()[0].lower().startswith("hello, world"), str(events))
    return events.texts()


@operation("recognition/initial-silence-by-property")
def initial_silence():
    settings = config("recognition")
    settings.set_property(speechsdk.PropertyId.SpeechServiceConnection_InitialSilenceTimeoutMs, "1000")
    audio, pushed = stream(silence(2), is_open=True)
    future = recogniser(audio, settings).recognize_once_async()
    for _ in range(20):
        pushed.write(silence(0.1))
        time.sleep(0.02)
    result = future.get()
    need(result.reason == speechsdk.ResultReason.NoMatch, f"{result.reason.name} {result.text!r}")
    found = result.no_match_details.reason
    need(found == speechsdk.NoMatchReason.InitialSilenceTimeout, found.name)
    return found.name


@operation("recognition/ten-at-once", seconds=15)
def ten_at_once():
    listeners = [recogniser(file("hello.wav" if number % 2 else "station.wav")) for number in range(10)]
    futures = [listener.recognize_once_async() for listener in listeners]
    for number, future in enumerate(futures):
        heard(future.get(), HELLO if number % 2 else HELLO_STATION[1])
    return "10 results"


@operation("recognition/session-ids")
def session_ids():
    sessions = []
    for _ in range(2):
        events = continuously(recogniser(file("hello.wav")))
        events.need_texts([HELLO])
        sessions.append(events.sessions)
    need(all(len(ids) == 2 and ids[0] == ids[1] and len(ids[0]) == 32 for ids in sessions), sessions)
    need(sessions[0][0] != sessions[1][0], "two sessions have the same id")
    return "2 ids"
