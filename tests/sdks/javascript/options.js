// Options of recognition, translation and conversation transcription by the Speech SDK.
"use strict";
const { SPEECH, need, operation, sleep } = require("./harness");
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
  refused,
  reason,
  Events,
  start,
  stop,
  continuously,
  waitUntil,
} = require("./sdk");
const { translator, needTranslations, transcribed, speakersOf } = require("./translation");

const STATION = SPEECH.station.texts[0];
const FOX = SPEECH.fox.texts[0];
const same = (found, expected) => JSON.stringify(found) === JSON.stringify(expected);

for (const [option, expected] of [
  ["Masked", "What is this ****?"],
  ["Removed", "What is this"],
  ["Raw", "What is this shit?"],
]) {
  operation(`recognition/profanity-${option.toLowerCase()}`, async () => {
    const settings = config("recognition");
    settings.setProfanity(sdk.ProfanityOption[option]);
    return heard(await once(recogniser(file("rude.wav"), settings)), expected);
  });
}

for (const language of ["xx-YY", "English"]) {
  operation(`recognition/language-${language}-is-rejected`, async () => {
    const settings = config("recognition");
    settings.speechRecognitionLanguage = language;
    return refused(await once(recogniser(file("hello.wav"), settings)), "BadRequestParameters", language);
  });
}

operation("recognition/alternatives", async () => {
  const settings = config("recognition");
  settings.outputFormat = sdk.OutputFormat.Detailed;
  const result = await once(recogniser(file("hello.wav"), settings));
  heard(result);
  const found = JSON.parse(result.json).NBest.map((best) => [best.Display, best.Confidence]);
  need(found.length > 1 && found[0][0] === HELLO && found[0][1] > found[1][1], found);
  return found;
});

operation("recognition/custom-model", async () => {
  const settings = config("recognition");
  settings.endpointId = "11111111-2222-3333-4444-555555555555";
  return heard(await once(recogniser(file("hello.wav"), settings)));
});

operation("recognition/language-changes-without-pause", async () => {
  const languages = sdk.AutoDetectSourceLanguageConfig.fromLanguages(["en-US", "de-DE"]);
  languages.mode = sdk.LanguageIdMode.Continuous;
  const source = sdk.SpeechRecognizer.FromConfig(config("recognition"), languages, file("joined-languages.wav"));
  const events = await continuously(source);
  events.needTexts(SPEECH["joined-languages"].texts);
  const found = events.finals.filter((result) => result.text).map((result) => result.language);
  need(same(found, ["en-US", "de-DE"]), found);
  return found;
});

operation("recognition/pieces-of-odd-sizes", async () => {
  const data = samples("hello.wav");
  for (const size of [1, 333, 3201]) {
    const pushed = sdk.AudioInputStream.createPushStream();
    for (let at = 0; at < data.length; at += size) pushed.write(bytes(data.subarray(at, at + size)));
    pushed.close();
    heard(await once(recogniser(sdk.AudioConfig.fromStreamInput(pushed))));
  }
  return "3 sizes";
});

operation("recognition/stopped-during-speech", async () => {
  const source = recogniser(stream(samples("station.wav"), { isOpen: true }).audio);
  const events = new Events(source);
  await start(source);
  need(await waitUntil(() => events.partials.length > 0), "no partial result");
  await stop(source);
  need((await waitUntil(() => events.order.includes("stopped"))) && same(events.texts(), [STATION]), `${events}`);
  return events.texts();
});

operation("recognition/word-times-of-cut-speech", async () => {
  const settings = config("recognition");
  settings.requestWordLevelTimestamps();
  const data = Buffer.concat([silence(0.5), samples("without-start.wav")]);
  const result = await once(recogniser(stream(data).audio, settings));
  const body = JSON.parse(result.json);
  const words = body.NBest[0].Words;
  const expected = FOX.toLowerCase().replace(".", "").split(" ").slice(1);
  need(
    same(
      words.map((word) => word.Word),
      expected,
    ),
    words,
  );
  const ends = words.map((word) => word.Offset + word.Duration);
  need(
    words.slice(1).every((word, index) => ends[index] <= word.Offset),
    words,
  );
  const isInside = body.Offset <= words[0].Offset && ends[ends.length - 1] <= body.Offset + body.Duration;
  need(isInside && Math.abs(result.offset / 1e7 - 0.5) < 0.2, body);
  return `${words.length} words`;
});

operation("recognition/likely-phonemes", async () => {
  const source = recogniser(file("hello.wav"));
  const assessment = new sdk.PronunciationAssessmentConfig(HELLO, sdk.PronunciationAssessmentGradingSystem.HundredMark);
  assessment.nbestPhonemeCount = 3;
  assessment.applyTo(source);
  const result = await once(source);
  heard(result);
  const phoneme = sdk.PronunciationAssessmentResult.fromResult(result).detailResult.Words[0].Phonemes[0];
  const found = phoneme.PronunciationAssessment.NBestPhonemes;
  need(found.length === 3 && found[0].Score > found[1].Score, found);
  return found;
});

operation("translation/five-targets", async () => {
  const targets = ["de", "fr", "es", "zh-Hans", "ar"];
  return needTranslations(await once(translator(file("hello.wav"), targets)), HELLO, targets);
});

operation("translation/targets-changed-before-the-start", async () => {
  const source = translator(file("hello.wav"), ["de"]);
  source.addTargetLanguage("fr");
  source.removeTargetLanguage("de");
  return needTranslations(await once(source), HELLO, ["fr"]);
});

for (const [name, before, change, after] of [
  ["added", ["de"], (source) => source.addTargetLanguage("fr"), ["de", "fr"]],
  ["removed", ["de", "fr"], (source) => source.removeTargetLanguage("de"), ["fr"]],
]) {
  operation(`translation/target-${name}-while-it-runs`, async () => {
    const { audio, pushed } = stream(Buffer.concat([samples("hello.wav"), silence(1)]), { isOpen: true });
    const source = translator(audio, before);
    const events = new Events(source);
    await start(source);
    need(await waitUntil(() => events.texts().length > 0), `${events}`);
    change(source);
    await sleep(300);
    pushed.write(bytes(Buffer.concat([samples("station.wav"), silence(1)])));
    need(await waitUntil(() => events.texts().length === 2), `${events}`);
    await stop(source);
    const [first, second] = events.finals.filter((result) => result.text);
    needTranslations(first, HELLO, before);
    return needTranslations(second, STATION, after);
  });
}

operation("translation/no-speech", async () => {
  const result = await once(translator(file("silence.wav")));
  need(result.reason === sdk.ResultReason.NoMatch, reason(result));
  return reason(result);
});

operation("conversation/speakers-without-pause", async () => {
  const events = await transcribed(file("three-turns.wav"));
  events.needTexts(SPEECH["three-turns"].texts);
  need(same(speakersOf(events), ["Guest-1", "Guest-2", "Guest-1"]), speakersOf(events));
  return speakersOf(events);
});

operation("conversation/speakers-of-cut-speech", async () => {
  const events = await transcribed(file("cut-turns.wav"));
  need(same(speakersOf(events), ["Guest-1", "Guest-2", "Guest-1"]), `${events}`);
  return speakersOf(events);
});

operation("conversation/speakers-in-partial-results", async () => {
  const settings = config("conversation");
  settings.setProperty(sdk.PropertyId.SpeechServiceResponse_DiarizeIntermediateResults, "true");
  const events = await transcribed(file("two-speakers.wav"), settings);
  const found = [...new Set(events.partials.map((result) => result.speakerId))].sort();
  need(same(found, ["Guest-1", "Guest-2"]), found);
  return found;
});
