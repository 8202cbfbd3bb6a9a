// Translation and conversation transcription by the Speech SDK.
"use strict";
const { WORLD, SPEECH, need, operation, sleep } = require("./harness");
const { sdk, HELLO, config, file, samples, stream, called, once, reason, Events, continuously } = require("./sdk");

const PHRASES = SPEECH["two-phrases"].texts;

function settingsFor(targets, given) {
  const settings = config("recognition", { kind: sdk.SpeechTranslationConfig, ...(given && { given }) });
  targets.forEach((target) => settings.addTargetLanguage(target));
  return settings;
}

const translator = (audio, targets = ["de", "fr"], given = undefined) =>
  new sdk.TranslationRecognizer(settingsFor(targets, given), audio);

function needTranslations(result, text, targets = ["de", "fr"]) {
  need(result.reason === sdk.ResultReason.TranslatedSpeech && result.text === text, reason(result));
  const found = targets.map((target) => result.translations.get(target));
  // The lab puts the language before the text, so that a translation is recognisable.
  need(
    found.every((translation) => translation && translation !== text),
    found,
  );
  need(new Set(found).size === targets.length, `two languages have the same text: ${found}`);
  return found;
}

operation("translation/once", async () => needTranslations(await once(translator(file("hello.wav"))), HELLO), {
  also: ["core"],
});

operation("translation/continuous", async () => {
  const events = await continuously(translator(file("two-phrases.wav")));
  events.needTexts(PHRASES);
  const results = events.finals.filter((result) => result.text);
  results.forEach((result, index) => needTranslations(result, PHRASES[index]));
  const [offset, expected] = [results[1].offset / 1e7, SPEECH.spoken.hello + 1.5];
  need(Math.abs(offset - expected) < 0.25, `the second phrase begins at ${offset} s, expected ${expected} s`);
  const translated = events.partials.filter((partial) =>
    ["de", "fr"].every((target) => partial.translations.get(target)),
  );
  need(
    translated.length > 0 && translated.length === events.partials.length,
    `${events.partials.length} partial results, ${translated.length} with translations`,
  );
  return events.texts();
});

operation("translation/spoken", async () => {
  const settings = settingsFor(["de"]);
  settings.voiceName = "de-DE-KatjaNeural";
  const source = new sdk.TranslationRecognizer(settings, file("hello.wav"));
  let size = 0;
  let ends = 0;
  source.synthesizing = (_, event) => {
    size += event.result.audio ? event.result.audio.byteLength : 0;
    ends += event.result.reason === sdk.ResultReason.SynthesizingAudioCompleted ? 1 : 0;
  };
  (await continuously(source)).needTexts([HELLO]);
  need(size > 10000 && ends === 1, `${size} bytes of audio, ${ends} ends`);
  return `${size} bytes`;
});

operation(
  "translation/version-1",
  async () => {
    const endpoint = `wss://${WORLD.client.region}.s2s.speech.microsoft.com/speech/translation/cognitiveservices/v1`;
    return needTranslations(await once(translator(file("hello.wav"), ["de"], { endpoint })), HELLO, ["de"]);
  },
  { needs: "client.region" },
);

operation("translation/language-identification", async () => {
  const candidates = sdk.AutoDetectSourceLanguageConfig.fromLanguages(["en-US", "de-DE"]);
  const result = await once(sdk.TranslationRecognizer.FromConfig(settingsFor(["fr"]), candidates, file("german.wav")));
  needTranslations(result, SPEECH.german.texts[0], ["fr"]);
  need(result.language === "de-DE", `language ${result.language}`);
  return result.language;
});

async function transcribed(audio, settings = config("conversation")) {
  const source = new sdk.ConversationTranscriber(settings, audio);
  const events = new Events(source, "transcribed", "transcribing");
  await called((done, failed) => source.startTranscribingAsync(done, failed));
  const isStopped = await Promise.race([events.stopped.then(() => true), sleep(8000)]);
  need(isStopped, `the session does not stop: ${events}`);
  await called((done, failed) => source.stopTranscribingAsync(done, failed));
  return events;
}

const speakersOf = (events) => events.finals.filter((result) => result.text).map((result) => result.speakerId);

operation(
  "conversation/one-speaker",
  async () => {
    const events = await transcribed(stream(samples("hello.wav")).audio);
    events.needTexts([HELLO]);
    need(String(speakersOf(events)) === "Guest-1", speakersOf(events));
    return speakersOf(events);
  },
  { also: ["core"] },
);

operation("conversation/two-speakers", async () => {
  const events = await transcribed(file("two-speakers.wav"));
  events.needTexts(SPEECH["two-speakers"].texts);
  need(String(speakersOf(events)) === "Guest-1,Guest-2", speakersOf(events));
  return speakersOf(events);
});

module.exports = { translator, needTranslations, transcribed, speakersOf };
