// Tests of the application over REST. They need Node.js, and no network.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Lab } from "../lab.mjs";
import { Speech } from "../speech.mjs";

const TEXT = "Hello, world.";
let labs = [];

async function start(world) {
  labs.push(await Lab.start(world));
  return labs.at(-1);
}

let lab;
beforeEach(async () => {
  lab = await start("healthy-regional");
});
afterEach(async () => {
  await Promise.all(labs.splice(0).map((lab) => lab.stop()));
});

test("the application hears what it says", async () => {
  const speech = new Speech(lab.env);
  assert.equal(await speech.hear(await speech.say(TEXT)), TEXT);
});

test("the service sees the requests of the application", async () => {
  await new Speech(lab.env).say(TEXT);
  const { requests } = await lab.control("GET", "/requests");
  const [{ method, host, path, status, credential }, ...more] = requests;
  const expected = ["POST", "westeurope.tts.speech.microsoft.com", "/cognitiveservices/v1", 200, "key"];
  assert.deepEqual([method, host, path, status, credential], expected);
  assert.equal(more.length, 0);
});

test("a wrong key is rejected", async () => {
  const speech = new Speech({ ...lab.env, SPEECH_KEY: "0".repeat(84) });
  await assert.rejects(speech.say(TEXT), { status: 401 });
});

test("the application survives the rotation of its key", async () => {
  const old = new Speech(lab.env);
  await old.say(TEXT);
  const { key } = await lab.control("POST", "/keys/1/regenerate");
  await assert.rejects(old.say(TEXT), { status: 401 });
  assert.ok((await new Speech({ ...lab.env, SPEECH_KEY: key }).say(TEXT)).length > 1000);
});

test("a busy service names the time to wait", async () => {
  const busy = await start("QUO01-too-many-requests");
  await assert.rejects(new Speech(busy.env).say(TEXT), { status: 429, retryAfter: 8 });
});

test("a broken connection is an error", async () => {
  const broken = await start("TCP03-reset-before-tls");
  await assert.rejects(new Speech(broken.env).say(TEXT), { code: "ECONNRESET" });
});
