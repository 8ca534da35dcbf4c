"""What a new grade leaves as it is: rungs that stand, a limit that was set for the case."""

from __future__ import annotations

from datetime import date

from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.cases import Clock
from wenzheng_core.domain.clockrules import Promise
from wenzheng_core.domain.escalation import Act
from wenzheng_core.domain.evolving import fold
from wenzheng_core.domain.limits import CalendarDays, CommittedDate, Limit, WorkingDays
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.tables import Column, Row
from wenzheng_core.testing.builders import (
    CLERK,
    HOUSING,
    Walk,
    beijing,
    sample_clock,
    sample_row,
    sample_rules_with,
    sample_rung,
)

M = Milestone
GRADES = ("甲", "乙", "丙")
LATE = sample_rung("late", "到期", Act.RED_CARD, "unit_head")
WARN = sample_rung(
    "warn",
    "到期前1个工作日",
    Act.YELLOW_CARD,
    "liaison",
    conditions=({"grade": frozenset({"乙"})},),
)


def row(name: str, within: Limit | None, *grades: str, **more: object) -> Row:  # type: ignore[type-arg]
    """A row that holds for some grades."""
    return sample_row(name, within, *({"grade": frozenset({x})} for x in grades), **more)


def assigned(*rows: Row, within: Limit | None = None, **policy: object) -> Walk:  # type: ignore[type-arg]
    """A case of the first grade, assigned to the housing office."""
    column = Column("grade", GRADES, "等级", default="甲")
    clock = sample_clock("handle", M.ASSIGNED, M.REPORTED, *rows, unit=True)
    fields = {"clocks": (clock,), "columns": (column,), "rungs": (LATE, WARN), "extensions": ()}
    walk = Walk(sample_rules_with(**(fields | policy))).steps(1)
    walk.do(c.Assign(lead="housing", within=within), CLERK)
    return walk


def grade(walk: Walk, value: str) -> tuple[e.Event, ...]:
    """The events of a new grade."""
    return walk.do(c.Classify(facts={"grade": value}, reason="复核"), CLERK)


def handle(walk: Walk) -> Clock:
    """The unit's clock."""
    (clock,) = walk.case.clocks
    return clock


def planned(walk: Walk) -> list[str]:
    """The rungs of the unit's clock."""
    return [rung.rung for rung in handle(walk).rungs]


# --- Rungs ---------------------------------------------------------------------------------------


def test_rungs_are_planned_again_where_the_row_stays() -> None:
    """A warning for the second grade alone comes with it and goes with it; the day stays."""
    walk = assigned(row("all", WorkingDays(5), *GRADES))
    due = handle(walk).due
    assert planned(walk) == ["late"]
    _, moved = grade(walk, "乙")
    assert isinstance(moved, e.ClockMoved)
    assert (moved.cause, moved.row, moved.due) == ("classified", "all", due)
    assert (planned(walk), handle(walk).facts["grade"]) == (["warn", "late"], "乙")
    grade(walk, "甲")
    assert planned(walk) == ["late"]
    assert [type(x) for x in grade(walk, "丙")] == [e.Classified]


def test_planning_again_keeps_what_was_set_for_the_case() -> None:
    """The office's own limit is not undone by a fact that only a rung looks at."""
    ceiling = row("all", WorkingDays(9), *GRADES, office_may_shorten=True)
    walk = assigned(ceiling, within=WorkingDays(3))
    due = handle(walk).due
    grade(walk, "乙")
    assert (handle(walk).limit, handle(walk).due) == (WorkingDays(3), due)
    assert planned(walk) == ["warn", "late"]


def test_a_promised_day_keeps_its_day_when_rungs_are_planned_again() -> None:
    """The same for a promise."""
    walk = assigned(row("all", None, *GRADES, promise=Promise.DATE, no_limit="限期"))
    day = date(2025, 3, 20)
    walk.do(c.Commit(commitment="p", text="须招标", due=day, clock="handle"), HOUSING)
    grade(walk, "乙")
    assert (handle(walk).limit, planned(walk)) == (CommittedDate(day), ["warn", "late"])


