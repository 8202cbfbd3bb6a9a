// The application under test: it speaks and listens over REST, with Node.js alone.
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";

export class SpeechError extends Error {
  constructor(status, retryAfter) {
    super(`the service responds with ${status}`);
    Object.assign(this, { status, retryAfter });
  }
}

// Takes its settings from an environment, as the application does in production.
export class Speech {
  constructor(env) {
    this.env = env;
  }

  // Returns a WAV file that says a text.
  say(text) {
    const voice = "en-US-AvaMultilingualNeural";
    const ssml = `<speak version='1.0' xml:lang='en-US'><voice name='${voice}'>${text}</voice></speak>`;
    const headers = { "Content-Type": "application/ssml+xml", "X-Microsoft-OutputFormat": "riff-16khz-16bit-mono-pcm" };
    return this.#post("tts", "/cognitiveservices/v1", headers, ssml);
  }

  // Returns the text that a WAV file says.
  async hear(wav) {
    const path = "/speech/recognition/conversation/cognitiveservices/v1?language=en-US";
    const headers = { "Content-Type": "audio/wav; codecs=audio/pcm; samplerate=16000" };
    return JSON.parse(await this.#post("stt", path, headers, wav)).DisplayText;
  }

  async #post(service, path, headers, body) {
    const { SPEECH_REGION: region, SPEECH_KEY: key, SSL_CERT_FILE: roots } = this.env;
    const host = `${region}.${service}.speech.microsoft.com`;
    const socket = await this.#tunnel(host);
    const ca = roots && readFileSync(roots);
    const options = { host, path, method: "POST", socket, ca, agent: false };
    const response = await new Promise((resolve, reject) => {
      const request = https.request({ ...options, headers: { "Ocp-Apim-Subscription-Key": key, ...headers } }, resolve);
      request.on("error", reject).end(body);
    });
    const chunks = [];
    for await (const chunk of response) chunks.push(chunk);
    if (response.statusCode !== 200) {
      throw new SpeechError(response.statusCode, Number(response.headers["retry-after"]) || undefined);
    }
    return Buffer.concat(chunks);
  }

  // Opens a tunnel through the proxy of the environment, if there is one.
  #tunnel(host) {
    if (!this.env.HTTPS_PROXY) return undefined;
    const { hostname, port } = new URL(this.env.HTTPS_PROXY);
    return new Promise((resolve, reject) => {
      const request = http.request({ host: hostname, port, method: "CONNECT", path: `${host}:443`, agent: false });
      request.on("error", reject).on("connect", (response, socket) => {
        if (response.statusCode === 200) resolve(socket);
        else reject(new Error(`the proxy responds with ${response.statusCode}`));
      });
      request.end();
    });
  }
}
