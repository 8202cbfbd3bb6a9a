// An application that uses the Speech SDK: says a text, and prints what it hears.
import sdk from "microsoft-cognitiveservices-speech-sdk";

const { SPEECH_KEY, SPEECH_REGION, SPEECH_PROXY_HOST, SPEECH_PROXY_PORT } = process.env;
const config = sdk.SpeechConfig.fromSubscription(SPEECH_KEY, SPEECH_REGION);
if (SPEECH_PROXY_HOST) config.setProxy(SPEECH_PROXY_HOST, Number(SPEECH_PROXY_PORT));

const synthesizer = new sdk.SpeechSynthesizer(config, null);
const spoken = await new Promise((resolve, reject) => synthesizer.speakTextAsync(process.argv[2], resolve, reject));
synthesizer.close();
if (!spoken.audioData) {
  console.error(spoken.errorDetails);
  process.exit(1);
}
const audio = sdk.AudioConfig.fromWavFileInput(Buffer.from(spoken.audioData));
const recognizer = new sdk.SpeechRecognizer(config, audio);
const heard = await new Promise((resolve, reject) => recognizer.recognizeOnceAsync(resolve, reject));
recognizer.close();
console.log(heard.text);
