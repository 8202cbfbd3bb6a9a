// Recognition by the Speech SDK.
"use strict";
const fs = require("fs");
const { SPEECH, speech, sleep, need, operation } = require("./harness");
const {
  sdk,
  HELLO,
  config,
  recogniser,
  file,
  samples,
  silence,
  bytes,
  stream,
  once,
  heard,
  Events,
  start,
  stop,
  continuously,
  waitUntil,
} = require("./sdk");

const SPOKEN = SPEECH.spoken;
const PHRASES = SPEECH["two-phrases"].texts;
const same = (left, right) => JSON.stringify(left) === JSON.stringify(right);

function needTimes(result, offset, duration) {
  const found = [result.offset / 1e7, result.duration / 1e7];
  need(
    Math.abs(found[0] - offset) < 0.25 && Math.abs(found[1] - duration) < 0.35,
    `offset and duration ${found} s, expected ${[offset, duration]} s`,
  );
  return `offset ${found[0]} s, duration ${found[1]} s`;
}

operation(
  "recognition/once-of-a-file",
  async () => {
    const result = await once(recogniser(file("hello.wav")));
    heard(result);
    return needTimes(result, 0, SPOKEN.hello);
  },
  { also: ["core", "container"] },
);

operation("recognition/once-of-a-push-stream", async () =>
  heard(await once(recogniser(stream(samples("hello.wav")).audio))),
);

operation("recognition/once-of-a-pull-stream", async () => {
  let left = samples("hello.wav");
  const read = (buffer) => {
    const piece = left.subarray(0, Math.min(buffer.byteLength, 777));
    new Uint8Array(buffer).set(piece);
    left = left.subarray(piece.length);
    return piece.length;
  };
  const pulled = sdk.AudioInputStream.createPullStream({ read, close: () => {} });
  return heard(await once(recogniser(sdk.AudioConfig.fromStreamInput(pulled))));
});

operation("recognition/once-takes-the-first-phrase", async () =>
  heard(await once(recogniser(file("two-phrases.wav"))), PHRASES[0]),
);

operation(
  "recognition/offset-after-a-second-of-silence",
  async () => {
    const result = await once(recogniser(file("late.wav")));
    heard(result);
    return needTimes(result, 1, SPOKEN.hello);
  },
  { also: ["core"] },
);

for (const name of ["silence", "hum"]) {
  operation(`recognition/${name}-is-no-match`, async () => {
    const result = await once(recogniser(file(`${name}.wav`)));
    need(
      result.reason === sdk.ResultReason.NoMatch && !result.text,
      `${sdk.ResultReason[result.reason]} ${result.text}`,
    );
    return sdk.NoMatchReason[sdk.NoMatchDetails.fromResult(result).reason];
  });
}

operation("recognition/mu-law-of-8-khz", async () => {
  const form = sdk.AudioStreamFormat.getWaveFormat(8000, 8, 1, sdk.AudioFormatTag.MuLaw);
  return heard(await once(recogniser(stream(fs.readFileSync(speech("hello.mulaw")), { form }).audio)));
});

operation("recognition/stereo-of-48-khz", async () => heard(await once(recogniser(file("stereo.wav")))));

operation("recognition/noise-instead-of-silence", async () => {
  const result = await once(recogniser(file("noisy.wav")));
  heard(result);
  return needTimes(result, 0.5, SPOKEN.hello);
});

operation(
  "recognition/continuous",
  async () => {
    const events = await continuously(recogniser(file("two-phrases.wav")));
    events.needTexts(PHRASES);
    const [first, second] = events.finals.filter((result) => result.text);
    needTimes(first, 0, SPOKEN.hello);
    return needTimes(second, SPOKEN.hello + 1.5, SPOKEN.station);
  },
  { also: ["core", "container"] },
);

operation("recognition/order-of-events", async () => {
  const events = await continuously(recogniser(file("hello.wav")));
  const { order } = events;
  const at = (name) => order.indexOf(name);
  need(order[0] === "started" && at("stopped") > at("final"), order);
  need(at("speech-start") > 0 && at("speech-start") < at("final"), order);
  need(at("partial") > 0 && at("partial") < at("final"), order);
  need(at("speech-end") > 0 && events.cancelled === "EndOfStream", `${events}`);
  return order;
});

