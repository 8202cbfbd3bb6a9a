// Tests of an application that uses the Speech SDK. They are skipped without the SDK.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { afterEach, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Lab } from "../lab.mjs";

const TEXT = "Hello, world.";
const APPLICATION = fileURLToPath(new URL("../speak-and-listen.mjs", import.meta.url));
const skip = isMissing("microsoft-cognitiveservices-speech-sdk") && "npm install microsoft-cognitiveservices-speech-sdk";

function isMissing(name) {
  try {
    createRequire(import.meta.url).resolve(name);
    return false;
  } catch {
    return true;
  }
}

let lab;
beforeEach(async () => {
  lab = await Lab.start("healthy-regional");
});
afterEach(() => lab.stop());

// Node.js reads NODE_EXTRA_CA_CERTS when it starts, so the application is a process of its own.
function run(env = {}) {
  const options = { env: { PATH: process.env.PATH, ...lab.env, ...env }, timeout: 20_000 };
  return promisify(execFile)(process.execPath, [APPLICATION, TEXT], options);
}

test("the SDK hears what it says", { skip }, async () => {
  assert.equal((await run()).stdout, `${TEXT}\n`);
});

test("a wrong key is an authentication failure", { skip }, async () => {
  await assert.rejects(run({ SPEECH_KEY: "0".repeat(84) }), /401/);
});
