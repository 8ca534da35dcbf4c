"""A pytest plugin that shows, at the end of a run, what was proved of which policy.

A suite registers it by itself; under pytest-xdist, whose workers show nothing, the ``conftest.py``
at the root names it: ``pytest_plugins = ["wenzheng_core.testing.summary"]``. Nothing with ``-q``.
"""

from __future__ import annotations

import pytest

PROPERTY = "wenzheng_summary"
"""The name under which a test records the text that is to be shown."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what the suites recorded."""
    if terminalreporter.config.get_verbosity() < 0:
        return
    reports = [x for kind in ("passed", "failed") for x in terminalreporter.getreports(kind)]
    texts = [
        text
        for report in reports
        for name, text in getattr(report, "user_properties", ())
        if name == PROPERTY
    ]
    if texts:
        terminalreporter.section("规则检验")
        for text in sorted(set(texts)):
            terminalreporter.write_line(text)
