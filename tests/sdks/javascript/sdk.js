// What the operations share: configurations, audio, and a record of the events of a recogniser.
"use strict";
const fs = require("fs");
const sdk = require("microsoft-cognitiveservices-speech-sdk");
const { WORLD, SPEECH, speech, plain, sleep, need } = require("./harness");

const HELLO = SPEECH.hello.texts[0];

// How the client of this world names the resource for a feature.
const client = (feature) => ((WORLD.clients || {}).javascript || {})[feature] || WORLD.client;

function config(feature, { key = WORLD.key, token, kind = sdk.SpeechConfig, given = client(feature) } = {}) {
  const made = configured(kind, given, key, token);
  if (feature !== "synthesis" && feature !== "voices") made.speechRecognitionLanguage = "en-US";
  return made;
}

function configured(kind, given, key, token) {
  if (given.host) return kind.fromHost(new URL(given.host), key);
  if (given.endpoint && !token) return kind.fromEndpoint(new URL(given.endpoint), key);
  if (!token) return kind.fromSubscription(key, given.region);
  if (!given.endpoint) return kind.fromAuthorizationToken(token, given.region);
  const made = kind.fromEndpoint(new URL(given.endpoint));
  made.authorizationToken = token;
  return made;
}

const recogniser = (audio, settings = config("recognition")) => new sdk.SpeechRecognizer(settings, audio);
const synthesiser = (settings = config("synthesis"), output = null) => new sdk.SpeechSynthesizer(settings, output);
const file = (name) => sdk.AudioConfig.fromWavFileInput(fs.readFileSync(speech(name)), name);
// The audio of a WAV file without its header of 44 bytes.
const samples = (name) => fs.readFileSync(speech(name)).subarray(44);
const silence = (seconds) => Buffer.alloc(2 * Math.trunc(16000 * seconds));
const bytes = (buffer) => buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.length);

function stream(data, { form, isOpen = false } = {}) {
  const pushed = form ? sdk.AudioInputStream.createPushStream(form) : sdk.AudioInputStream.createPushStream();
  pushed.write(bytes(data));
  if (!isOpen) pushed.close();
  return { audio: sdk.AudioConfig.fromStreamInput(pushed), pushed };
}

const called = (start) => new Promise((resolve, reject) => start(resolve, (error) => reject(new Error(plain(error)))));
const once = (source) => called((done, failed) => source.recognizeOnceAsync(done, failed));
const speak = (maker, text = HELLO) => called((done, failed) => maker.speakTextAsync(text, done, failed));
const speakSsml = (maker, text) => called((done, failed) => maker.speakSsmlAsync(text, done, failed));

function reason(result) {
  const name = sdk.ResultReason[result.reason];
  if (result.reason === sdk.ResultReason.Canceled) return `${name} ${code(result)}: ${plain(result.errorDetails)}`;
  return `${name} ${result.text}`;
}

function code(result) {
  return sdk.CancellationErrorCode[sdk.CancellationDetails.fromResult(result).ErrorCode];
}

function heard(result, text = HELLO) {
  need(result.reason === sdk.ResultReason.RecognizedSpeech && result.text === text, reason(result));
  return result.text;
}

// Holds a result to an error of this code whose details contain a text.
function refused(result, expected, text) {
  const isExpected =
    result.reason === sdk.ResultReason.Canceled &&
    code(result) === expected &&
    plain(result.errorDetails).includes(text);
  need(isExpected, `expected ${expected} with ${text}, received ${reason(result)}`);
  return reason(result);
}

// Holds a synthesis to its completion, and the reported duration to that of the speech.
function spoke(result, seconds) {
  need(result.reason === sdk.ResultReason.SynthesizingAudioCompleted, reason(result));
  need(result.audioData.byteLength > 1000, `${result.audioData.byteLength} bytes of audio`);
  const found = result.audioDuration / 1e7;
  need(!seconds || Math.abs(found - seconds) < 0.1, `audioDuration is ${found} s, expected ${seconds} s`);
  return `${result.audioData.byteLength} bytes`;
}

// The events of a recogniser, in their order.
class Events {
  constructor(source, final = "recognized", partial = "recognizing") {
    Object.assign(this, { order: [], finals: [], partials: [], sessions: [], cancelled: null });
    this.stopped = new Promise((resolve) => {
      this.stop = resolve;
    });
    source[final] = (_, event) => {
      this.finals.push(event.result);
      this.order.push("final");
    };
    source[partial] = (_, event) => {
      this.partials.push(event.result);
      this.order.push("partial");
    };
    source.sessionStarted = (_, event) => {
      this.sessions.push(event.sessionId);
      this.order.push("started");
    };
    source.sessionStopped = (_, event) => {
      this.sessions.push(event.sessionId);
      this.order.push("stopped");
      this.stop();
    };
    source.speechStartDetected = () => this.order.push("speech-start");
    source.speechEndDetected = () => this.order.push("speech-end");
    source.canceled = (_, event) => {
      this.order.push("cancelled");
      const isError = event.reason === sdk.CancellationReason.Error;
      this.cancelled = isError
        ? `${sdk.CancellationErrorCode[event.errorCode]}: ${plain(event.errorDetails)}`
        : sdk.CancellationReason[event.reason];
    };
  }

  texts() {
    return this.finals.map((result) => result.text).filter(Boolean);
  }

  needTexts(texts) {
    need(
      JSON.stringify(this.texts()) === JSON.stringify(texts) && [null, "EndOfStream"].includes(this.cancelled),
      `${this}`,
    );
  }

  toString() {
    return `texts ${JSON.stringify(this.texts())}, cancelled ${this.cancelled}, order ${this.order}`;
  }
}

const start = (source) => called((done, failed) => source.startContinuousRecognitionAsync(done, failed));
const stop = (source) => called((done, failed) => source.stopContinuousRecognitionAsync(done, failed));

// Runs continuous recognition until the audio ends.
async function continuously(source, { limit = 8, events = new Events(source) } = {}) {
  await start(source);
  const isStopped = await Promise.race([events.stopped.then(() => true), sleep(limit * 1000)]);
  need(isStopped, `the session does not stop within ${limit} s: ${events}`);
  await stop(source);
  return events;
}

async function waitUntil(holds, limit = 5) {
  for (const end = Date.now() + limit * 1000; !holds() && Date.now() < end;) await sleep(20);
  return holds();
}

module.exports = {
  sdk,
  HELLO,
  client,
  config,
  recogniser,
  synthesiser,
  file,
  samples,
  silence,
  bytes,
  stream,
  called,
  once,
  speak,
  speakSsml,
  reason,
  heard,
  refused,
  spoke,
  Events,
  start,
  stop,
  continuously,
  waitUntil,
};
