"""Recognition of speech that an application damaged, by the Speech SDK. `speech.py` makes the audio."""

from harness import SPEECH, operation
from sdk import continuously, file, heard, recogniser

DAMAGED = (
    "without-100-ms",
    "without-start",
    "without-end",
    "with-a-hole",
    "joined",
    "faint",
    "clipped",
    "resampled-to-8000",
    "resampled-to-11025",
    "resampled-to-22050",
    "resampled-to-44100",
)


def declare_once(name):
    @operation(f"recognition/speech-{name}")
    def once():
        return heard(recogniser(file(f"{name}.wav")).recognize_once_async().get(), SPEECH[name]["texts"][0])


def declare_continuous(name):
    @operation(f"recognition/speech-{name}")
    def continuous():
        events = continuously(recogniser(file(f"{name}.wav")))
        events.need_texts(SPEECH[name]["texts"])
        return events.texts()


for _name in DAMAGED:
    declare_once(_name)
for _name in ("over-an-offset", "over-a-hum", "over-rumble"):
    declare_continuous(_name)
