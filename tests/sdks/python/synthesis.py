"""Synthesis, voices and streams of text by the Speech SDK."""

import os
import time
import wave

import azure.cognitiveservices.speech as speechsdk
from harness import SPEECH, WORLD, need, operation
from sdk import (
    HELLO,
    config,
    heard,
    keep,
    plain,
    reason,
    recogniser,
    seconds,
    spoke,
    synthesiser,
    wait_until,
)

SPOKEN = SPEECH["spoken"]["hello"]
STATION = SPEECH["station"]["texts"][0]


def ssml(body, voice="en-US-AvaNeural"):
    locale = "-".join(voice.split("-")[:2])
    return f"<speak version='1.0' xmlns='http://www.w3.org/2001/10/synthesis' xmlns:mstts='http://www.w3.org/2001/mstts' xml:lang='{locale}'><voice name='{voice}'>{body}</voice></speak>"


def output(name):
    settings = config("synthesis")
    settings.set_speech_synthesis_output_format(getattr(speechsdk.SpeechSynthesisOutputFormat, name))
    return settings


def path(name):
    return os.path.join(WORLD["folder"], name)


@operation("synthesis/text", "core", "container")
def text():
    return spoke(synthesiser().speak_text_async(HELLO).get(), SPOKEN)


@operation("synthesis/to-a-file")
def to_a_file():
    target = speechsdk.audio.AudioOutputConfig(filename=path("spoken.wav"))
    maker = synthesiser(output("Riff24Khz16BitMonoPcm"), target)
    spoke(maker.speak_text_async(HELLO).get(), SPOKEN)
    with wave.open(path("spoken.wav")) as file:
        found = file.getframerate(), file.getnframes() / file.getframerate()
    need(found[0] == 24000 and abs(found[1] - SPOKEN) < 0.05, f"rate and duration {found}")
    return found


@operation("synthesis/is-recognised", "core")
def is_recognised():
    target = speechsdk.audio.AudioOutputConfig(filename=path("round.wav"))
    spoke(synthesiser(output("Riff16Khz16BitMonoPcm"), target).speak_text_async("Round trips work.").get())
    result = recogniser(speechsdk.audio.AudioConfig(filename=path("round.wav"))).recognize_once_async().get()
    return heard(result, "Round trips work.")


@operation("synthesis/right-to-left-text-is-recognised")
def right_to_left():
    words = "مرحبا بالعالم"
    target = speechsdk.audio.AudioOutputConfig(filename=path("arabic.wav"))
    spoke(synthesiser(output("Riff16Khz16BitMonoPcm"), target).speak_ssml_async(ssml(words, "ar-EG-SalmaNeural")).get())
    settings = config("recognition")
    settings.speech_recognition_language = "ar-EG"
    result = recogniser(speechsdk.audio.AudioConfig(filename=path("arabic.wav")), settings).recognize_once_async().get()
    need(result.text.rstrip(".") == words, lambda: reason(result))
    return result.text


HEADS = {
    "Riff16Khz16BitMonoPcm": (b"RIFF",),
    "Riff48Khz16BitMonoPcm": (b"RIFF",),
    "Raw16Khz16BitMonoPcm": (b"",),
    "Audio24Khz48KBitRateMonoMp3": (b"\xff", b"ID3"),
    "Ogg24Khz16BitMonoOpus": (b"OggS",),
    "Webm24Khz16BitMonoOpus": (b"\x1a\x45\xdf\xa3",),
    "Riff8Khz8BitMonoMULaw": (b"RIFF",),
    "Riff8Khz8BitMonoALaw": (b"RIFF",),
}


def declare_format(name, heads):
    @operation("synthesis/format-" + name)
    def one_format():
        maker = synthesiser(output(name))
        result = maker.speak_text_async(STATION).get()
        spoke(result)
        need(result.audio_data.startswith(heads), f"begins with {result.audio_data[:4]!r}")
        need(name.startswith("Riff") or not result.audio_data.startswith(b"RIFF"), "has a header")
        longer = maker.speak_text_async(f"{STATION} {STATION}").get()
        need(
            len(longer.audio_data) > 1.6 * len(result.audio_data),
            f"{len(longer.audio_data)} bytes for twice the text of {len(result.audio_data)} bytes",
        )
        return f"{len(result.audio_data)} bytes"


for _name, _heads in HEADS.items():
    declare_format(_name, _heads)


