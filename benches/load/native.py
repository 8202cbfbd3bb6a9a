"""100 recognisers of the native SDK at once, against a lab whose environment is set: see benches/README.md."""

import os
import sys
import threading
import time

import azure.cognitiveservices.speech as speech

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 100
TEXT = "The quick brown fox jumps over it."


def configured():
    config = speech.SpeechConfig(subscription=os.environ["SPEECH_KEY"], region=os.environ["SPEECH_REGION"])
    config.set_proxy(os.environ["SPEECH_PROXY_HOST"], int(os.environ["SPEECH_PROXY_PORT"]))
    return config


def spoken():
    config = configured()
    config.set_speech_synthesis_output_format(speech.SpeechSynthesisOutputFormat.Raw16Khz16BitMonoPcm)
    result = speech.SpeechSynthesizer(config, None).speak_text_async(TEXT).get()
    assert result.reason == speech.ResultReason.SynthesizingAudioCompleted, result.cancellation_details
    return result.audio_data


def main():
    audio = spoken()
    recognisers, streams = [], []
    for _ in range(COUNT):
        stream = speech.audio.PushAudioInputStream()
        streams.append(stream)
        recognisers.append(speech.SpeechRecognizer(configured(), speech.audio.AudioConfig(stream=stream)))
    begun = time.monotonic()
    pending = [recogniser.recognize_once_async() for recogniser in recognisers]
    for stream in streams:
        stream.write(audio)
        stream.close()
    results, lock = [], threading.Lock()

    def take(future):
        result = future.get()
        with lock:
            results.append(result)

    threads = [threading.Thread(target=take, args=(future,)) for future in pending]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    right = sum(result.text == TEXT for result in results)
    print(f"native SDK: {right} of {COUNT} recognised in {time.monotonic() - begun:.1f} s")
    for result in results:
        if result.text != TEXT:
            print(result, file=sys.stderr)
    return 0 if right == COUNT else 1


if __name__ == "__main__":
    sys.exit(main())
