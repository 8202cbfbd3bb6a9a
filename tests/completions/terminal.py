"""Runs the command on a terminal of 60 columns, and looks at its messages."""

import fcntl
import os
import pty
import struct
import sys
import termios


def shown(argv, columns=60):
    """Returns the lines that a command shows, and its exit code."""
    child, fd = pty.fork()
    if child == 0:
        # The parent sets the size before it writes the first byte.
        os.read(0, 1)
        os.execve(argv[0], argv, {"TERM": "xterm", "NO_COLOR": "1"})
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    attributes = termios.tcgetattr(fd)
    attributes[3] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(fd, termios.TCSANOW, attributes)
    os.write(fd, b"x")
    text = b""
    try:
        while chunk := os.read(fd, 65536):
            text += chunk
    except OSError:
        pass
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return text.decode().replace("\r", "").splitlines(), code


def main():
    program = os.path.join(os.path.abspath(sys.argv[1]), "speech-endpoint")
    faults = []
    lines, code = shown([program, "doctor"])
    if code != 2 or lines[-1] != "try: speech-endpoint doctor --lab healthy-regional":
        faults.append(f"a doctor without a resource offers no first try: {code} {lines}")
    if any(len(line) > 60 for line in lines) or len(lines) < 4 or any(line.endswith(("--", "-")) for line in lines):
        faults.append(f"an error is not wrapped between words: {lines}")
    lines, code = shown([program, "resolve"])
    if code != 2 or any(line.startswith("try:") for line in lines):
        faults.append(f"only the doctor can run without a resource: {code} {lines}")
    for fault in faults:
        print(fault)
    print(f"messages on a terminal: {3 - len(faults)} of 3 are right")
    sys.exit(bool(faults))


main()