@operation("synthesis/break-lengthens")
def break_lengthens():
    plain_one, longer = (
        seconds(synthesiser().speak_ssml_async(ssml(body)).get().audio_duration)
        for body in ("Hello, world.", "Hello, <break time='1500ms'/>world.")
    )
    need(1.2 < longer - plain_one < 1.8, f"{plain_one} s without and {longer} s with a break of 1.5 s")
    return f"{plain_one} s, {longer} s"


@operation("synthesis/rate-shortens")
def rate_shortens():
    normal, fast = (
        seconds(synthesiser().speak_ssml_async(ssml(body)).get().audio_duration)
        for body in (STATION, f"<prosody rate='+100%'>{STATION}</prosody>")
    )
    need(0.4 < fast / normal < 0.7, f"{normal} s, and {fast} s at twice the rate")
    return f"{normal} s, {fast} s"


@operation("synthesis/style-and-voice")
def style_and_voice():
    body = f"<mstts:express-as style='cheerful'>{HELLO}</mstts:express-as>"
    return spoke(synthesiser().speak_ssml_async(ssml(body, "en-US-JennyNeural")).get(), SPOKEN)


@operation("synthesis/invalid-ssml-is-rejected")
def invalid_ssml():
    return rejected(synthesiser().speak_ssml_async("<speak><voice>").get())


@operation("synthesis/unknown-voice-is-rejected", "core")
def unknown_voice():
    settings = config("synthesis")
    settings.speech_synthesis_voice_name = "en-US-NobodyNeural"
    return rejected(synthesiser(settings).speak_text_async(HELLO).get())


def rejected(result):
    details = result.cancellation_details
    need(
        result.reason == speechsdk.ResultReason.Canceled
        and details.error_code == speechsdk.CancellationErrorCode.BadRequest,
        lambda: reason(result),
    )
    return reason(result)


@operation("synthesis/word-boundaries")
def word_boundaries():
    maker, found = synthesiser(), []
    maker.synthesis_word_boundary.connect(found.append)
    spoke(maker.speak_text_async(HELLO).get(), SPOKEN)
    wait_until(lambda: len(found) == 4)
    words = [event.text for event in found]
    need(words == ["Hello", ",", "world", "."], words)
    kinds = [event.boundary_type.name for event in found]
    need(kinds == ["Word", "Punctuation", "Word", "Punctuation"], kinds)
    places = [event.text_offset for event in found]
    need(places == [HELLO.index(word) for word in words], f"text offsets {places}")
    times = [seconds(event.audio_offset) for event in found]
    need(times == sorted(times) and times[-1] <= SPOKEN, f"audio offsets {times}")
    return times


@operation("synthesis/sentence-boundaries")
def sentence_boundaries():
    settings = config("synthesis")
    settings.set_property(speechsdk.PropertyId.SpeechServiceResponse_RequestSentenceBoundary, "true")
    maker, found = synthesiser(settings), []
    maker.synthesis_word_boundary.connect(found.append)
    spoke(maker.speak_text_async(f"{HELLO} {STATION}").get())

    def sentences():
        kind = speechsdk.SpeechSynthesisBoundaryType.Sentence
        return [event.text for event in found if event.boundary_type == kind]

    wait_until(lambda: len(sentences()) == 2, 1)
    need(sentences() == [HELLO, STATION], sentences())
    return sentences()


@operation("synthesis/visemes")
def visemes():
    maker, found = synthesiser(), []
    maker.viseme_received.connect(found.append)
    spoke(maker.speak_text_async(HELLO).get())
    wait_until(lambda: len(found) > 3, 1)
    times = [event.audio_offset for event in found]
    need(len(found) > 3 and times == sorted(times), f"offsets {times}")
    need(all(0 <= event.viseme_id <= 21 for event in found), [event.viseme_id for event in found])
    return f"{len(found)} visemes"


@operation("synthesis/bookmarks")
def bookmarks():
    maker, found = synthesiser(), []
    maker.bookmark_reached.connect(found.append)
    spoke(maker.speak_ssml_async(ssml("<bookmark mark='first'/>Hello, <bookmark mark='second'/>world.")).get())
    wait_until(lambda: len(found) == 2, 1)
    need([event.text for event in found] == ["first", "second"], [event.text for event in found])
    times = [seconds(event.audio_offset) for event in found]
    need(times[0] < times[1] < SPOKEN, times)
    return times


@operation("synthesis/order-of-events")
def order_of_events():
    maker, order = synthesiser(), []
    maker.synthesis_started.connect(lambda event: order.append("started"))
    maker.synthesizing.connect(lambda event: order.append("audio"))
    maker.synthesis_completed.connect(lambda event: order.append("completed"))
    maker.synthesis_canceled.connect(lambda event: order.append("cancelled"))
    spoke(maker.speak_text_async(STATION).get())
    wait_until(lambda: "completed" in order)
    need(order[0] == "started" and order[-1] == "completed" and set(order[1:-1]) == {"audio"}, order)
    return f"{len(order)} events"


