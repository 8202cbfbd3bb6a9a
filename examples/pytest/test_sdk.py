"""Tests of an application that uses the Speech SDK. They are skipped without the SDK."""

import pytest

speechsdk = pytest.importorskip("azure.cognitiveservices.speech", reason="pip install azure-cognitiveservices-speech")

TEXT = "Hello, world."


@pytest.fixture
def config(lab, monkeypatch):
    """Points the SDK at the lab. It reads the roots from its environment, and the proxy from its configuration."""
    monkeypatch.setenv("SSL_CERT_FILE", lab.env["SSL_CERT_FILE"])

    def make(kind=speechsdk.SpeechConfig, key=lab.env["SPEECH_KEY"]):
        config = kind(region=lab.env["SPEECH_REGION"], subscription=key)
        config.set_proxy(lab.env["SPEECH_PROXY_HOST"], int(lab.env["SPEECH_PROXY_PORT"]))
        return config

    return make


@pytest.fixture
def spoken(config, tmp_path):
    """A WAV file that says the text."""
    file = str(tmp_path / "hello.wav")
    output = speechsdk.audio.AudioOutputConfig(filename=file)
    result = speechsdk.SpeechSynthesizer(config(), output).speak_text(TEXT)
    assert result.reason == speechsdk.ResultReason.SynthesizingAudioCompleted
    return speechsdk.audio.AudioConfig(filename=file)


def test_recognition(config, spoken):
    assert speechsdk.SpeechRecognizer(config(), audio_config=spoken).recognize_once().text == TEXT


def test_translation(config, spoken):
    settings = config(speechsdk.translation.SpeechTranslationConfig)
    settings.speech_recognition_language = "en-US"
    settings.add_target_language("de")
    result = speechsdk.translation.TranslationRecognizer(settings, audio_config=spoken).recognize_once()
    assert TEXT in result.translations["de"]


def test_a_wrong_key_is_an_authentication_failure(config):
    result = speechsdk.SpeechSynthesizer(config(key="0" * 84), None).speak_text(TEXT)
    assert result.reason == speechsdk.ResultReason.Canceled
    assert result.cancellation_details.error_code == speechsdk.CancellationErrorCode.AuthenticationFailure
