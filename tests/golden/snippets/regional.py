# pip install azure-cognitiveservices-speech
import os
import sys
import threading

import azure.cognitiveservices.speech as speechsdk

key = os.environ.get("SPEECH_KEY")
if not key:
    sys.exit("SPEECH_KEY is not set")

config = speechsdk.SpeechConfig(subscription=key, region="westeurope")
config.speech_recognition_language = "en-US"
audio = speechsdk.audio.AudioConfig(filename="audio.wav")
recognizer = speechsdk.SpeechRecognizer(speech_config=config, audio_config=audio)

done = threading.Event()
errors = []


def recognized(event):
    if event.result.text:
        print(event.result.text)


def canceled(event):
    if event.cancellation_details.reason == speechsdk.CancellationReason.Error:
        errors.append(event.cancellation_details.error_details)
    done.set()


recognizer.recognized.connect(recognized)
recognizer.canceled.connect(canceled)
recognizer.session_stopped.connect(lambda event: done.set())
recognizer.start_continuous_recognition_async().get()
done.wait()
recognizer.stop_continuous_recognition_async().get()
sys.exit(errors[0] if errors else 0)
