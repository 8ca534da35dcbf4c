"""No rule may refuse anybody without a test that names it."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CORE = ROOT / "src" / "wenzheng_core"


def refusals(source: Path) -> set[str]:
    """The rule codes with which a module raises ``RefusedError``."""
    calls = [node for node in ast.walk(ast.parse(source.read_text("utf-8"))) if _refuses(node)]
    codes = {node.args[0].value for node in calls if isinstance(node.args[0], ast.Constant)}
    assert len(calls) == 0 or codes, f"{source}: a code must be written out where it is raised"
    return codes


def _refuses(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == "RefusedError"


def test_every_refusal_is_tested() -> None:
    """Each code that the domain or the office refuses with stands in some test."""
    sources = [*(CORE / "domain").rglob("*.py"), CORE / "office.py"]
    codes = set().union(*map(refusals, sources))
    tests = [*(ROOT / "tests").rglob("test_*.py"), *ROOT.glob("plugins/*/tests/test_*.py")]
    tested = "\n".join(p.read_text("utf-8") for p in tests if p != Path(__file__))
    assert len(codes) > 40
    assert not sorted(code for code in codes if f'"{code}"' not in tested)