@operation("synthesis/stream-of-audio")
def stream_of_audio():
    result = synthesiser(output("Raw16Khz16BitMonoPcm")).start_speaking_text_async(HELLO).get()
    need(result.reason == speechsdk.ResultReason.SynthesizingAudioStarted, lambda: reason(result))
    source, size, buffer = speechsdk.AudioDataStream(result), 0, bytes(3000)
    while read := source.read_data(buffer):
        size += read
    need(
        source.status == speechsdk.StreamStatus.AllData and abs(size / 32000 - SPOKEN) < 0.05,
        f"{size} bytes, {source.status}",
    )
    return f"{size} bytes"


@operation("synthesis/two-on-one-connection")
def two_on_one_connection():
    maker, opened = synthesiser(), []
    connection = keep(speechsdk.Connection.from_speech_synthesizer(maker))
    connection.connected.connect(opened.append)
    results = [maker.speak_text_async(HELLO).get() for _ in range(2)]
    for result in results:
        spoke(result, SPOKEN)
    need(
        results[0].result_id != results[1].result_id and results[0].audio_data == results[1].audio_data,
        "the two results differ in their audio or share their id",
    )
    need(len(opened) == 1, f"{len(opened)} connections")
    return "1 connection"


@operation("synthesis/stop-and-speak-again")
def stop_and_speak_again():
    maker = synthesiser()
    maker.start_speaking_text_async("One more sentence. " * 200).get()
    maker.stop_speaking_async().get()
    return spoke(maker.speak_text_async(HELLO).get(), SPOKEN)


@operation("synthesis/five-thousand-characters", seconds=15)
def long_text():
    words = (STATION + " ") * (5000 // (len(STATION) + 1))
    result = synthesiser(output("Audio16Khz32KBitRateMonoMp3")).speak_text_async(words).get()
    spoke(result)
    found = seconds(result.audio_duration)
    need(found > 100, f"{found} s for {len(words)} characters")
    return f"{found} s"


def stream_text(settings, words):
    maker = synthesiser(settings)
    request = speechsdk.SpeechSynthesisRequest(input_type=speechsdk.SpeechSynthesisRequestInputType.TextStream)
    future = maker.speak_async(request)
    for word in words:
        request.input_stream.write(word)
        time.sleep(0.03)
    request.input_stream.close()
    return future.get()


@operation("synthesis/stream-of-text")
def stream_of_text():
    return spoke(stream_text(config("synthesis"), ["Hello, ", "world", "."]), SPOKEN)


@operation("synthesis/stream-of-text-at-version-2")
def stream_of_text_version_2():
    region = WORLD["client"].get("region")
    base = (
        f"wss://{region}.tts.speech.microsoft.com"
        if region
        else WORLD["client"]["endpoint"].replace("https", "wss") + "tts"
    )
    settings = config("synthesis", given={"endpoint": base + "/cognitiveservices/websocket/v2"})
    return spoke(stream_text(settings, ["Hello, ", "world", "."]), SPOKEN)


@operation("synthesis/ten-at-once", seconds=15)
def ten_at_once():
    futures = [synthesiser().speak_text_async(HELLO) for _ in range(10)]
    for future in futures:
        spoke(future.get(), SPOKEN)
    return "10 results"


def voices(locale=""):
    result = synthesiser(config("voices")).get_voices_async(locale).get()
    need(
        result.reason == speechsdk.ResultReason.VoicesListRetrieved,
        lambda: f"{result.reason.name}: {plain(result.error_details)}",
    )
    return result.voices


@operation("voices/all", "core")
def all_voices():
    found = voices()
    need(len(found) > 400, f"{len(found)} voices")
    poor = [
        voice.short_name
        for voice in found
        if not (voice.locale and voice.local_name and voice.gender.name in ("Female", "Male", "Neutral"))
    ]
    need(not poor, f"{len(poor)} voices lack a locale, a local name or a gender")
    return f"{len(found)} voices"


@operation("voices/of-a-locale")
def voices_of_a_locale():
    found = voices("de-DE")
    need(found and {voice.locale for voice in found} == {"de-DE"}, [voice.short_name for voice in found])
    need("de-DE-KatjaNeural" in {voice.short_name for voice in found}, "de-DE-KatjaNeural is missing")
    return f"{len(found)} voices"
