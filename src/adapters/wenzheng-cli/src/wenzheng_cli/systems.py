"""``wenzheng policy systems``: what each system of the source documents asks, and what carries it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import attrs
import typer

from wenzheng_cli.policypage import absent, choices, gate_text, limit_text, schedule_text, when
from wenzheng_cli.reading import read_text
from wenzheng_core import Policy, load_plugins
from wenzheng_core.domain.escalation import write_moment
from wenzheng_core.tomlfile import make_converter, parse_toml, structure

INTRODUCTION = """\
# The systems of the source documents

Made by `wenzheng policy systems docs/systems.toml` from the installed policies and that list; a test
keeps it current. *Limits*, *gates*, *ladder* and *reports* are what the policy says of itself; a
limit marked 一般要求 is an aim. *Choices* counts the places where the text is silent or vague and
somebody decided: `wenzheng policy show` lists each with its reason. A system without a policy states
no rules of its own; what it names is carried by the part of the core in the last column.
"""
HEAD = (
    "System",
    "Limits",
    "Gates",
    "Ladder",
    "Reports",
    "Choices",
    "Not in the text",
    "Carried by",
)


@attrs.frozen(kw_only=True)
class Also:
    """Something that a document names, and the member of the core that carries it."""

    what: str
    by: str


@attrs.frozen(kw_only=True)
class System:
    """One system of the source documents."""

    id: str
    name: str
    also: tuple[Also, ...] = ()


@attrs.frozen(kw_only=True)
class SystemsFile:
    """The list of all systems."""

    schema: str
    system: tuple[System, ...]


def read_systems(path: Path) -> tuple[System, ...]:
    """The systems of a list. Raises InputFaultsError."""
    data = parse_toml(read_text(path, "FILE"), path.name)
    return structure(data, SystemsFile, make_converter(), path.name).system


def table(systems: Iterable[System], policies: Sequence[Policy]) -> Iterator[str]:
    """The lines of the page in Markdown: a row for each system."""
    by_system: dict[str, list[Policy]] = {}
    for policy in policies:
        for system_id in policy.systems:
            by_system.setdefault(system_id, []).append(policy)
    yield from INTRODUCTION.splitlines()
    yield ""
    yield _row(HEAD)
    yield _row(["---"] * len(HEAD))
    for system in systems:
        yield _row(
            _cells(f"**{system.id}** {system.name}", by_system.get(system.id, []), system.also)
        )
    for policy in policies:
        if not policy.systems:
            yield _row(_cells(policy.title, [policy], ()))


def _cells(name: str, policies: list[Policy], also: tuple[Also, ...]) -> list[str]:
    said = [
        _joined(text for policy in policies for text in part(policy))
        for part in (_limits, _gates, _ladder, _reports)
    ]
    chosen = sum(len(list(choices(policy))) for policy in policies)
    carried = [f"`{policy.id}` {policy.version}" for policy in policies]
    carried += [f"{thing.what}:`{thing.by}`" for thing in also]
    return [
        name,
        *said,
        str(chosen) if policies else "—",
        _joined(text for policy in policies for text in absent(policy)),
        _joined(carried),
    ]


def _limits(policy: Policy) -> Iterator[str]:
    for clock in policy.clocks:
        for row in clock.limits.rows:
            case = "" if row.conditions == ({},) else f"{when(row.conditions)} "
            yield f"{clock.title}:{case}{limit_text(row.value)}"


def _gates(policy: Policy) -> Iterator[str]:
    yield from map(gate_text, policy.gates)


def _ladder(policy: Policy) -> Iterator[str]:
    for rung in policy.rungs:
        yield f"{policy.title_of(rung.clock)} {write_moment(rung.at)} {rung.act.label}"
    if policy.supervision.issuers:
        yield f"督办单由{'、'.join(policy.supervision.issuers)}共同签发"
    if policy.accountability:
        yield f"问责:{'、'.join(cause.title for cause in policy.accountability)}"


def _reports(policy: Policy) -> Iterator[str]:
    yield from map(schedule_text, policy.schedules)
    yield from (f"{measure.title}" for measure in policy.measures)


def _joined(texts: Iterable[str]) -> str:
    return "<br>".join(dict.fromkeys(texts)) or "—"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def show_systems(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="系统清单,如 docs/systems.toml。")],
) -> None:
    """The page in Markdown, on stdout."""
    cities = load_plugins().cities
    policies = [policy for name in sorted(cities) for policy in cities[name].versions.versions]
    for line in table(read_systems(path), policies):
        print(line)
