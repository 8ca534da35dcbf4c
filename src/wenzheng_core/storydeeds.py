"""What a step of a story can ask for: a command by its name in snake_case, or what needs none."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any

import cattrs

from wenzheng_core import storyfile as f
from wenzheng_core.domain.commands import (
    COMMANDS,
    Command,
    NoteDelivered,
    NoteUndelivered,
    Receive,
    Revise,
    Settle,
    Tick,
)
from wenzheng_core.domain.errors import Fault, LimitSyntaxError
from wenzheng_core.domain.limits import Limit, parse_limit
from wenzheng_core.domain.workflow import STEP_OF
from wenzheng_core.tomlfile import UnfitError, faults_of, make_converter

Deed = Command | f.ReceiptTable | f.HandingTable | f.NothingTable
"""What is asked for in a step: a command, or what the office does without one."""

RECEIVE, SWEEP, HAND_DOWN, HAND_UP = "receive", "sweep", "hand_down", "hand_up"
_UNIT_FIELDS = ("lead", "assisting", "unit", "grounds")


def _snake(kind: type[Command]) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


_BY_PROGRAMS = (Receive, Revise, NoteDelivered, NoteUndelivered, Tick, Settle)
"""What no officer asks for; a message that is received again with another text is revised by that."""

DEEDS: Mapping[str, type[Any]] = {
    **{_snake(kind): kind for kind in COMMANDS if kind not in _BY_PROGRAMS},
    RECEIVE: f.ReceiptTable,
    SWEEP: f.NothingTable,
    HAND_DOWN: f.HandingTable,
    HAND_UP: f.HandingTable,
}
"""All that a step may do, by its name, with the shape of its ``with``."""


_TITLES = {kind: step.title for kind, step in STEP_OF.items()} | {f.ReceiptTable: "收到留言"}


def read_deed(
    do: str, fields: Mapping[str, Any], path: str
) -> tuple[Deed | None, tuple[Fault, ...]]:
    """What is asked for by ``do`` and ``with`` of the step at ``path``; None, with faults, if nothing."""
    if do not in DEEDS:
        near = difflib.get_close_matches(do, DEEDS, n=1)
        hint = f"是否应为 {near[0]}?" if near else ""
        named = [name for name, kind in DEEDS.items() if do and _TITLES.get(kind) == do]
        if named:
            hint = f'写 "{named[0]}"({do});'
        mend = f"{hint}可用:{'、'.join(sorted(DEEDS))}"
        return None, (Fault(f"没有「{do}」这一步", f"{path}.do", mend),)
    try:
        return _CONVERTER.structure(fields, DEEDS[do]), ()
    except (cattrs.BaseValidationError, ValueError) as error:
        return None, faults_of(error, f"{path}.with")


def units_in(deed: Deed) -> Iterator[tuple[str, str]]:
    """The units that the fields of a step name, each with its path within them."""
    for name in _UNIT_FIELDS:
        value = getattr(deed, name, None)
        match value:
            case str() if value:
                yield name, value
            case tuple():
                yield from ((f"{name}[{place}]", unit) for place, unit in enumerate(value))
            case Mapping():
                yield from ((f"{name}.{key}", unit) for key, unit in value.items())
            case _:
                pass


def _limit(value: Any, _: Any) -> Limit | None:
    try:
        return parse_limit(value if isinstance(value, str) else "")
    except LimitSyntaxError as error:
        raise UnfitError(f"「{value}」无法识别", error.reason) from None


def _make_converter() -> cattrs.Converter:
    converter = make_converter()
    for kind in (Limit, Limit | None):
        converter.register_structure_hook(kind, _limit)
    return converter


_CONVERTER = _make_converter()
