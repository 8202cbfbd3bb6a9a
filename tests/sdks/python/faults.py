"""What the Speech SDK reports when the service fails, and how an application goes on."""

import time

import azure.cognitiveservices.speech as speechsdk
from harness import WORLD, need, operation
from sdk import (
    HELLO,
    Events,
    config,
    continuously,
    file,
    heard,
    recogniser,
    refused,
    samples,
    silence,
    spoke,
    stream,
    synthesiser,
    wait_until,
)

Code = speechsdk.CancellationErrorCode


def recognise(**credential):
    return recogniser(file("hello.wav"), config("recognition", **credential)).recognize_once_async().get()


def speak(**credential):
    return synthesiser(config("synthesis", **credential)).speak_text_async(HELLO).get()


@operation("wrong-key/recognition-goes-on-with-the-second-key")
def recognition_with_the_second_key():
    refused(recognise(), Code.AuthenticationFailure, "401")
    return heard(recognise(key=WORLD["second_key"]))


@operation("wrong-key/synthesis-goes-on-with-the-second-key")
def synthesis_with_the_second_key():
    refused(speak(), Code.AuthenticationFailure, "401")
    return spoke(speak(key=WORLD["second_key"]))


@operation("wrong-key/continuous-recognition-is-cancelled")
def continuous_is_cancelled():
    source = recogniser(file("hello.wav"))
    events = continuously(source)
    need((events.cancelled or "").startswith("AuthenticationFailure") and not events.texts(), str(events))
    need(events.order[-1] == "stopped", events.order)
    return events.cancelled


@operation("too-many-requests/synthesis")
def too_many_requests():
    return refused(speak(), Code.TooManyRequests, "429")


@operation("too-many-requests/recognition-works")
def recognition_works():
    return heard(recognise())


@operation("too-many-sockets/recognition")
def too_many_sockets():
    return refused(recognise(), Code.TooManyRequests, "4429")


@operation("too-many-sockets/synthesis")
def too_many_sockets_for_synthesis():
    return refused(speak(), Code.TooManyRequests, "4429")


@operation("quota/recognition")
def quota():
    return refused(recognise(), Code.BadRequest, "Quota exceeded")


@operation("quota/synthesis")
def quota_of_synthesis():
    return refused(speak(), Code.BadRequest, "Quota exceeded")


@operation("closed-for-an-error/recognition", seconds=15)
def closed_for_an_error():
    return refused(recognise(), Code.ServiceError, "1011")


@operation("closed-for-an-error/synthesis", seconds=15)
def closed_for_an_error_in_synthesis():
    return refused(speak(), Code.ServiceError, "1011")


@operation("unavailable/recognition", seconds=15)
def unavailable():
    return refused(recognise(), Code.ServiceUnavailable, "503")


@operation("unavailable/synthesis", seconds=15)
def unavailable_synthesis():
    return refused(speak(), Code.ServiceUnavailable, "503")


@operation("recycled/short-recognition-ends-before")
def short_recognition():
    return heard(recognise())


@operation("recycled/recognition-goes-on-at-the-next-connection")
def recognition_goes_on():
    data = samples("hello.wav")
    audio, pushed = stream(data[:6400], is_open=True)
    future = recogniser(audio).recognize_once_async()
    # The service closes the socket after 400 ms.
    time.sleep(0.7)
    pushed.write(data[6400:])
    pushed.close()
    return heard(future.get())


@operation("recycled/synthesis-after-the-close")
def synthesis_after_the_close():
    maker = synthesiser()
    spoke(maker.speak_text_async(HELLO).get())
    # The service closes the socket after 400 ms, so the second one needs a new connection.
    time.sleep(0.8)
    return spoke(maker.speak_text_async(HELLO).get())


@operation("not-allowed/recognition")
def not_allowed():
    return refused(recognise(), Code.AuthenticationFailure, "403")


@operation("not-allowed/synthesis")
def not_allowed_synthesis():
    return refused(speak(), Code.AuthenticationFailure, "403")


ALL_THREE = ["One of three.", "Two of three.", "Three of three."]


@operation("scripted-phrases/recognition")
def scripted_phrases():
    return " ".join(heard(recognise(), text) for text in ("First in order.", "Second in order."))


@operation("throttled-once/recognition-tries-again", seconds=15)
def throttled_once():
    return heard(recognise())


@operation("closed-after-a-phrase/continuous-recognition-gets-the-rest", seconds=15)
def closed_after_a_phrase():
    events = continuously(recogniser(file("station.wav")), limit=12)
    events.need_texts(ALL_THREE)
    return str(events)


@operation("reset-after-two-phrases/continuous-recognition-gets-the-rest", seconds=15)
def reset_after_two_phrases():
    data = samples("station.wav")
    audio, pushed = stream(data[:64000], is_open=True)
    source = recogniser(audio)
    events = Events(source)
    source.start_continuous_recognition_async().get()
    # TCP resets the connection after the second phrase, which ends within these two seconds of audio.
    wait_until(lambda: len(events.finals) == 2)
    time.sleep(0.5)
    pushed.write(data[64000:] + silence(2))
    pushed.close()
    need(events.stopped.wait(8), lambda: f"the session does not stop: {events}")
    source.stop_continuous_recognition_async().get()
    events.need_texts(ALL_THREE)
    return str(events)
