"""Writing to the terminal: one JSON document, or plain text that no message can tamper with."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from wenzheng_core import Figures, Ratio, Units
from wenzheng_core.domain.instants import local

# Control characters and marks of direction: a message must not move the cursor or turn lines round.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def safe(text: str) -> str:
    """The text without anything that a terminal would act upon; line breaks stay."""
    return _UNSAFE.sub("", text.replace("\t", " "))


def line(text: str, most: int = 0) -> str:
    """The text on one line, cut to ``most`` characters if that is given."""
    short = " ".join(safe(text).split())
    return short if not most or len(short) <= most else f"{short[: most - 1]}…"


def print_json(document: Any) -> None:
    """Print one JSON document."""
    print(json.dumps(document, ensure_ascii=False, indent=2))


def instant(value: datetime | None) -> str | None:
    """An instant in ISO 8601, Beijing time with its offset."""
    return None if value is None else local(value).isoformat()


def ratio(value: Ratio, digits: int) -> dict[str, Any]:
    """A rate with its numerator and denominator."""
    return {"part": value.part, "whole": value.whole, "percent": value.percent(digits)}


def unit_documents(figures: Figures, units: Units, digits: int = 2) -> list[dict[str, Any]]:
    """The units of a report in the order of their ranks."""
    return [
        {
            "rank": unit.rank,
            "unit": unit.unit,
            "name": units.name(unit.unit),
            "handled": unit.handled,
            "completed": unit.completed,
            "on_time": unit.on_time,
            "late": unit.late,
            "returned": unit.returned,
            "yellow_cards": unit.yellow_cards,
            "red_cards": unit.red_cards,
            "withdrawn": unit.withdrawn,
            "completion_rate": ratio(unit.completion_rate, digits),
            "on_time_rate": ratio(unit.on_time_rate, digits),
        }
        for unit in figures.units
    ]


def print_lines(*lines: str) -> None:
    """Print lines that no message can tamper with."""
    for text in lines:
        print(safe(text))
