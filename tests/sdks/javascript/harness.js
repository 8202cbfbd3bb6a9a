// Declares, selects and runs operations, and prints one line of JSON for each.
"use strict";
const fs = require("fs");
const path = require("path");

const WORLD = JSON.parse(fs.readFileSync(path.join(process.env.FOLDER, "world.json"), "utf8"));
const SPEECH = JSON.parse(fs.readFileSync(path.join(WORLD.speech, "speech.json"), "utf8"));
const operations = [];
// Errors that the SDK throws in callbacks of its own, where no caller can catch them.
const uncaught = [];
process.on("uncaughtException", (error) => uncaught.push(`uncaught ${error}`));
process.on("unhandledRejection", (error) => uncaught.push(`unhandled ${error}`));

const speech = (name) => path.join(WORLD.speech, name);
const plain = (text) =>
  String(text)
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function need(holds, detail) {
  if (!holds) throw new Error(typeof detail === "string" ? detail : JSON.stringify(detail));
}

// Declares an operation of the group before the `/`. `also` names other groups that repeat it, `needs` what a world has to
// have: a path in its description, such as `tokens.issued`.
function operation(name, body, { also = [], seconds = 10, needs = "" } = {}) {
  operations.push({ name, groups: [name.split("/")[0], ...also], seconds, needs, body });
}

function has(needs) {
  return !needs || Boolean(needs.split(".").reduce((place, part) => place && place[part], WORLD));
}

async function outcome({ body, seconds }) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no result within ${seconds} s`)), seconds * 1000);
  });
  uncaught.length = 0;
  try {
    return [true, await Promise.race([body(), late])];
  } catch (error) {
    return [false, [error && error.message ? error.message : error, ...uncaught].join("; ")];
  } finally {
    clearTimeout(timer);
  }
}

async function run(only) {
  for (const each of operations) {
    const isOfWorld = each.groups.some((group) => WORLD.groups.includes(group)) && has(each.needs);
    if (!isOfWorld || (only && !new RegExp(only).test(each.name))) continue;
    const begun = Date.now();
    const [passed, detail] = await outcome(each);
    const text = plain(typeof detail === "string" ? detail : JSON.stringify(detail)).slice(0, 600);
    const line = {
      sdk: "javascript",
      world: WORLD.name,
      operation: each.name,
      passed,
      detail: text,
      ms: Date.now() - begun,
    };
    fs.writeSync(1, JSON.stringify(line) + "\n");
  }
  // A call that hangs must not keep the process.
  process.exit(0);
}

module.exports = { WORLD, SPEECH, speech, plain, sleep, need, operation, run };
