// Starts worlds of the lab for the tests. Copy this file into your own tests.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const BUILT = fileURLToPath(new URL("../../target/debug/speech-endpoint", import.meta.url));
// Your own tests need only the name of the installed command.
const PROGRAM = process.env.SPEECH_ENDPOINT || BUILT;

export class Lab {
  // Starts a world. `env` has what a client needs: the proxy, the roots, the resource and the key.
  static async start(world) {
    const lab = new Lab();
    lab.folder = mkdtempSync(join(tmpdir(), "lab-"));
    const ready = join(lab.folder, "lab.env");
    lab.process = spawn(PROGRAM, ["lab", world, "--ready-file", ready], { stdio: ["ignore", "ignore", "inherit"] });
    lab.ended = new Promise((resolve, reject) => {
      lab.process.on("error", (error) => reject(new Error(`cannot start ${PROGRAM}; run \`cargo build\`: ${error.message}`)));
      lab.process.on("exit", resolve);
    });
    const stopped = lab.ended.then((code) => {
      throw new Error(`${world} ends with ${code}`);
    });
    stopped.catch(() => {});
    for (const end = Date.now() + 20_000; !existsSync(ready); ) {
      if (Date.now() > end) throw new Error(`${world} does not start`);
      await Promise.race([sleep(10), stopped]);
    }
    const lines = readFileSync(ready, "utf8").trim().split("\n");
    lab.env = Object.fromEntries(lines.map((line) => [line.split("=", 1)[0], unquoted(line.slice(line.indexOf("=") + 1))]));
    return lab;
  }

  // Calls the control API, and returns its JSON.
  async control(method, path, body) {
    const response = await fetch(this.env.SPEECH_LAB_CONTROL + path, { method, body: body && JSON.stringify(body) });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`);
    const text = await response.text();
    return text ? JSON.parse(text) : null;
  }

  async stop() {
    this.process.kill("SIGTERM");
    const code = await this.ended;
    rmSync(this.folder, { recursive: true });
    if (code !== 0) throw new Error(`the lab ends with ${code}`);
  }
}

function unquoted(value) {
  return value.startsWith("'") ? value.slice(1, -1).replaceAll("'\\''", "'") : value;
}
