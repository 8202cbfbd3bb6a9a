// Recognition of speech that an application damaged, by the Speech SDK. `speech.py` makes the audio.
"use strict";
const { SPEECH, operation } = require("./harness");
const { recogniser, file, once, heard, continuously } = require("./sdk");

const DAMAGED = [
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
];

for (const name of DAMAGED) {
  operation(`recognition/speech-${name}`, async () =>
    heard(await once(recogniser(file(`${name}.wav`))), SPEECH[name].texts[0]),
  );
}

for (const name of ["over-an-offset", "over-a-hum", "over-rumble"]) {
  operation(`recognition/speech-${name}`, async () => {
    const events = await continuously(recogniser(file(`${name}.wav`)));
    events.needTexts(SPEECH[name].texts);
    return events.texts();
  });
}
