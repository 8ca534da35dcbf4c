"""Templates as data: ``{text}`` in a configured value stands for a field, and nothing is computed."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

_FIELD = re.compile(r"\{([a-z_]+)\}")


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with each known field in its place; a field within a value is not looked at."""
    return _FIELD.sub(lambda found: values.get(found[1], found[0]), template)


def unknown_fields(template: str, known: Collection[str]) -> tuple[str, ...]:
    """Fields of a template that nobody fills."""
    return tuple(name for name in _FIELD.findall(template) if name not in known)
