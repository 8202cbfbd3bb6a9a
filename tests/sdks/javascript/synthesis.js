// Synthesis, voices and streams of text by the Speech SDK.
"use strict";
const fs = require("fs");
const path = require("path");
const { WORLD, SPEECH, sleep, need, operation } = require("./harness");
const {
  sdk,
  HELLO,
  config,
  synthesiser,
  recogniser,
  called,
  once,
  speak,
  speakSsml,
  reason,
  heard,
  refused,
  spoke,
  waitUntil,
} = require("./sdk");

const SPOKEN = SPEECH.spoken.hello;
const STATION = SPEECH.station.texts[0];
const same = (left, right) => JSON.stringify(left) === JSON.stringify(right);

function ssml(body, voice = "en-US-AvaNeural") {
  const locale = voice.split("-").slice(0, 2).join("-");
  return `<speak version='1.0' xmlns='http://www.w3.org/2001/10/synthesis' xmlns:mstts='http://www.w3.org/2001/mstts' xml:lang='${locale}'><voice name='${voice}'>${body}</voice></speak>`;
}

function output(name) {
  const settings = config("synthesis");
  settings.speechSynthesisOutputFormat = sdk.SpeechSynthesisOutputFormat[name];
  return settings;
}

operation("synthesis/text", async () => spoke(await speak(synthesiser()), SPOKEN), { also: ["core", "container"] });

operation("synthesis/to-a-file", async () => {
  const name = path.join(WORLD.folder, "javascript.wav");
  const maker = synthesiser(output("Riff24Khz16BitMonoPcm"), sdk.AudioConfig.fromAudioFileOutput(name));
  spoke(await speak(maker), SPOKEN);
  maker.close();
  // The SDK writes the header after the audio, and reports neither.
  const content = () => (fs.existsSync(name) ? fs.readFileSync(name) : Buffer.alloc(0));
  await waitUntil(() => content().toString("latin1", 0, 4) === "RIFF", 2);
  const wav = content();
  need(wav.length > 44, `${wav.length} bytes`);
  const seconds = (wav.length - 44) / 48000;
  const head = JSON.stringify(wav.toString("latin1", 0, 4));
  need(
    head === '"RIFF"' && wav.readUInt32LE(24) === 24000 && Math.abs(seconds - SPOKEN) < 0.05,
    `${head}, ${wav.readUInt32LE(24)} Hz, ${seconds} s`,
  );
  return `${seconds} s`;
});

async function roundTrip(text, voice, language) {
  const settings = output("Riff16Khz16BitMonoPcm");
  const result = await speakSsml(synthesiser(settings), ssml(text, voice));
  spoke(result);
  const listening = config("recognition");
  listening.speechRecognitionLanguage = language;
  return once(recogniser(sdk.AudioConfig.fromWavFileInput(Buffer.from(result.audioData)), listening));
}

operation(
  "synthesis/is-recognised",
  async () => heard(await roundTrip("Round trips work.", "en-US-AvaNeural", "en-US"), "Round trips work."),
  { also: ["core"] },
);

operation("synthesis/right-to-left-text-is-recognised", async () => {
  const words = "مرحبا بالعالم";
  const result = await roundTrip(words, "ar-EG-SalmaNeural", "ar-EG");
  need(result.text.replace(/\.$/, "") === words, reason(result));
  return result.text;
});

const HEADS = {
  Riff16Khz16BitMonoPcm: ["RIFF"],
  Riff48Khz16BitMonoPcm: ["RIFF"],
  Raw16Khz16BitMonoPcm: [""],
  Audio24Khz48KBitRateMonoMp3: ["\xff", "ID3"],
  Ogg24Khz16BitMonoOpus: ["OggS"],
  Webm24Khz16BitMonoOpus: ["\x1a\x45\xdf\xa3"],
  Riff8Khz8BitMonoMULaw: ["RIFF"],
  Riff8Khz8BitMonoALaw: ["RIFF"],
};

for (const [name, heads] of Object.entries(HEADS)) {
  operation(`synthesis/format-${name}`, async () => {
    const maker = synthesiser(output(name));
    const short = await speak(maker, STATION);
    spoke(short);
    const head = Buffer.from(short.audioData).toString("latin1", 0, 4);
    need(
      heads.some((expected) => head.startsWith(expected)),
      `begins with ${JSON.stringify(head)}`,
    );
    need(name.startsWith("Riff") || head !== "RIFF", "has a header");
    const long = await speak(maker, `${STATION} ${STATION}`);
    need(
      long.audioData.byteLength > 1.6 * short.audioData.byteLength,
      `${long.audioData.byteLength} bytes for twice the text of ${short.audioData.byteLength} bytes`,
    );
    return `${short.audioData.byteLength} bytes`;
  });
}