operation("recognition/partial-results-grow", async () => {
  const events = await continuously(recogniser(file("station.wav")));
  const texts = events.partials.map((result) => result.text);
  need(texts.length > 1 && texts.slice(1).every((text, index) => text.startsWith(texts[index])), texts);
  const spoken = SPEECH.station.texts[0].toLowerCase();
  need(spoken.startsWith(texts[texts.length - 1]), `${texts[texts.length - 1]} is not the beginning of ${spoken}`);
  return `${texts.length} partial results`;
});

operation(
  "recognition/live-stream-ends-at-silence",
  async () => {
    const { audio, pushed } = stream(samples("hello.wav"), { isOpen: true });
    const result = once(recogniser(audio));
    for (let piece = 0; piece < 15; piece += 1) {
      pushed.write(bytes(silence(0.1)));
      await sleep(50);
    }
    return heard(await result);
  },
  { also: ["core"] },
);

operation(
  "recognition/live-stream-stopped-and-started-again",
  async () => {
    const { audio, pushed } = stream(Buffer.concat([samples("hello.wav"), silence(1.5)]), { isOpen: true });
    const source = recogniser(audio);
    const events = new Events(source);
    await start(source);
    need(await waitUntil(() => events.texts().length === 1), `before the stop: ${events}`);
    await stop(source);
    await start(source);
    // A read of the first session, which this SDK does not cancel, takes the first 100 ms.
    pushed.write(bytes(Buffer.concat([silence(0.5), samples("station.wav"), silence(1.5)])));
    need(await waitUntil(() => events.texts().length === 2), `after the second start: ${events}`);
    await stop(source);
    events.needTexts(PHRASES);
    return events.texts();
  },
  { seconds: 14 },
);

operation("recognition/dictation", async () => {
  const settings = config("recognition");
  settings.enableDictation();
  const events = await continuously(recogniser(file("two-phrases.wav"), settings));
  events.needTexts(PHRASES);
  return events.texts();
});

operation("recognition/detailed", async () => {
  const settings = config("recognition");
  settings.outputFormat = sdk.OutputFormat.Detailed;
  const result = await once(recogniser(file("hello.wav"), settings));
  const best = JSON.parse(result.json).NBest[0];
  need(
    best.Display === heard(result) && best.Lexical === "hello world" && best.Confidence > 0 && best.Confidence <= 1,
    best,
  );
  need("ITN" in best && "MaskedITN" in best, best);
  return `confidence ${best.Confidence}`;
});

operation("recognition/word-times", async () => {
  const settings = config("recognition");
  settings.outputFormat = sdk.OutputFormat.Detailed;
  settings.requestWordLevelTimestamps();
  const result = await once(recogniser(file("late.wav"), settings));
  heard(result);
  const words = JSON.parse(result.json).NBest[0].Words;
  need(
    same(
      words.map((word) => word.Word),
      ["hello", "world"],
    ),
    words,
  );
  let end = result.offset;
  for (const word of words) {
    need(word.Offset >= end && word.Duration > 0, words);
    end = word.Offset + word.Duration;
  }
  need(end <= result.offset + result.duration, `the last word ends at ${end}, after its phrase`);
  return words.map((word) => [word.Word, word.Offset, word.Duration]);
});

operation("recognition/german", async () => {
  const settings = config("recognition");
  settings.speechRecognitionLanguage = "de-DE";
  return heard(await once(recogniser(file("german.wav"), settings)), SPEECH.german.texts[0]);
});

const candidates = () => sdk.AutoDetectSourceLanguageConfig.fromLanguages(["en-US", "de-DE"]);
const languageOf = (result) => sdk.AutoDetectSourceLanguageResult.fromResult(result).language;

operation(
  "recognition/language-identification",
  async () => {
    const result = await once(sdk.SpeechRecognizer.FromConfig(config("recognition"), candidates(), file("german.wav")));
    heard(result, SPEECH.german.texts[0]);
    need(languageOf(result) === "de-DE", `language ${languageOf(result)}`);
    return languageOf(result);
  },
  { also: ["core"] },
);

