"""Options of recognition, translation and conversation transcription by the Speech SDK."""

import json
import time

import azure.cognitiveservices.speech as speechsdk
from harness import SPEECH, need, operation
from sdk import (
    HELLO,
    Events,
    config,
    continuously,
    file,
    heard,
    keep,
    reason,
    recogniser,
    refused,
    samples,
    seconds,
    silence,
    stream,
    wait_until,
)
from translation import need_translations, transcribed, translator

STATION = SPEECH["station"]["texts"][0]
FOX = SPEECH["fox"]["texts"][0]


def declare_profanity(option, expected):
    @operation(f"recognition/profanity-{option.name.lower()}")
    def profanity():
        settings = config("recognition")
        settings.set_profanity(option)
        return heard(recogniser(file("rude.wav"), settings).recognize_once_async().get(), expected)


declare_profanity(speechsdk.ProfanityOption.Masked, "What is this ****?")
declare_profanity(speechsdk.ProfanityOption.Removed, "What is this")
declare_profanity(speechsdk.ProfanityOption.Raw, "What is this shit?")


def declare_unknown_language(language):
    @operation(f"recognition/language-{language}-is-rejected")
    def unknown_language():
        settings = config("recognition")
        settings.speech_recognition_language = language
        result = recogniser(file("hello.wav"), settings).recognize_once_async().get()
        return refused(result, speechsdk.CancellationErrorCode.BadRequest, language)


declare_unknown_language("xx-YY")
declare_unknown_language("English")


@operation("recognition/alternatives")
def alternatives():
    settings = config("recognition")
    settings.output_format = speechsdk.OutputFormat.Detailed
    result = recogniser(file("hello.wav"), settings).recognize_once_async().get()
    heard(result)
    found = [(best["Display"], best["Confidence"]) for best in json.loads(result.json)["NBest"]]
    need(len(found) > 1 and found[0][0] == HELLO and found[0][1] > found[1][1], found)
    return found


@operation("recognition/custom-model")
def custom_model():
    settings = config("recognition")
    settings.endpoint_id = "11111111-2222-3333-4444-555555555555"
    return heard(recogniser(file("hello.wav"), settings).recognize_once_async().get())


@operation("recognition/language-by-source-config")
def source_config():
    source = speechsdk.languageconfig.SourceLanguageConfig("de-DE")
    listener = recogniser(file("german.wav"), source_language_config=source)
    return heard(listener.recognize_once_async().get(), SPEECH["german"]["texts"][0])


@operation("recognition/language-changes-without-pause")
def language_changes():
    settings = config("recognition")
    settings.set_property(speechsdk.PropertyId.SpeechServiceConnection_LanguageIdMode, "Continuous")
    candidates = speechsdk.languageconfig.AutoDetectSourceLanguageConfig(languages=["en-US", "de-DE"])
    listener = recogniser(file("joined-languages.wav"), settings, auto_detect_source_language_config=candidates)
    events = continuously(listener)
    events.need_texts(SPEECH["joined-languages"]["texts"])
    name = speechsdk.PropertyId.SpeechServiceConnection_AutoDetectSourceLanguageResult
    found = [result.properties.get(name) for result in events.finals if result.text]
    need(found == ["en-US", "de-DE"], found)
    return found


@operation("recognition/pieces-of-odd-sizes")
def odd_pieces():
    for size in (1, 333, 3201):
        pushed = speechsdk.audio.PushAudioInputStream()
        future = recogniser(speechsdk.audio.AudioConfig(stream=pushed)).recognize_once_async()
        data = samples("hello.wav")
        for at in range(0, len(data), size):
            pushed.write(data[at : at + size])
        pushed.close()
        heard(future.get())
    return "3 sizes"


@operation("recognition/three-in-sequence")
def three_in_sequence():
    pause = silence(1)
    audio, _ = stream(pause.join([samples("hello.wav"), samples("station.wav"), samples("hello.wav"), b""]))
    listener = recogniser(audio)
    found = [listener.recognize_once_async().get().text for _ in range(3)]
    need(found == [HELLO, STATION, HELLO], found)
    return found


@operation("recognition/stopped-during-speech")
def stopped_during_speech():
    audio, _ = stream(samples("station.wav"), is_open=True)
    listener = recogniser(audio)
    events = Events(listener)
    listener.start_continuous_recognition_async().get()
    need(wait_until(lambda: events.partials), "no partial result")
    listener.stop_continuous_recognition_async().get()
    need(wait_until(lambda: "stopped" in events.order) and events.texts() == [STATION], events.__str__)
    return events.texts()


@operation("recognition/result-ids")
def result_ids():
    events = continuously(recogniser(file("two-phrases.wav")))
    ids = [result.result_id for result in events.finals]
    need(len(ids) >= 2 and len(set(ids)) == len(ids), ids)
    bodies = [json.loads(result.json) for result in events.finals if result.text]
    need(len({body["Id"] for body in bodies}) == 2 and all(body["Channel"] == 0 for body in bodies), bodies)
    return ids


