"""The operations of the Speech SDK for Python: operations.py [PATTERN]."""

import sys

import connection  # noqa: F401
import damaged  # noqa: F401
import faults  # noqa: F401
import harness
import options  # noqa: F401
import recognition  # noqa: F401
import synthesis  # noqa: F401
import translation  # noqa: F401

harness.run("python", sys.argv[1] if len(sys.argv) > 1 else "")
