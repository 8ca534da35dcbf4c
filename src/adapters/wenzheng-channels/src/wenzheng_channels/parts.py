"""Long texts in several messages: cut between characters, numbered, and cut short only with a note."""

from __future__ import annotations

import json
from collections.abc import Callable

CUT = "……(篇幅所限,未完;全文请登录办理平台查看)"
"""Ends a text that would take more messages than a channel may send of it."""

Size = Callable[[str], int]


def utf8_size(text: str) -> int:
    """Bytes in UTF-8: what most providers count."""
    return len(text.encode("utf-8"))


def json_size(text: str) -> int:
    """Bytes within a request of JSON, where some signs take two: for those who count the whole."""
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8")) - 2


def divide(text: str, room: int, most: int, size: Size = len) -> tuple[str, ...]:
    """The text in pieces of at most ``room``; all together they are the text.

    Where that takes more than ``most`` pieces, the last of them ends with ``CUT``. A piece ends after
    a line where that keeps at least half of the room.
    """
    pieces: list[str] = []
    rest = text
    while rest and len(pieces) < most:
        last = len(pieces) == most - 1
        if size(rest) <= room:
            piece = rest
        elif last:
            piece = _fitting(rest, room - size(CUT), size)
        else:
            piece = _at_line(_fitting(rest, room, size))
        rest = rest[len(piece) :]
        pieces.append(piece + CUT if last and rest else piece)
    return tuple(pieces) or ("",)


def _fitting(text: str, room: int, size: Size) -> str:
    """The longest beginning that fits. Every size grows with each character, so bisection finds it."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if size(text[:middle]) <= room else (low, middle - 1)
    return text[: max(low, 1)]


def _at_line(piece: str) -> str:
    end = piece.rfind("\n") + 1
    return piece[:end] if end >= len(piece) // 2 and end else piece


def numbered(pieces: tuple[str, ...]) -> tuple[str, ...]:
    """Each piece behind its number, ``(1/3)``; one alone has none."""
    if len(pieces) == 1:
        return pieces
    return tuple(f"({n}/{len(pieces)}){piece}" for n, piece in enumerate(pieces, start=1))


NUMBER_ROOM = len("(10/10)")
"""What a number takes at most, in characters and in bytes."""
