#!/usr/bin/env node
// Runs the command of this platform with the same arguments, streams, signals and exit code.
"use strict";

const { spawn } = require("node:child_process");
const { constants } = require("node:os");

const platform = `${process.platform}-${process.arch}`;
const program = process.platform === "win32" ? "speech-endpoint.exe" : "speech-endpoint";

function binary() {
  try {
    return require.resolve(`@speech-endpoint/${platform}/bin/${program}`);
  } catch {
    console.error(
      `speech-endpoint: the package @speech-endpoint/${platform} is not installed: ` +
        "either there is no binary for this platform, or npm ran with --omit=optional",
    );
    process.exit(1);
  }
}

const child = spawn(binary(), process.argv.slice(2), { stdio: "inherit" });

// A terminal sends its signals to the command as well; a second one would cut its report short.
const atTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    if (signal === "SIGTERM" || !atTerminal) child.kill(signal);
  });
}

child.on("error", (error) => {
  console.error(`speech-endpoint: ${error.message}`);
  process.exit(1);
});
// The convention of shells for a command that a signal ended.
child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