operation("recognition/language-identification-continuous", async () => {
  const languages = candidates();
  languages.mode = sdk.LanguageIdMode.Continuous;
  const events = await continuously(
    sdk.SpeechRecognizer.FromConfig(config("recognition"), languages, file("two-languages.wav")),
  );
  events.needTexts(SPEECH["two-languages"].texts);
  const found = events.finals.filter((result) => result.text).map(languageOf);
  need(same(found, ["en-US", "de-DE"]), found);
  return found;
});

operation("recognition/phrase-list", async () => {
  const source = recogniser(file("hello.wav"));
  sdk.PhraseListGrammar.fromRecognizer(source).addPhrase("world");
  return heard(await once(source));
});

async function assessed(reference, miscue) {
  const source = recogniser(file("hello.wav"));
  const { HundredMark } = sdk.PronunciationAssessmentGradingSystem;
  new sdk.PronunciationAssessmentConfig(
    reference,
    HundredMark,
    sdk.PronunciationAssessmentGranularity.Word,
    miscue,
  ).applyTo(source);
  const result = await once(source);
  heard(result);
  return sdk.PronunciationAssessmentResult.fromResult(result);
}

operation("recognition/pronunciation-assessment", async () => {
  const right = await assessed(HELLO, false);
  need(
    right.accuracyScore > 80 && right.completenessScore > 80,
    `accuracy ${right.accuracyScore}, completeness ${right.completenessScore}`,
  );
  const words = right.detailResult.Words.map((word) => word.Word.toLowerCase());
  need(same(words, ["hello", "world"]), words);
  const wrong = await assessed("Hello, wide world.", true);
  const missing = wrong.detailResult.Words.filter((word) => word.PronunciationAssessment.ErrorType === "Omission").map(
    (word) => word.Word.toLowerCase(),
  );
  need(
    same(missing, ["wide"]) && wrong.completenessScore < right.completenessScore,
    `omissions ${missing}, completeness ${wrong.completenessScore}`,
  );
  return `accuracy ${right.accuracyScore}, completeness ${wrong.completenessScore} without a word`;
});

operation("recognition/segmentation-silence-by-property", async () => {
  const settings = config("recognition");
  settings.setProperty(sdk.PropertyId.Speech_SegmentationSilenceTimeoutMs, "3000");
  const events = await continuously(recogniser(file("two-phrases.wav"), settings));
  need(events.texts().length === 1 && events.texts()[0].toLowerCase().startsWith("hello, world"), `${events}`);
  return events.texts();
});

operation("recognition/initial-silence-by-property", async () => {
  const settings = config("recognition");
  settings.setProperty(sdk.PropertyId.SpeechServiceConnection_InitialSilenceTimeoutMs, "1000");
  const { audio, pushed } = stream(silence(2), { isOpen: true });
  const waiting = once(recogniser(audio, settings));
  for (let piece = 0; piece < 20; piece += 1) {
    pushed.write(bytes(silence(0.1)));
    await sleep(20);
  }
  const result = await waiting;
  need(result.reason === sdk.ResultReason.NoMatch, `${sdk.ResultReason[result.reason]} ${result.text}`);
  const found = sdk.NoMatchReason[sdk.NoMatchDetails.fromResult(result).reason];
  need(found === "InitialSilenceTimeout", found);
  return found;
});

operation(
  "recognition/ten-at-once",
  async () => {
    const isHello = (number) => number % 2 === 1;
    const results = await Promise.all(
      Array.from({ length: 10 }, (_, number) => once(recogniser(file(isHello(number) ? "hello.wav" : "station.wav")))),
    );
    results.forEach((result, number) => heard(result, isHello(number) ? HELLO : PHRASES[1]));
    return "10 results";
  },
  { seconds: 15 },
);

operation("recognition/session-ids", async () => {
  const sessions = [];
  for (let turn = 0; turn < 2; turn += 1) {
    const events = await continuously(recogniser(file("hello.wav")));
    events.needTexts([HELLO]);
    sessions.push(events.sessions);
  }
  need(
    sessions.every((ids) => ids.length === 2 && ids[0] === ids[1] && ids[0].length === 32),
    sessions,
  );
  need(sessions[0][0] !== sessions[1][0], "two sessions have the same id");
  return "2 ids";
});
