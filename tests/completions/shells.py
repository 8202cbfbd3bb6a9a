"""Types lines in bash, zsh and fish on a terminal, presses Tab, and compares what the shell shows."""

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time

sys.stdout.reconfigure(line_buffering=True)

FOLDER = os.path.abspath(sys.argv[1])

# What is typed before Tab, and what the shell shows then. A list has more than one candidate.
ROWS = [
    ("speech-endpoint resol", ["speech-endpoint resolve"]),
    ("speech-endpoint doctor --netw", ["--network"]),
    ("speech-endpoint doctor --network priv", ["private-endpoint", "private-and-service-endpoint"]),
    ("speech-endpoint doctor --lab healthy-reg", ["healthy-regional"]),
    ("speech-endpoint lab lis", ["lab list"]),
    ("speech-endpoint lab DNS04-rec", ["DNS04-record-missing"]),
    # Fish shortens what the candidates have in common.
    ("speech-endpoint resolve --service text-to-speech-", ["-websocket", "-stream"]),
    ("speech-endpoint doctor --only POL01,AUTH0", ["AUTH01", "AUTH03"]),
    ("speech-endpoint explain TLS0", ["TLS01", "TLS02"]),
    ("speech-endpoint resolve --cloud us", ["usgov"]),
    ("speech-endpoint resolve --region westeu", ["westeurope"]),
    ("speech-endpoint resolve --format snippet:py", ["snippet:python"]),
    ("speech-endpoint resolve --format=snippet:py", ["--format=snippet:python"]),
    ("speech-endpoint doctor --format ma", ["markdown"]),
    ("speech-endpoint doctor --fail-on w", ["warn"]),
    ("speech-endpoint doctor --expect pu", ["public"]),
    ("speech-endpoint resolve --mode dic", ["dictation"]),
    ("speech-endpoint facts --kind api", ["api-version"]),
    ("speech-endpoint schema doc", ["schema doctor"]),
    ("speech-endpoint completions fi", ["completions fish"]),
    ("speech-endpoint posture --require NET", ["NET1", "NET2"]),
    ("speech-endpoint doctor --account acc", ["account.json"]),
]

SHELLS = {
    "bash": (
        ["bash", "--noprofile", "--norc", "-i"],
        "PS1='ready> '; bind 'set show-all-if-ambiguous on'; bind 'set page-completions off';"
        " bind 'set completion-query-items 0'; source completions.bash",
    ),
    "zsh": (
        ["zsh", "-f", "-i"],
        "PROMPT='ready> '; unsetopt zle_bracketed_paste prompt_sp; setopt no_list_ambiguous; LISTMAX=999;"
        " fpath=($PWD/zsh $fpath); autoload -U compinit; compinit -u -D",
    ),
    "fish": (
        ["fish", "--no-config", "-i"],
        "function fish_prompt; echo -n 'ready> '; end; function fish_right_prompt; end; function fish_greeting; end;"
        " set -g fish_autosuggestion_enabled 0; source completions.fish",
    ),
}


def plain(text):
    """Removes what moves the cursor or colours the text."""
    text = re.sub(r"\x1b\[[0-9;?<>=]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b\][^\x07]*\x07|\x1b[=>78]", "", text)
    return text.replace("\r", "").replace("\x07", "")


class Terminal:
    """A shell on a terminal."""

    def __init__(self, argv):
        self.child, self.fd = pty.fork()
        if self.child == 0:
            environment = {"PATH": f"{FOLDER}:{os.environ['PATH']}", "HOME": FOLDER, "TERM": "xterm", "LANG": "C.UTF-8"}
            os.chdir(FOLDER)
            os.execvpe(argv[0], argv, environment)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 200, 0, 0))

    def send(self, text):
        os.write(self.fd, text.encode())

    def read_until(self, is_enough, limit):
        """Reads until the text is enough, or the time is over."""
        end, text = time.monotonic() + limit, ""
        while time.monotonic() < end:
            ready, _, _ = select.select([self.fd], [], [], 0.05)
            if ready:
                try:
                    text += os.read(self.fd, 65536).decode(errors="replace")
                except OSError:
                    break
            if is_enough(plain(text)):
                break
        return plain(text)

    def close(self):
        os.kill(self.child, signal.SIGKILL)
        os.waitpid(self.child, 0)
        os.close(self.fd)


def faults_of(shell):
    """Returns what is wrong in a shell, one line each."""
    argv, setup = SHELLS[shell]
    terminal = Terminal(argv)
    faults = []
    try:
        sum_of_shell = "(math 1 + 1)" if shell == "fish" else "$((1 + 1))"
        terminal.send(f"{setup}; echo set-up-{sum_of_shell}\n")
        seen = terminal.read_until(lambda text: "set-up-2" in text, 10)
        if "set-up-2" not in seen:
            return [f"the shell does not start: {seen!r}"]
        for typed, expected in ROWS:
            terminal.send(typed)
            terminal.read_until(lambda text: typed.split()[-1] in text.replace("\n", ""), 2)
            terminal.send("\t")
            shown = lambda text: (typed + text).replace("\n", " ")
            is_right = lambda text: text.strip() and all(part in shown(text) for part in expected)
            seen = terminal.read_until(is_right, 4)
            if not is_right(seen):
                faults.append(f"{typed!r} and Tab: expected {expected}, and the shell shows {seen!r}")
            # The line is removed; an empty one gives a new prompt.
            terminal.send("\x05\x15\n")
            terminal.read_until(lambda text: text.rstrip(" ").endswith("ready>") and "\n" in text, 1)
    finally:
        terminal.close()
    return faults


def main():
    with open(f"{FOLDER}/account.json", "w", encoding="utf-8") as file:
        file.write("{}")
    os.makedirs(f"{FOLDER}/zsh")
    for shell, path in (("bash", "completions.bash"), ("zsh", "zsh/_speech-endpoint"), ("fish", "completions.fish")):
        script = subprocess.run([f"{FOLDER}/speech-endpoint", "completions", shell], capture_output=True, check=True)
        with open(f"{FOLDER}/{path}", "wb") as file:
            file.write(script.stdout)
    failed = False
    for shell in SHELLS:
        if shutil.which(shell) is None:
            print(f"skipped: {shell} is not installed")
            continue
        faults = faults_of(shell)
        failed = failed or bool(faults)
        print(f"{shell}: {len(ROWS) - len(faults)} of {len(ROWS)} lines are completed")
        for fault in faults:
            print(f"  {fault}")
    sys.exit(failed)


main()
