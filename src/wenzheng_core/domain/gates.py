"""Gates: acts without which a case does not go on, before assignment, report or publication."""

from __future__ import annotations

from enum import StrEnum

import attrs

from wenzheng_core.domain.tables import Condition, Facts, holds


class Point(StrEnum):
    """What a gate stands before."""

    ASSIGN = "assign"
    REPORT = "report"
    PUBLISH = "publish"

    @property
    def label(self) -> str:
        """The Chinese word."""
        return {Point.ASSIGN: "交办", Point.REPORT: "反馈", Point.PUBLISH: "公开回复"}[self]


class GateAct(StrEnum):
    """What is done at a gate.

    ``CONTACT`` and ``CALL_BACK`` are passed by what is on record of the citizen's being reached;
    the others by an act of their own.
    """

    INSTRUCT = "instruct"
    DESIGNATE = "designate"
    CONTACT = "contact"
    NOTE = "note"
    REVIEW = "review"
    APPROVE = "approve"
    CALL_BACK = "call_back"

    @property
    def label(self) -> str:
        """The Chinese word."""
        return _ACT_LABELS[self]

    @property
    def by_record(self) -> bool:
        """Whether it is passed by what is on record, not by an act of its own."""
        return self in (GateAct.CONTACT, GateAct.CALL_BACK)


_ACT_LABELS = {
    GateAct.INSTRUCT: "批示",
    GateAct.DESIGNATE: "指定牵头单位",
    GateAct.CONTACT: "联系留言人",
    GateAct.NOTE: "书面材料",
    GateAct.REVIEW: "审核",
    GateAct.APPROVE: "审定",
    GateAct.CALL_BACK: "回访",
}

SUITED = {
    Point.ASSIGN: frozenset(GateAct) - {GateAct.CALL_BACK},
    Point.REPORT: frozenset({GateAct.CONTACT, GateAct.NOTE}),
    Point.PUBLISH: frozenset(GateAct) - {GateAct.DESIGNATE, GateAct.INSTRUCT},
}
"""Which acts may stand before which point."""


@attrs.frozen(kw_only=True)
class Checklist:
    """A named list that is gone through at a gate (四把关).

    ``items`` may be empty: the source gives the name alone, and the city fills it.
    """

    id: str
    title: str
    items: tuple[str, ...] = ()
    basis: str
    choice: str = ""


@attrs.frozen(kw_only=True)
class Gate:
    """An act without which a case does not pass a point.

    Attributes:
        by: the office (职务) or department whose act it is.
        before: the point.
        title: the city's own word for the act (签批, 阅批); "" for the usual one.
        blocks: off for an instruction that runs beside the handling (平度: 并行阅批).
        overrides_routing: an instruction that names a lead cancels another assignment.
        attempts: for a call back, how many logged failures let the case pass unreached; 0 if none
            do. A citizen who left nothing to be reached by needs none.
        checklists: ids of the lists that are gone through; each item must be confirmed.
        conditions: to which cases it applies.
    """

    id: str
    act: GateAct
    by: str
    basis: str
    before: Point = Point.PUBLISH
    title: str = ""
    blocks: bool = True
    overrides_routing: bool = False
    attempts: int = 0
    checklists: tuple[str, ...] = ()
    choice: str = ""
    conditions: tuple[Condition, ...] = ({},)

    @property
    def label(self) -> str:
        """The word for the act, the city's own if it has one."""
        return self.title or self.act.label

    def applies(self, facts: Facts) -> bool:
        """Whether a case with these facts must pass."""
        return holds(self.conditions, facts)
