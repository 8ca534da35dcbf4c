"""docs/systems.md: a row for each system of the source documents, made from the plugins."""

from __future__ import annotations

from functools import reduce
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import attrs
import pytest

from wenzheng_cli.main import main
from wenzheng_cli.systems import System, read_systems
from wenzheng_core import load_plugins

DOCS = Path(__file__).parents[1] / "docs"
SYSTEMS = read_systems(DOCS / "systems.toml")
MADE = "wenzheng policy systems docs/systems.toml > docs/systems.md"


def test_the_page_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    """The page in the repository is what the command prints now."""
    assert main(["policy", "systems", str(DOCS / "systems.toml")]) == 0

    assert (DOCS / "systems.md").read_text("utf-8") == capsys.readouterr().out, f"请执行 {MADE}"


def test_every_system_has_its_row() -> None:
    """S01 to S30, each once, in order."""
    assert [system.id for system in SYSTEMS] == [f"S{number:02}" for number in range(1, 31)]


def test_every_system_is_carried() -> None:
    """By a policy that names it, or by a part of the core."""
    cities = load_plugins().cities.values()
    carried = {x for city in cities for policy in city.versions.versions for x in policy.systems}

    assert carried <= {system.id for system in SYSTEMS}
    assert [system.id for system in SYSTEMS if system.id not in carried and not system.also] == []


def test_systems_with_rules_have_a_policy() -> None:
    """Those that the source documents give rules for; the others state none of their own."""
    without = {12, 14, 15, *range(17, 24), 25, 27}
    cities = load_plugins().cities.values()
    carried = {x for city in cities for policy in city.versions.versions for x in policy.systems}

    assert {f"S{n:02}" for n in range(1, 31) if n not in without} <= carried


@pytest.mark.parametrize("system", [s for s in SYSTEMS if s.also], ids=lambda s: s.id)
def test_what_carries_it_is_there(system: System) -> None:
    """Each member of the core that the list names exists."""
    for also in system.also:
        module, *names = also.by.split(".")
        inside = f"wenzheng_core.domain.{module}"
        home = import_module(inside if find_spec(inside) else f"wenzheng_core.{module}")
        found = reduce(_member, names, home)
        assert found is not None, also.by


def _member(owner: object, name: str) -> object:
    if isinstance(owner, type) and attrs.has(owner) and name in attrs.fields_dict(owner):
        return attrs.fields_dict(owner)[name]
    return getattr(owner, name, None)
