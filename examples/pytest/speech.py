"""The application under test: it speaks and listens over REST, with the standard library alone."""

import json
import ssl
import urllib.error
import urllib.request


class SpeechError(Exception):
    """A request that the service rejects. `retry_after` is a number of seconds, or None."""

    def __init__(self, status, retry_after=None):
        super().__init__(f"the service responds with {status}")
        self.status, self.retry_after = status, retry_after


class Speech:
    """Takes its settings from an environment, as the application does in production."""

    def __init__(self, env):
        self.key, self.region = env["SPEECH_KEY"], env["SPEECH_REGION"]
        handlers = [urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=env.get("SSL_CERT_FILE")))]
        if "HTTPS_PROXY" in env:
            handlers.append(urllib.request.ProxyHandler({"https": env["HTTPS_PROXY"]}))
        self.opener = urllib.request.build_opener(*handlers)

    def say(self, text):
        """Returns a WAV file that says a text."""
        voice = "en-US-AvaMultilingualNeural"
        ssml = f"<speak version='1.0' xml:lang='en-US'><voice name='{voice}'>{text}</voice></speak>"
        headers = {"Content-Type": "application/ssml+xml", "X-Microsoft-OutputFormat": "riff-16khz-16bit-mono-pcm"}
        return self._post("tts", "/cognitiveservices/v1", headers, ssml.encode())

    def hear(self, wav):
        """Returns the text that a WAV file says."""
        path = "/speech/recognition/conversation/cognitiveservices/v1?language=en-US"
        headers = {"Content-Type": "audio/wav; codecs=audio/pcm; samplerate=16000"}
        return json.loads(self._post("stt", path, headers, wav))["DisplayText"]

    def _post(self, service, path, headers, body):
        url = f"https://{self.region}.{service}.speech.microsoft.com{path}"
        request = urllib.request.Request(url, body, {"Ocp-Apim-Subscription-Key": self.key, **headers})
        try:
            with self.opener.open(request, timeout=10) as response:
                return response.read()
        except urllib.error.HTTPError as error:
            after = error.headers.get("Retry-After")
            raise SpeechError(error.code, int(after) if after else None) from None
