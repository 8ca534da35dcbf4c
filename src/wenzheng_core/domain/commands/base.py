"""What all commands share."""

from __future__ import annotations


class Command:
    """The base of all commands; nothing but a name for the type checker."""

    __slots__ = ()