def test_a_rung_fires_once_however_late_its_clock_starts_anew() -> None:
    """One card a rung of a clock: to withdraw it withdraws no other."""
    warn = sample_rung("warn", "到期前4个工作日", Act.YELLOW_CARD, "liaison")
    rows = (
        row("now", WorkingDays(5), "甲"),
        row("signed", WorkingDays(5), "乙", "丙", starts=M.CLAIMED),
    )
    walk = assigned(*rows, rungs=(warn, LATE))
    walk.tick(beijing(3, 5, 9))
    assert [x.rung for x in walk.case.ladder] == ["warn"]
    grade(walk, "乙")
    walk.do(c.Claim(), HOUSING, beijing(3, 6, 9))
    assert (handle(walk).started, handle(walk).fired) == (walk.at, ("warn",))
    walk.tick(beijing(4, 1))
    assert [(x.rung, x.epoch) for x in walk.case.ladder] == [("warn", 1), ("late", 1)]
    walk.do(c.WithdrawCard(rung="warn", clock="handle", unit="housing", reason="申诉成立"), CLERK)
    assert [bool(x.withdrawn) for x in walk.case.ladder] == [True, False]
    assert fold(walk.records) == walk.case


# --- Limits --------------------------------------------------------------------------------------


def shortened(second: Limit, *, may: bool = True) -> Walk:
    """Three days set by the office under nine, then a grade with a limit of its own."""
    rows = (
        row("one", WorkingDays(9), "甲", "丙", office_may_shorten=True),
        row("two", second, "乙", office_may_shorten=may),
    )
    walk = assigned(*rows, within=WorkingDays(3))
    grade(walk, "乙")
    return walk


def test_a_limit_of_the_offices_is_kept_while_it_fits() -> None:
    """The new row lets the office set one, in the same unit and not above its number."""
    walk = shortened(WorkingDays(5))
    assert (handle(walk).row, handle(walk).limit) == ("two", WorkingDays(3))
    assert handle(walk).due == beijing(3, 7)


def test_a_limit_of_the_offices_is_dropped_where_it_does_not_fit() -> None:
    """Above the new number, in another unit, or where the office may not set one."""
    assert handle(shortened(WorkingDays(2))).limit == WorkingDays(2)
    assert handle(shortened(CalendarDays(9))).limit == CalendarDays(9)
    assert handle(shortened(WorkingDays(5), may=False)).limit == WorkingDays(5)


def test_a_limit_of_the_offices_outlasts_the_wait_for_another_start() -> None:
    """Counted from the signature now, it is still the office's three days."""
    rows = (
        row("one", WorkingDays(9), "甲", "丙", office_may_shorten=True),
        row("two", WorkingDays(5), "乙", office_may_shorten=True, starts=M.CLAIMED),
    )
    walk = assigned(*rows, within=WorkingDays(3))
    grade(walk, "乙")
    assert not list(walk.case.running)
    walk.do(c.Claim(), HOUSING, beijing(3, 5, 9))
    assert (handle(walk).limit, handle(walk).due) == (WorkingDays(3), beijing(3, 11))


def test_a_number_of_the_table_is_not_carried_along() -> None:
    """Where the office set nothing the new row rules."""
    rows = (
        row("one", WorkingDays(3), "甲", "丙", office_may_shorten=True),
        row("two", WorkingDays(5), "乙", office_may_shorten=True),
    )
    walk = assigned(*rows)
    grade(walk, "乙")
    assert handle(walk).limit == WorkingDays(5)


def test_a_promised_day_is_kept_while_a_promise_is_asked() -> None:
    """In another row that asks for one too; a row with a number takes it away."""
    rows = (
        row("date", None, "甲", promise=Promise.DATE, no_limit="限期"),
        row("plan", None, "乙", promise=Promise.PLAN, no_limit="时间表"),
        row("number", WorkingDays(5), "丙"),
    )
    walk = assigned(*rows)
    day = date(2025, 3, 20)
    walk.do(c.Commit(commitment="p", text="须招标", due=day, clock="handle"), HOUSING)
    grade(walk, "乙")
    assert (handle(walk).row, handle(walk).due) == ("plan", beijing(3, 21))
    grade(walk, "丙")
    assert handle(walk).limit == WorkingDays(5)
