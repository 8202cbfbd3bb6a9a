// Connections, credentials and forms of configuration by the Speech SDK.
"use strict";
const { WORLD, SPEECH, need, operation } = require("./harness");
const {
  sdk,
  HELLO,
  client,
  config,
  file,
  recogniser,
  synthesiser,
  called,
  once,
  speak,
  heard,
  refused,
  spoke,
  continuously,
  waitUntil,
} = require("./sdk");

const TOKENS = WORLD.tokens || {};
const same = (left, right) => JSON.stringify(left) === JSON.stringify(right);

// Recognises and speaks with a credential or another form of configuration.
async function both(forRecognition, forSynthesis = forRecognition) {
  heard(await once(recogniser(file("hello.wav"), config("recognition", forRecognition))));
  spoke(await speak(synthesiser(config("synthesis", forSynthesis))), SPEECH.spoken.hello);
  return "recognised and spoke";
}

operation("connection/opened-before-recognition", async () => {
  const source = recogniser(file("hello.wav"));
  const seen = [];
  const connection = sdk.Connection.fromRecognizer(source);
  connection.connected = () => seen.push("connected");
  connection.disconnected = () => seen.push("disconnected");
  await called((done, failed) => connection.openConnection(done, failed));
  need(await waitUntil(() => same(seen, ["connected"])), seen);
  (await continuously(source)).needTexts([HELLO]);
  await called((done, failed) => connection.closeConnection(done, failed));
  need(await waitUntil(() => same(seen, ["connected", "disconnected"])), seen);
  return seen;
});

operation("connection/opened-before-synthesis", async () => {
  const maker = synthesiser();
  const seen = [];
  const connection = sdk.Connection.fromSynthesizer(maker);
  connection.connected = () => seen.push("connected");
  await called((done, failed) => connection.openConnection(done, failed));
  spoke(await speak(maker));
  need(same(seen, ["connected"]), seen);
  return seen;
});

operation("connection/messages", async () => {
  const source = recogniser(file("hello.wav"));
  const received = [];
  const sent = [];
  const connection = sdk.Connection.fromRecognizer(source);
  connection.messageReceived = (event) => received.push(event.message.path);
  connection.messageSent = (event) => sent.push(event.message.path);
  heard(await once(source));
  const expected = ["turn.start", "speech.startDetected", "speech.hypothesis", "speech.phrase"];
  const places = expected.map((name) => received.indexOf(name));
  need(
    places.every((place, index) => place > (index ? places[index - 1] : -1)),
    received,
  );
  need(same(sent.slice(0, 2), ["speech.config", "speech.context"]) && sent.includes("audio"), sent);
  return received;
});

operation("connection/message-property", async () => {
  const source = recogniser(file("hello.wav"));
  sdk.Connection.fromRecognizer(source).setMessageProperty("speech.context", "phraseDetection", {
    mode: "Conversation",
  });
  return heard(await once(source));
});

operation("credentials/key", () => both({}));
operation("credentials/second-key", () => both({ key: WORLD.second_key }));
operation("credentials/issued-token", () => both({ token: TOKENS.issued }), { needs: "tokens.issued" });
operation("credentials/composed-token", () => both({ token: TOKENS.composed }), { needs: "client.region" });
operation("credentials/entra-token", () => both({ token: TOKENS.entra }), { needs: "client.endpoint" });

operation("credentials/wrong-key-is-rejected", async () => {
  const wrong = { key: "0".repeat(32) };
  refused(await speak(synthesiser(config("synthesis", wrong))), "ConnectionFailure", "401");
  return refused(await once(recogniser(file("hello.wav"), config("recognition", wrong))), "ConnectionFailure", "401");
});

operation(
  "credentials/issued-token-is-rejected",
  async () => {
    const settings = config("recognition", { token: "a.b.c" });
    return refused(await once(recogniser(file("hello.wav"), settings)), "ConnectionFailure", "401");
  },
  { needs: "client.endpoint" },
);

operation(
  "credentials/token-credential",
  async () => {
    const scopes = [];
    const given = {
      getToken: async (scope) => {
        scopes.push(String(scope));
        return { token: TOKENS.entra, expiresOnTimestamp: Date.now() + 3600000 };
      },
    };
    const settings = ["recognition", "synthesis"].map((feature) =>
      sdk.SpeechConfig.fromEndpoint(new URL(client(feature).endpoint), given),
    );
    settings[0].speechRecognitionLanguage = "en-US";
    heard(await once(recogniser(file("hello.wav"), settings[0])));
    spoke(await speak(synthesiser(settings[1])));
    need(
      scopes.length > 0 && scopes.every((scope) => scope === "https://cognitiveservices.azure.com/.default"),
      scopes,
    );
    return scopes[0];
  },
  { needs: "client.endpoint" },
);

operation(
  "credentials/renewed-token",
  async () => {
    const source = recogniser(file("hello.wav"), config("recognition", { token: "expired.expired.expired" }));
    source.authorizationToken = TOKENS.issued;
    return heard(await once(source));
  },
  { needs: "tokens.issued" },
);

const given = (url) => ({ given: url });

operation(
  "forms/endpoint-of-a-regional-host",
  () => {
    const { recognition, synthesis } = WORLD.forms;
    return both(given({ endpoint: recognition }), given({ endpoint: synthesis }));
  },
  { needs: "forms" },
);

operation(
  "forms/host",
  () => {
    const [recognition, synthesis] = [WORLD.forms.recognition, WORLD.forms.synthesis].map((url) =>
      url.replace("https", "wss"),
    );
    return both(given({ host: recognition }), given({ host: synthesis }));
  },
  { needs: "forms" },
);

for (const mode of ["interactive", "conversation", "dictation"]) {
  operation(
    `forms/version-1-${mode}`,
    async () => {
      const endpoint = `${WORLD.forms.recognition.replace("https", "wss")}/speech/recognition/${mode}/cognitiveservices/v1?language=en-US`;
      return heard(await once(recogniser(file("hello.wav"), config("recognition", given({ endpoint })))));
    },
    { needs: "forms" },
  );
}

// This SDK requests the real-time host from the custom domain first.
operation("discovery/custom-domain-of-an-open-resource", () => both(given(WORLD.discovery)));

operation("proxy/recognition-and-synthesis", async () => {
  const settings = ["recognition", "synthesis"].map((feature) => config(feature));
  settings.forEach((each) => each.setProxy(...WORLD.proxy));
  heard(await once(recogniser(file("hello.wav"), settings[0])));
  return spoke(await speak(synthesiser(settings[1])));
});
