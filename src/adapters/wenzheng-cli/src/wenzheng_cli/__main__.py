"""``python -m wenzheng_cli``: the same as ``wenzheng``."""

from __future__ import annotations

from wenzheng_cli.main import run

run()