const secondsOf = async (body) => (await speakSsml(synthesiser(), ssml(body))).audioDuration / 1e7;

operation("synthesis/break-lengthens", async () => {
  const [without, longer] = [await secondsOf("Hello, world."), await secondsOf("Hello, <break time='1500ms'/>world.")];
  need(longer - without > 1.2 && longer - without < 1.8, `${without} s without and ${longer} s with a break of 1.5 s`);
  return `${without} s, ${longer} s`;
});

operation("synthesis/rate-shortens", async () => {
  const [normal, fast] = [await secondsOf(STATION), await secondsOf(`<prosody rate='+100%'>${STATION}</prosody>`)];
  need(fast / normal > 0.4 && fast / normal < 0.7, `${normal} s, and ${fast} s at twice the rate`);
  return `${normal} s, ${fast} s`;
});

operation("synthesis/style-and-voice", async () => {
  const body = `<mstts:express-as style='cheerful'>${HELLO}</mstts:express-as>`;
  return spoke(await speakSsml(synthesiser(), ssml(body, "en-US-JennyNeural")), SPOKEN);
});

operation("synthesis/invalid-ssml-is-rejected", async () =>
  refused(await speakSsml(synthesiser(), "<speak><voice>"), "BadRequestParameters", "SSML"),
);

operation(
  "synthesis/unknown-voice-is-rejected",
  async () => {
    const settings = config("synthesis");
    settings.speechSynthesisVoiceName = "en-US-NobodyNeural";
    return refused(await speak(synthesiser(settings)), "BadRequestParameters", "en-US-NobodyNeural");
  },
  { also: ["core"] },
);

operation("synthesis/word-boundaries", async () => {
  const maker = synthesiser();
  const found = [];
  maker.wordBoundary = (_, event) => found.push(event);
  spoke(await speak(maker), SPOKEN);
  await waitUntil(() => found.length === 4);
  const words = found.map((event) => event.text);
  need(same(words, ["Hello", ",", "world", "."]), words);
  const kinds = found.map((event) => event.boundaryType);
  need(same(kinds, ["WordBoundary", "PunctuationBoundary", "WordBoundary", "PunctuationBoundary"]), kinds);
  const places = found.map((event) => event.textOffset);
  need(
    same(
      places,
      words.map((word) => HELLO.indexOf(word)),
    ),
    `text offsets ${places}`,
  );
  const times = found.map((event) => event.audioOffset / 1e7);
  need(
    same(
      times,
      [...times].sort((left, right) => left - right),
    ) && times[3] <= SPOKEN,
    `audio offsets ${times}`,
  );
  return times;
});

operation("synthesis/sentence-boundaries", async () => {
  const settings = config("synthesis");
  settings.setProperty(sdk.PropertyId.SpeechServiceResponse_RequestSentenceBoundary, "true");
  const maker = synthesiser(settings);
  const found = [];
  maker.wordBoundary = (_, event) => event.boundaryType === "SentenceBoundary" && found.push(event.text);
  spoke(await speak(maker, `${HELLO} ${STATION}`));
  await waitUntil(() => found.length === 2, 1);
  need(same(found, [HELLO, STATION]), found);
  return found;
});

operation("synthesis/visemes", async () => {
  const maker = synthesiser();
  const found = [];
  maker.visemeReceived = (_, event) => found.push(event);
  spoke(await speak(maker));
  await waitUntil(() => found.length > 3, 1);
  const times = found.map((event) => event.audioOffset);
  need(
    found.length > 3 &&
      same(
        times,
        [...times].sort((left, right) => left - right),
      ),
    `offsets ${times}`,
  );
  need(
    found.every((event) => event.visemeId >= 0 && event.visemeId <= 21),
    found.map((event) => event.visemeId),
  );
  return `${found.length} visemes`;
});

operation("synthesis/bookmarks", async () => {
  const maker = synthesiser();
  const found = [];
  maker.bookmarkReached = (_, event) => found.push(event);
  spoke(await speakSsml(maker, ssml("<bookmark mark='first'/>Hello, <bookmark mark='second'/>world.")));
  await waitUntil(() => found.length === 2, 1);
  need(
    same(
      found.map((event) => event.text),
      ["first", "second"],
    ),
    found.map((event) => event.text),
  );
  const times = found.map((event) => event.audioOffset / 1e7);
  need(times[0] < times[1] && times[1] < SPOKEN, times);
  return times;
});

operation("synthesis/order-of-events", async () => {
  const maker = synthesiser();
  const order = [];
  maker.synthesisStarted = () => order.push("started");
  maker.synthesizing = () => order.push("audio");
  maker.synthesisCompleted = () => order.push("completed");
  maker.SynthesisCanceled = () => order.push("cancelled");
  spoke(await speak(maker, STATION));
  await waitUntil(() => order.includes("completed"));
  need(
    order[0] === "started" &&
      order[order.length - 1] === "completed" &&
      order.length > 2 &&
      order.slice(1, -1).every((event) => event === "audio"),
    order,
  );
  return `${order.length} events`;
});

