"""The command's front door: how the process begins and ends; nothing else is imported before it.

Exit codes beside those of :mod:`wenzheng_cli.commands`: 130 for Ctrl-C, with one line; 0, quietly, for
a reader that went away, who has seen what was wanted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

INTERRUPTED = 130


def run() -> None:
    """The entry point of the process."""
    try:
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(encoding="utf-8", errors="replace")
        code = main([_readable(argument) for argument in sys.argv[1:]])
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is still to be flushed goes nowhere
        code = 0
    except KeyboardInterrupt:
        code = _interrupted()
    sys.exit(code)


def main(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code. Raises BrokenPipeError."""
    try:
        # Loading takes most of the time of a short command, and may be broken off as well.
        from wenzheng_cli.commands import execute  # noqa: PLC0415

        return execute(arguments)
    except KeyboardInterrupt:
        return _interrupted()
    except SystemExit as stop:  # what Click and Rich make of a reader that went away
        if isinstance(stop.__context__, BrokenPipeError):
            raise stop.__context__ from None
        raise


def _interrupted() -> int:
    print("已中断", file=sys.stderr)
    return INTERRUPTED


def _readable(argument: str) -> str:
    """An argument in a locale that could not read it, read as UTF-8."""
    try:
        argument.encode("utf-8")
    except UnicodeEncodeError:
        return os.fsencode(argument).decode("utf-8", "replace")
    return argument
