"""Translation and conversation transcription by the Speech SDK."""

import azure.cognitiveservices.speech as speechsdk
from harness import SPEECH, WORLD, need, operation
from sdk import (
    HELLO,
    Events,
    config,
    continuously,
    file,
    keep,
    reason,
    samples,
    seconds,
    stream,
)

TEXTS = SPEECH["two-phrases"]["texts"]


def translator(audio, targets=("de", "fr"), **more):
    settings = config(
        "recognition",
        kind=speechsdk.translation.SpeechTranslationConfig,
        speech_recognition_language="en-US",
        target_languages=list(targets),
        **more,
    )
    return keep(speechsdk.translation.TranslationRecognizer(settings, audio_config=audio))


def need_translations(result, text, targets=("de", "fr")):
    need(result.reason == speechsdk.ResultReason.TranslatedSpeech and result.text == text, lambda: reason(result))
    found = dict(result.translations)
    need(set(found) == set(targets), found)
    # The lab puts the language before the text, so that a translation is recognisable.
    need(all(translation and translation != text for translation in found.values()), found)
    need(len(set(found.values())) == len(found), f"two languages have the same text: {found}")
    return found


@operation("translation/once", "core")
def once():
    result = translator(file("hello.wav")).recognize_once_async().get()
    return need_translations(result, HELLO)


@operation("translation/continuous")
def continuous():
    events = continuously(translator(file("two-phrases.wav")))
    events.need_texts(TEXTS)
    results = [result for result in events.finals if result.text]
    for result, text in zip(results, TEXTS):
        need_translations(result, text)
    offset, expected = seconds(results[1].offset), SPEECH["spoken"]["hello"] + 1.5
    need(abs(offset - expected) < 0.25, f"the second phrase begins at {offset} s, expected {expected} s")
    need(
        events.partials and all(set(partial.translations) == {"de", "fr"} for partial in events.partials),
        lambda: f"{len(events.partials)} partial results without translations",
    )
    return events.texts()


@operation("translation/spoken")
def spoken():
    source = translator(file("hello.wav"), ("de",), voice_name="de-DE-KatjaNeural")
    audio, ends = [], []

    def take(event):
        audio.append(event.result.audio)
        if event.result.reason == speechsdk.ResultReason.SynthesizingAudioCompleted:
            ends.append(event)

    source.synthesizing.connect(take)
    continuously(source).need_texts([HELLO])
    need(sum(map(len, audio)) > 10_000 and len(ends) == 1, f"{sum(map(len, audio))} bytes of audio, {len(ends)} ends")
    return f"{sum(map(len, audio))} bytes"


@operation("translation/version-1", needs="client.region")
def version_1():
    url = f"wss://{WORLD['client']['region']}.s2s.speech.microsoft.com/speech/translation/cognitiveservices/v1"
    result = translator(file("hello.wav"), ("de",), given={"endpoint": url}).recognize_once_async().get()
    return need_translations(result, HELLO, ("de",))


@operation("translation/language-identification")
def language_identification():
    settings = config("recognition", kind=speechsdk.translation.SpeechTranslationConfig, target_languages=["fr"])
    candidates = speechsdk.languageconfig.AutoDetectSourceLanguageConfig(languages=["en-US", "de-DE"])
    source = keep(
        speechsdk.translation.TranslationRecognizer(
            settings, audio_config=file("german.wav"), auto_detect_source_language_config=candidates
        )
    )
    result = source.recognize_once_async().get()
    need_translations(result, SPEECH["german"]["texts"][0], ("fr",))
    found = result.properties.get(speechsdk.PropertyId.SpeechServiceConnection_AutoDetectSourceLanguageResult)
    need(found == "de-DE", f"language {found!r}")
    return found


def transcribed(audio, settings=None):
    source = keep(speechsdk.transcription.ConversationTranscriber(settings or config("conversation"), audio))
    events = Events(source, "transcribed", "transcribing")
    source.start_transcribing_async().get()
    need(events.stopped.wait(8), lambda: f"the session does not stop: {events}")
    source.stop_transcribing_async().get()
    return events


@operation("conversation/one-speaker", "core")
def one_speaker():
    events = transcribed(stream(samples("hello.wav"))[0])
    events.need_texts([HELLO])
    speakers = [result.speaker_id for result in events.finals if result.text]
    need(speakers == ["Guest-1"], speakers)
    return speakers


@operation("conversation/two-speakers")
def two_speakers():
    events = transcribed(file("two-speakers.wav"))
    events.need_texts(SPEECH["two-speakers"]["texts"])
    speakers = [result.speaker_id for result in events.finals if result.text]
    need(speakers == ["Guest-1", "Guest-2"], speakers)
    return speakers
