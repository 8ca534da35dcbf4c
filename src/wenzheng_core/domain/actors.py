"""Who acts, and in what capacity."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import attrs

from wenzheng_core.domain.errors import require_kind, require_text


class Role(StrEnum):
    """In what capacity somebody acts."""

    CITIZEN = "citizen"
    SOURCE = "source"
    OFFICE = "office"
    LEADER = "leader"
    UNIT = "unit"
    SUPERVISOR = "supervisor"
    SYSTEM = "system"

    @property
    def label(self) -> str:
        """The Chinese word."""
        return _ROLE_LABELS[self]


_ROLE_LABELS = {
    Role.CITIZEN: "网民",
    Role.SOURCE: "来源平台",
    Role.OFFICE: "主管办公室",
    Role.LEADER: "领导",
    Role.UNIT: "承办单位",
    Role.SUPERVISOR: "督查室",
    Role.SYSTEM: "系统",
}


def _named(_: object, field: attrs.Attribute[Any], value: object) -> None:
    require_text(value, field.name)


def _role(_: object, field: attrs.Attribute[Any], value: object) -> None:
    require_kind(value, Role, field.name, "Role.OFFICE")


@attrs.frozen
class Actor:
    """Who acts.

    Attributes:
        id: the person or program, as the embedder names it.
        role: the capacity.
        unit: for ``unit``: the unit for which the person acts.
        offices: the offices (职务) the person holds, such as 市政府主要领导.
    """

    id: str = attrs.field(validator=_named)
    role: Role = attrs.field(validator=_role)
    unit: str = ""
    offices: tuple[str, ...] = ()


SYSTEM = Actor("system", Role.SYSTEM)
