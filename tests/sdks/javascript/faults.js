// What the Speech SDK reports when the service fails, and how an application goes on.
"use strict";
const { WORLD, need, operation, sleep } = require("./harness");
const {
  config,
  file,
  recogniser,
  synthesiser,
  once,
  speak,
  heard,
  refused,
  spoke,
  stream,
  samples,
  Events,
  start,
  waitUntil,
  bytes,
  continuously,
  silence,
} = require("./sdk");

const recognise = (credential = {}) => once(recogniser(file("hello.wav"), config("recognition", credential)));
const synthesise = (credential = {}) => speak(synthesiser(config("synthesis", credential)));
const second = () => ({ key: WORLD.second_key });

operation("wrong-key/recognition-goes-on-with-the-second-key", async () => {
  refused(await recognise(), "ConnectionFailure", "401");
  return heard(await recognise(second()));
});

operation("wrong-key/synthesis-goes-on-with-the-second-key", async () => {
  refused(await synthesise(), "ConnectionFailure", "401");
  return spoke(await synthesise(second()));
});

operation("wrong-key/continuous-recognition-is-cancelled", async () => {
  const source = recogniser(file("hello.wav"));
  const events = new Events(source);
  // This SDK reports no session, because none begins.
  await start(source);
  await waitUntil(() => events.cancelled !== null);
  need(/^ConnectionFailure.*401/.test(events.cancelled) && events.texts().length === 0, `${events}`);
  return events.cancelled;
});

operation("too-many-requests/synthesis", async () => refused(await synthesise(), "ConnectionFailure", "429"));
operation("too-many-requests/recognition-works", async () => heard(await recognise()));
operation("too-many-sockets/recognition", async () => refused(await recognise(), "ConnectionFailure", "4429"), {
  seconds: 4,
});
operation("too-many-sockets/synthesis", async () => refused(await synthesise(), "ConnectionFailure", "4429"));
operation("quota/recognition", async () => refused(await recognise(), "BadRequestParameters", "Quota exceeded"));
operation("quota/synthesis", async () => refused(await synthesise(), "BadRequestParameters", "Quota exceeded"));
operation("closed-for-an-error/recognition", async () => refused(await recognise(), "ConnectionFailure", "1011"), {
  seconds: 4,
});
operation("closed-for-an-error/synthesis", async () => refused(await synthesise(), "ConnectionFailure", "1011"), {
  seconds: 15,
});
operation("unavailable/recognition", async () => refused(await recognise(), "ConnectionFailure", "503"), {
  seconds: 15,
});
operation("unavailable/synthesis", async () => refused(await synthesise(), "ConnectionFailure", "503"), {
  seconds: 15,
});
operation("recycled/short-recognition-ends-before", async () => heard(await recognise()));

operation("recycled/recognition-goes-on-at-the-next-connection", async () => {
  const data = samples("hello.wav");
  const { audio, pushed } = stream(data.subarray(0, 6400), { isOpen: true });
  const result = once(recogniser(audio));
  // The service closes the socket after 400 ms.
  await sleep(700);
  pushed.write(bytes(data.subarray(6400)));
  pushed.close();
  return heard(await result);
});

operation("recycled/synthesis-after-the-close", async () => {
  const maker = synthesiser();
  spoke(await speak(maker));
  // The service closes the socket after 400 ms, so the second one needs a new connection.
  await sleep(800);
  return spoke(await speak(maker));
});

operation("not-allowed/recognition", async () => refused(await recognise(), "ConnectionFailure", "403"));
operation("not-allowed/synthesis", async () => refused(await synthesise(), "ConnectionFailure", "403"));

const ALL_THREE = ["One of three.", "Two of three.", "Three of three."];

operation("scripted-phrases/recognition", async () => {
  heard(await recognise(), "First in order.");
  return heard(await recognise(), "Second in order.");
});

operation("throttled-once/recognition-tries-again", async () => heard(await recognise()), { seconds: 15 });

operation(
  "closed-after-a-phrase/continuous-recognition-gets-the-rest",
  async () => {
    const events = await continuously(recogniser(file("station.wav")), { limit: 6 });
    events.needTexts(ALL_THREE);
    return `${events}`;
  },
  { seconds: 15 },
);

operation(
  "reset-after-two-phrases/continuous-recognition-gets-the-rest",
  async () => {
    const data = samples("station.wav");
    const { audio, pushed } = stream(data.subarray(0, 64000), { isOpen: true });
    const source = recogniser(audio);
    const events = new Events(source);
    await start(source);
    // TCP resets the connection after the second phrase, which ends within these two seconds of audio.
    await waitUntil(() => events.finals.length === 2);
    await sleep(500);
    pushed.write(bytes(Buffer.concat([data.subarray(64000), silence(2)])));
    pushed.close();
    const isStopped = await Promise.race([events.stopped.then(() => true), sleep(8000)]);
    need(isStopped, `the session does not stop: ${events}`);
    events.needTexts(ALL_THREE);
    return `${events}`;
  },
  { seconds: 15 },
);