@operation("recognition/latency-property")
def latency():
    result = recogniser(file("hello.wav")).recognize_once_async().get()
    found = result.properties.get(speechsdk.PropertyId.SpeechServiceResponse_RecognitionLatencyMs)
    need(found and int(found) >= 0, found)
    return f"{found} ms"


@operation("recognition/word-times-of-cut-speech")
def words_of_cut_speech():
    settings = config("recognition")
    settings.request_word_level_timestamps()
    audio, _ = stream(silence(0.5) + samples("without-start.wav"))
    result = recogniser(audio, settings).recognize_once_async().get()
    body = json.loads(result.json)
    words = body["NBest"][0]["Words"]
    need([word["Word"] for word in words] == FOX.lower().strip(".").split()[1:], words)
    ends = [word["Offset"] + word["Duration"] for word in words]
    need(all(end <= word["Offset"] for end, word in zip(ends, words[1:])), words)
    is_inside = body["Offset"] <= words[0]["Offset"] and ends[-1] <= body["Offset"] + body["Duration"]
    need(is_inside and abs(seconds(result.offset) - 0.5) < 0.2, body)
    return f"{len(words)} words"


@operation("recognition/likely-phonemes")
def likely_phonemes():
    listener = recogniser(file("hello.wav"))
    wanted = {"referenceText": HELLO, "gradingSystem": "HundredMark", "granularity": "Phoneme", "nBestPhonemeCount": 3}
    speechsdk.PronunciationAssessmentConfig(json_string=json.dumps(wanted)).apply_to(listener)
    result = listener.recognize_once_async().get()
    heard(result)
    found = speechsdk.PronunciationAssessmentResult(result).words[0].phonemes[0].nbest_phonemes
    need(len(found) == 3 and found[0].score > found[1].score, [(one.phoneme, one.score) for one in found])
    return [one.phoneme for one in found]


@operation("translation/five-targets")
def five_targets():
    targets = ("de", "fr", "es", "zh-Hans", "ar")
    return need_translations(translator(file("hello.wav"), targets).recognize_once_async().get(), HELLO, targets)


@operation("translation/targets-changed-before-the-start")
def changed_before():
    source = translator(file("hello.wav"), ("de",))
    source.add_target_language("fr")
    source.remove_target_language("de")
    return need_translations(source.recognize_once_async().get(), HELLO, ("fr",))


def declare_changed_targets(name, before, change, after):
    @operation(f"translation/target-{name}-while-it-runs")
    def changed_targets():
        audio, pushed = stream(samples("hello.wav") + silence(1), is_open=True)
        source = translator(audio, before)
        events = Events(source)
        source.start_continuous_recognition_async().get()
        need(wait_until(events.texts), events.__str__)
        change(source)
        time.sleep(0.3)
        pushed.write(samples("station.wav") + silence(1))
        need(wait_until(lambda: len(events.texts()) == 2), events.__str__)
        source.stop_continuous_recognition_async().get()
        first, second = (result for result in events.finals if result.text)
        need_translations(first, HELLO, before)
        return need_translations(second, STATION, after)


declare_changed_targets("added", ("de",), lambda source: source.add_target_language("fr"), ("de", "fr"))
declare_changed_targets("removed", ("de", "fr"), lambda source: source.remove_target_language("de"), ("fr",))


def speakers(events):
    return [result.speaker_id for result in events.finals if result.text]


@operation("conversation/speakers-without-pause")
def speakers_without_pause():
    events = transcribed(file("three-turns.wav"))
    events.need_texts(SPEECH["three-turns"]["texts"])
    need(speakers(events) == ["Guest-1", "Guest-2", "Guest-1"], speakers(events))
    return speakers(events)


@operation("conversation/speakers-of-cut-speech")
def speakers_of_cut_speech():
    events = transcribed(file("cut-turns.wav"))
    need(speakers(events) == ["Guest-1", "Guest-2", "Guest-1"], events.__str__)
    return speakers(events)


@operation("conversation/speakers-in-partial-results")
def speakers_in_partial_results():
    settings = config("conversation")
    settings.set_property(speechsdk.PropertyId.SpeechServiceResponse_DiarizeIntermediateResults, "true")
    events = transcribed(file("two-speakers.wav"), settings)
    found = {result.speaker_id for result in events.partials}
    need(found == {"Guest-1", "Guest-2"}, found)
    return sorted(found)


@operation("translation/no-speech")
def no_speech():
    result = translator(file("silence.wav")).recognize_once_async().get()
    need(result.reason == speechsdk.ResultReason.NoMatch, lambda: reason(result))
    return reason(result)


@operation("connection/reopened")
def reopened():
    pause = silence(1)
    audio, _ = stream(samples("hello.wav") + pause + samples("station.wav") + pause)
    listener = recogniser(audio)
    connection = keep(speechsdk.Connection.from_recognizer(listener))
    heard(listener.recognize_once_async().get())
    connection.close()
    connection.open(False)
    return heard(listener.recognize_once_async().get(), STATION)
