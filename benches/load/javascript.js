// 300 recognisers of the JavaScript SDK at once, against a lab whose environment is set: see benches/README.md.
const sdk = require("microsoft-cognitiveservices-speech-sdk");

const count = Number(process.argv[2] || 300);
const text = "The quick brown fox jumps over it.";

function configured() {
  const config = sdk.SpeechConfig.fromSubscription(process.env.SPEECH_KEY, process.env.SPEECH_REGION);
  config.setProxy(process.env.SPEECH_PROXY_HOST, Number(process.env.SPEECH_PROXY_PORT));
  return config;
}

function spoken() {
  const config = configured();
  config.speechSynthesisOutputFormat = sdk.SpeechSynthesisOutputFormat.Raw16Khz16BitMonoPcm;
  const synthesizer = new sdk.SpeechSynthesizer(config, null);
  return new Promise((done, fail) =>
    synthesizer.speakTextAsync(text, (result) => (result.audioData ? done(result.audioData) : fail(result.errorDetails)), fail));
}

function recognised(audio) {
  const stream = sdk.AudioInputStream.createPushStream();
  stream.write(audio);
  stream.close();
  const recognizer = new sdk.SpeechRecognizer(configured(), sdk.AudioConfig.fromStreamInput(stream));
  return new Promise((done) =>
    recognizer.recognizeOnceAsync(
      (result) => { recognizer.close(); done(result.text === text ? null : result.errorDetails || result.text || "no text"); },
      (error) => { recognizer.close(); done(String(error)); }));
}

(async () => {
  const audio = await spoken();
  const begun = Date.now();
  const results = await Promise.all(Array.from({ length: count }, () => recognised(audio)));
  const wrong = results.filter(Boolean);
  console.log(`JavaScript SDK: ${count - wrong.length} of ${count} recognised in ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  wrong.slice(0, 5).forEach((text) => console.error(text));
  process.exit(wrong.length ? 1 : 0);
})();
