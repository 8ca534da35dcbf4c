"""The figures of a period, by the rules of that period, as of an instant."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import attrs

from wenzheng_core import FixedClock, Office, Period
from wenzheng_core.cities import make_city
from wenzheng_core.memory import MemoryStorage
from wenzheng_core.testing.builders import (
    HOUR,
    START,
    STEPS,
    sample_calendar,
    sample_change,
    sample_history,
    sample_policy,
    sample_rules,
    sample_step,
)

DAY = timedelta(days=1)
MARCH = Period(datetime(2025, 2, 28, 16, tzinfo=UTC), datetime(2025, 3, 31, 16, tzinfo=UTC))
ASSIGNED, HANDLED = 3, 5


def _office() -> Office:
    office = Office(
        city=make_city([sample_policy()], sample_rules().units),
        storage=MemoryStorage("sample"),
        calendar=sample_calendar(),
        clock=FixedClock(START),
    )
    lives = {
        "1": sample_history("1"),
        "2": sample_history("2"),
        "3": sample_history("3", steps=ASSIGNED),
        "4": sample_history("4", START + 31 * DAY),
    }
    with office.storage.transaction() as transaction:
        transaction.write([sample_change(life) for life in lives.values()])
    office.sweep(START + 30 * DAY)
    return office


def test_a_report_of_a_period() -> None:
    """The period says which messages count, the instant up to when they are looked at."""
    office = _office()
    early, late = office.report(MARCH, START + HOUR), office.report(MARCH, START + 30 * DAY)

    assert (early.received, early.replied, early.red_cards) == (3, 0, 0)
    assert (late.received, late.replied, late.red_cards) == (3, 2, 2)  # lead and helper
    assert str(late.reply_rate) == "66.67%(2/3)"
    lead = next(unit for unit in late.units if unit.unit == "housing")
    assert (lead.rank, lead.handled, lead.completed, lead.red_cards) == (1, 3, 2, 1)


def test_a_report_as_of_now() -> None:
    """Without an instant the office's clock says when now is."""
    office = _office()

    assert office.report(MARCH) == office.report(MARCH, START)


def test_a_report_by_the_rules_of_its_period() -> None:
    """A version that begins where the period ends does not rule it."""
    new = attrs.evolve(
        sample_policy(), version="2025-2", valid_from=date(2025, 4, 1), main_clock="handle"
    )
    city = make_city([sample_policy(), new], sample_rules().units)
    office = attrs.evolve(_office(), city=city)
    # Reported on the eighth day: late by "handle" (5 working days), in time by "reply" (15 days).
    life = sample_history("5", steps=HANDLED)
    case, records = life.case, list(life.records)
    for command, actor in STEPS[HANDLED:]:
        decision = sample_step(case, command, actor, START + 8 * DAY)
        case, records = decision.case, [*records, *decision.records]
    with office.storage.transaction() as transaction:
        transaction.write([sample_change(attrs.evolve(life, records=tuple(records), case=case))])

    figures = office.report(MARCH, START + 40 * DAY)
    assert (figures.within, figures.late) == (3, 1)
