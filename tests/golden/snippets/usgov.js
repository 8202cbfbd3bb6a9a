// npm install microsoft-cognitiveservices-speech-sdk
const sdk = require("microsoft-cognitiveservices-speech-sdk");

const key = process.env.SPEECH_KEY;
if (!key) {
  console.error("SPEECH_KEY is not set");
  process.exit(1);
}

const config = sdk.SpeechConfig.fromEndpoint(new URL("wss://usgovvirginia.tts.speech.azure.us/tts/cognitiveservices/websocket/v1"), key);
config.speechSynthesisVoiceName = "en-US-AriaNeural";
const audio = sdk.AudioConfig.fromAudioFileOutput("speech.wav");
const synthesizer = new sdk.SpeechSynthesizer(config, audio);

function finished(result) {
  if (result.reason === sdk.ResultReason.SynthesizingAudioCompleted) {
    console.log("speech.wav written");
  } else {
    failed(result.errorDetails);
  }
  synthesizer.close();
}

function failed(error) {
  console.error(error);
  process.exitCode = 1;
}

synthesizer.speakTextAsync("Hello, world.", finished, failed);
