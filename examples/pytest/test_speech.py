"""Tests of the application over REST. They need Python and pytest, and no network."""

import pytest
from speech import Speech, SpeechError

TEXT = "Hello, world."


def test_the_application_hears_what_it_says(lab):
    speech = Speech(lab.env)
    assert speech.hear(speech.say(TEXT)) == TEXT


def test_the_service_sees_the_requests_of_the_application(lab):
    Speech(lab.env).say(TEXT)
    (seen,) = lab.control("GET", "/requests")["requests"]
    assert (seen["method"], seen["path"], seen["status"]) == ("POST", "/cognitiveservices/v1", 200)
    assert (seen["host"], seen["credential"]) == ("westeurope.tts.speech.microsoft.com", "key")


def test_a_wrong_key_is_rejected(lab):
    with pytest.raises(SpeechError) as raised:
        Speech({**lab.env, "SPEECH_KEY": "0" * 84}).say(TEXT)
    assert raised.value.status == 401


def test_the_application_survives_the_rotation_of_its_key(lab):
    old = Speech(lab.env)
    old.say(TEXT)
    new = lab.control("POST", "/keys/1/regenerate")["key"]
    with pytest.raises(SpeechError) as raised:
        old.say(TEXT)
    assert raised.value.status == 401
    assert Speech({**lab.env, "SPEECH_KEY": new}).say(TEXT)


def test_a_busy_service_names_the_time_to_wait(start_lab):
    lab = start_lab("QUO01-too-many-requests")
    with pytest.raises(SpeechError) as raised:
        Speech(lab.env).say(TEXT)
    assert (raised.value.status, raised.value.retry_after) == (429, 8)


def test_a_broken_connection_is_an_error(start_lab):
    lab = start_lab("TCP03-reset-before-tls")
    with pytest.raises(OSError):
        Speech(lab.env).say(TEXT)
