"""Connections, credentials and forms of configuration by the Speech SDK."""

import time

import azure.cognitiveservices.speech as speechsdk
from harness import SPEECH, WORLD, need, operation
from sdk import (
    HELLO,
    client,
    config,
    continuously,
    file,
    heard,
    keep,
    reason,
    recogniser,
    refused,
    spoke,
    synthesiser,
    wait_until,
)

TOKENS = WORLD.get("tokens", {})
Code = speechsdk.CancellationErrorCode


def both(**credential):
    """Recognises and speaks with a credential."""
    heard(recogniser(file("hello.wav"), config("recognition", **credential)).recognize_once_async().get())
    spoke(synthesiser(config("synthesis", **credential)).speak_text_async(HELLO).get(), SPEECH["spoken"]["hello"])
    return "recognised and spoke"


@operation("connection/opened-before-recognition")
def opened_before_recognition():
    listener = recogniser(file("hello.wav"))
    connection, seen = keep(speechsdk.Connection.from_recognizer(listener)), []
    connection.connected.connect(lambda event: seen.append("connected"))
    connection.disconnected.connect(lambda event: seen.append("disconnected"))
    connection.open(True)
    need(wait_until(lambda: seen == ["connected"]), seen)
    continuously(listener).need_texts([HELLO])
    connection.close()
    need(wait_until(lambda: seen == ["connected", "disconnected"]), seen)
    return seen


@operation("connection/opened-before-synthesis")
def opened_before_synthesis():
    maker = synthesiser()
    connection, seen = keep(speechsdk.Connection.from_speech_synthesizer(maker)), []
    connection.connected.connect(lambda event: seen.append("connected"))
    connection.open(True)
    need(wait_until(lambda: seen == ["connected"]), seen)
    spoke(maker.speak_text_async(HELLO).get())
    need(seen == ["connected"], seen)
    return seen


@operation("connection/message-property")
def message_property():
    listener = recogniser(file("hello.wav"))
    keep(speechsdk.Connection.from_recognizer(listener)).set_message_property(
        "speech.context", "phraseDetection", '{"mode":"Conversation"}'
    )
    return heard(listener.recognize_once_async().get())


@operation("credentials/key")
def key():
    return both()


@operation("credentials/second-key")
def second_key():
    return both(key=WORLD["second_key"])


@operation("credentials/wrong-key-is-rejected")
def wrong_key():
    refused(
        synthesiser(config("synthesis", key="0" * 32)).speak_text_async(HELLO).get(), Code.AuthenticationFailure, "401"
    )
    return refused(
        recogniser(file("hello.wav"), config("recognition", key="0" * 32)).recognize_once_async().get(),
        Code.AuthenticationFailure,
        "401",
    )


@operation("credentials/issued-token", needs="tokens.issued")
def issued_token():
    return both(token=TOKENS["issued"])


@operation("credentials/composed-token", needs="client.region")
def composed_token():
    return both(token=TOKENS["composed"])


@operation("credentials/entra-token", needs="client.endpoint")
def entra_token():
    return both(token=TOKENS["entra"])


@operation("credentials/issued-token-is-rejected", needs="client.endpoint")
def token_of_another_kind():
    return refused(
        recogniser(file("hello.wav"), config("recognition", token="a.b.c")).recognize_once_async().get(),
        Code.AuthenticationFailure,
        "401",
    )


class Credential:
    """A token credential as azure-identity has it."""

    def __init__(self):
        self.scopes = []

    def get_token(self, *scopes, **_):
        from azure.core.credentials import AccessToken

        self.scopes.extend(scopes)
        return AccessToken(TOKENS["entra"], int(time.time()) + 3600)


@operation("credentials/token-credential", needs="client.endpoint")
def token_credential():
    given = Credential()
    settings = [
        speechsdk.SpeechConfig(token_credential=given, **client(feature)) for feature in ("recognition", "synthesis")
    ]
    heard(recogniser(file("hello.wav"), settings[0]).recognize_once_async().get())
    spoke(synthesiser(settings[1]).speak_text_async(HELLO).get())
    need(set(given.scopes) == {"https://cognitiveservices.azure.com/.default"}, given.scopes)
    return given.scopes[0]


@operation("credentials/renewed-token", needs="tokens.issued")
def renewed_token():
    listener = recogniser(file("hello.wav"), config("recognition", token="expired.expired.expired"))
    listener.authorization_token = TOKENS["issued"]
    return heard(listener.recognize_once_async().get())


@operation("forms/endpoint-of-a-regional-host", needs="forms")
def regional_endpoint():
    forms = WORLD["forms"]
    heard(
        recogniser(file("hello.wav"), config("recognition", given={"endpoint": forms["recognition"]}))
        .recognize_once_async()
        .get()
    )
    return spoke(synthesiser(config("synthesis", given={"endpoint": forms["synthesis"]})).speak_text_async(HELLO).get())


@operation("forms/host", needs="forms")
def host():
    hosts = {feature: {"host": url.replace("https", "wss")} for feature, url in WORLD["forms"].items()}
    heard(recogniser(file("hello.wav"), config("recognition", given=hosts["recognition"])).recognize_once_async().get())
    return spoke(synthesiser(config("synthesis", given=hosts["synthesis"])).speak_text_async(HELLO).get())


def declare_version_1(mode):
    @operation("forms/version-1-" + mode, needs="forms")
    def version_1():
        base = WORLD["forms"]["recognition"].replace("https", "wss")
        url = f"{base}/speech/recognition/{mode}/cognitiveservices/v1?language=en-US"
        return heard(
            recogniser(file("hello.wav"), config("recognition", given={"endpoint": url})).recognize_once_async().get()
        )


for _mode in ("interactive", "conversation", "dictation"):
    declare_version_1(_mode)


@operation("discovery/custom-domain-of-an-open-resource")
def custom_domain_of_an_open_resource():
    # This SDK sends no discovery request, and an open resource has no real-time path at its custom domain.
    result = recogniser(file("hello.wav"), config("recognition", given=WORLD["discovery"])).recognize_once_async().get()
    need(
        result.reason == speechsdk.ResultReason.Canceled and "404" in result.cancellation_details.error_details,
        lambda: reason(result),
    )
    return reason(result)


@operation("proxy/recognition-and-synthesis")
def proxy():
    settings = [config(feature) for feature in ("recognition", "synthesis")]
    for each in settings:
        each.set_proxy(*WORLD["proxy"])
    heard(recogniser(file("hello.wav"), settings[0]).recognize_once_async().get())
    return spoke(synthesiser(settings[1]).speak_text_async(HELLO).get())