operation("synthesis/stream-of-audio", async () => {
  let size = 0;
  let closed = 0;
  const target = {
    write: (buffer) => {
      size += buffer.byteLength;
    },
    close: () => {
      closed += 1;
    },
  };
  const pushed = sdk.PushAudioOutputStream.create(target);
  const maker = synthesiser(output("Raw16Khz16BitMonoPcm"), sdk.AudioConfig.fromStreamOutput(pushed));
  spoke(await speak(maker));
  maker.close();
  await waitUntil(() => closed === 1, 2);
  need(Math.abs(size / 32000 - SPOKEN) < 0.05 && closed === 1, `${size} bytes, closed ${closed} times`);
  return `${size} bytes`;
});

operation("synthesis/two-on-one-connection", async () => {
  const maker = synthesiser();
  let opened = 0;
  sdk.Connection.fromSynthesizer(maker).connected = () => {
    opened += 1;
  };
  const results = [await speak(maker), await speak(maker)];
  results.forEach((result) => spoke(result, SPOKEN));
  const [first, second] = results.map((result) => Buffer.from(result.audioData));
  need(
    results[0].resultId !== results[1].resultId && first.equals(second),
    "the two results differ in their audio or share their id",
  );
  need(opened === 1, `${opened} connections`);
  return "1 connection";
});

operation(
  "synthesis/five-thousand-characters",
  async () => {
    const words = `${STATION} `.repeat(Math.trunc(5000 / (STATION.length + 1)));
    const result = await speak(synthesiser(output("Audio16Khz32KBitRateMonoMp3")), words);
    spoke(result);
    need(result.audioDuration > 100e7, `${result.audioDuration / 1e7} s for ${words.length} characters`);
    return `${result.audioDuration / 1e7} s`;
  },
  { seconds: 15 },
);

operation(
  "synthesis/ten-at-once",
  async () => {
    const results = await Promise.all(Array.from({ length: 10 }, () => speak(synthesiser())));
    results.forEach((result) => spoke(result, SPOKEN));
    return "10 results";
  },
  { seconds: 15 },
);

async function streamText(settings, words) {
  const request = new sdk.SpeechSynthesisRequest(sdk.SpeechSynthesisRequestInputType.TextStream);
  const maker = synthesiser(settings);
  const result = called((done, failed) => maker.speakAsync(request, done, failed));
  for (const word of words) {
    request.inputStream.write(word);
    await sleep(30);
  }
  request.inputStream.close();
  return result;
}

operation("synthesis/stream-of-text", async () =>
  spoke(await streamText(config("synthesis"), ["Hello, ", "world", "."]), SPOKEN),
);

operation("synthesis/stream-of-text-at-version-2", async () => {
  const { region, endpoint } = WORLD.client;
  const base = region ? `wss://${region}.tts.speech.microsoft.com` : `${endpoint.replace("https", "wss")}tts`;
  const settings = config("synthesis", { given: { endpoint: `${base}/cognitiveservices/websocket/v2` } });
  return spoke(await streamText(settings, ["Hello, ", "world", "."]), SPOKEN);
});

async function voices(locale = "", settings = config("voices")) {
  const result = await synthesiser(settings).getVoicesAsync(locale);
  need(
    result.reason === sdk.ResultReason.VoicesListRetrieved,
    `${sdk.ResultReason[result.reason]}: ${result.errorDetails}`,
  );
  return result.voices;
}

operation(
  "voices/all",
  async () => {
    const found = await voices();
    need(found.length > 400, `${found.length} voices`);
    const poor = found.filter(
      (voice) =>
        !voice.locale || !voice.localName || !voice.shortName || voice.gender === sdk.SynthesisVoiceGender.Unknown,
    );
    need(poor.length === 0, `${poor.length} voices lack a locale, a name or a gender`);
    return `${found.length} voices`;
  },
  { also: ["core"] },
);

operation("voices/of-a-locale", async () => {
  const found = await voices("de-DE");
  need(
    found.length > 0 && found.every((voice) => voice.locale === "de-DE"),
    found.map((voice) => voice.shortName),
  );
  need(
    found.some((voice) => voice.shortName === "de-DE-KatjaNeural"),
    "de-DE-KatjaNeural is missing",
  );
  return `${found.length} voices`;
});

// The list that this SDK cannot find at the custom domain itself.
operation(
  "voices/below-the-path-of-synthesis",
  async () => {
    const found = await voices("", config("voices", { given: { endpoint: WORLD.rest.synthesis } }));
    need(found.length > 400, `${found.length} voices`);
    return `${found.length} voices`;
  },
  { needs: "client.endpoint" },
);
