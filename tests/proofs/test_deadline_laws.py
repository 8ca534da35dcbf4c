"""The deadline laws D1 to D20: every city keeps them, and each breaks where it is broken."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import count as numbers
from typing import Any, TypeVar

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wenzheng_core.cities import City, read_policy
from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.clockrules import ClockRule
from wenzheng_core.domain.errors import InputFaultsError
from wenzheng_core.domain.instants import BEIJING, at_local, end_of, local
from wenzheng_core.domain.limits import (
    CalendarDays,
    ClockHours,
    CommittedDate,
    SameDay,
    WorkingDays,
    WorkingHours,
    write_limit,
)
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.policies import Policy, PolicyVersions
from wenzheng_core.domain.provisions import ExtensionRule
from wenzheng_core.domain.tables import Choice, Column, Facts, Row, Table
from wenzheng_core.domain.timelimits import Counting, Deadline, TimeRules, deadline
from wenzheng_core.plugins import load_plugins
from wenzheng_core.proofs import sweep
from wenzheng_core.proofs.catalogue import Reach
from wenzheng_core.proofs.count_laws import law_d5, law_d17
from wenzheng_core.proofs.deadline_laws import PROPERTIES
from wenzheng_core.proofs.edge_laws import check_instants
from wenzheng_core.proofs.reports import Counterexample, Grade, Outcome
from wenzheng_core.proofs.subjects import QUICK, Count, Subject
from wenzheng_core.proofs.sweep import counted_for, order
from wenzheng_core.testing.builders import sample_calendar, sample_policy, sample_row

T = TypeVar("T")
DAY = timedelta(days=1)
LAWS = {known.id: known for known in PROPERTIES}
KIND = Column("category", ("咨询", "投诉"), "类别")
GRADE = Column("grade", ("紧要", "一般"), "级别", severity=("紧要", "一般"))
OPEN = ((time(9), time(12)), (time(14), time(17, 30)))


def clock(
    name: str,
    starts: Milestone,
    stops: Milestone,
    *rows: Any,
    columns: tuple[Column, ...] = (),
    kind: Any = Table,
) -> ClockRule:
    """A clock of the case over columns, of limits or rows."""
    made = tuple(x if isinstance(x, Row) else sample_row("all", x) for x in rows)
    table = kind(columns, made)
    return ClockRule(id=name, title=name, starts=starts, stops=stops, per_unit=False, limits=table)


def policy(*clocks: ClockRule, columns: tuple[Column, ...] = (), **more: Any) -> Policy:
    """A policy of these clocks and nothing else."""
    bare = {"rungs": (), "gates": (), "extensions": (), "decline_reasons": (), "pause_reasons": ()}
    return attrs.evolve(sample_policy(), **(bare | {"clocks": clocks, "columns": columns} | more))


def one(*limits: Any, **more: Any) -> Policy:
    """A policy with one clock for each of the limits, all from the receipt to an event of its own."""
    stops = (
        Milestone.RESOLVED,
        Milestone.CONTACTED,
        Milestone.CALLED_BACK,
        Milestone.INSTRUCTED,
        Milestone.FIRST_ACTION,
    )
    clocks = [
        clock(f"c{i}", Milestone.RECEIVED, stop, limit)
        for i, (limit, stop) in enumerate(zip(limits, stops, strict=False))
    ]
    return policy(*clocks, **more)


def subject(of: Policy, count: Count = deadline, **more: Any) -> Subject:
    """The policy as what is examined, by the sample calendar."""
    city = City(id=of.id, versions=PolicyVersions(of.id, (of,)))
    return Subject(city=city, policy=of, calendar=sample_calendar(), count=count, **more)


def check(law: str, of: Policy, count: Count = deadline, **more: Any) -> Outcome:
    """What one law comes to."""
    return LAWS[law].check(subject(of, count, **more))


def failure(law: str, of: Policy, count: Count = deadline, **more: Any) -> Counterexample:
    """The first counterexample of a law, which must fail."""
    found = check(law, of, count, **more)
    assert found.failures, f"{law} 应不成立"
    return found.failures[0]


def failing(of: Policy, count: Count = deadline, **more: Any) -> set[str]:
    """The ids of all laws that fail."""
    return {law for law in LAWS if check(law, of, count, **more).failures}


# --- The catalogue and the cities ----------------------------------------------------------------


@cache
def installed() -> dict[str, Subject]:
    """Every version of every installed city."""
    plugins = load_plugins()
    return {
        f"{city.id}-{version.version}": Subject(
            city=city, policy=version, calendar=plugins.calendar(version.calendar)
        )
        for city in plugins.cities.values()
        for version in city.versions.versions
    }


@pytest.mark.long  # the plugins' own suites examine every city in the default run
@pytest.mark.parametrize("name", sorted(installed()))
def test_every_city_keeps_the_deadline_laws(name: str) -> None:
    """Every installed version keeps every law, without exception."""
    outcomes = {law: known.check(installed()[name]) for law, known in LAWS.items()}

    assert {law for law, found in outcomes.items() if found.failures} == set()
    assert all(found.checked or found.absent for found in outcomes.values())
    assert all(found.domain or found.absent for found in outcomes.values())


def test_the_laws_stand_in_order() -> None:
    """The ids are D1 to D20, and four of them are advisory."""
    assert list(LAWS) == [f"D{n}" for n in range(1, 21)]
    assert {k for k, known in LAWS.items() if not known.required} == {"D10", "D11", "D17", "D18"}


@pytest.mark.parametrize("name", sorted(installed()))
def test_quick_laws_need_no_calendar(name: str) -> None:
    """Laws of the reach L and E are judged without any calendar."""
    bare = attrs.evolve(installed()[name], calendar=None, profile=QUICK)
    quick = [known for known in PROPERTIES if known.reach in (Reach.LOAD, Reach.EXHAUSTIVE)]

    assert len(quick) == 8
    assert {k.id for k in quick if k.check(bare).failures} == set()


# --- D1 to D4: tables ----------------------------------------------------------------------------


def rows_of(*rows: Row[Any], kind: Any = Table) -> Policy:
    """A policy whose one clock has these rows over 类别 and 级别."""
    columns = (KIND, attrs.evolve(GRADE, severity=()))
    table = clock(
        "reply", Milestone.RECEIVED, Milestone.PUBLISHED, *rows, columns=columns, kind=kind
    )
    return policy(table, columns=columns)


def when(**cells: str) -> dict[str, frozenset[str]]:
    """A condition: one value of each named column."""
    return {name: frozenset({value}) for name, value in cells.items()}


ASK = sample_row("ask", WorkingDays(5), when(category="咨询"))
COMPLAIN = sample_row("complain", WorkingDays(10), when(category="投诉"))
URGENT = sample_row("urgent", WorkingDays(1), when(grade="紧要"))


def test_d1_a_gap_of_one_cell() -> None:
    """A single cell that no rule decides is found and named."""
    whole = rows_of(ASK, COMPLAIN)
    partly = sample_row("partly", WorkingDays(10), when(category="投诉", grade="一般"))
    found = failure("D1", rows_of(ASK, partly))

    assert not check("D1", whole).failures
    assert found.text == "时限「reply」:类别为投诉、级别为紧要时,没有任何规则适用,无从确定期限"
    assert (found.count, found.where) == (1, "$.clock[0].limit")
    assert "D2" not in failing(rows_of(ASK, partly))


def test_d1_merges_cells_into_rectangles() -> None:
    """Cells that differ in one column alone are told as one, with their number."""
    (found,) = check("D1", rows_of(sample_row("x", WorkingDays(1), when(grade="一般")))).failures

    assert found.text.startswith("时限「reply」:级别为紧要时") or "类别为咨询或投诉" in found.text
    rest = rows_of(sample_row("x", WorkingDays(1), when(category="咨询", grade="一般")))
    assert sum(hole.count for hole in check("D1", rest).failures) == 3
    assert len(check("D1", rest).failures) == 2


def test_d2_two_rules_on_one_cell() -> None:
    """Two rules that meet in cells without one giving way are found, even with the same limit."""
    same = sample_row("urgent", WorkingDays(5), when(grade="紧要"))
    both = rows_of(ASK, COMPLAIN, same)
    first, second = check("D2", both).failures

    assert "类别为咨询、级别为紧要时,规则「ask」与「urgent」同时适用" in first.text
    assert first.where == "$.clock[0].limit[2]"
    assert "「complain」与「urgent」" in second.text
    settled = attrs.evolve(same, overrides=("ask", "complain"))
    assert not failing(rows_of(ASK, COMPLAIN, settled)) - {"D18"}


def test_d2_overrides_name_rules_and_never_circle() -> None:
    """A rule that overrides nobody known, or one that overrides it, is found."""
    astray = attrs.evolve(URGENT, overrides=("ask", "complain", "nobody"))
    circle = attrs.evolve(ASK, overrides=("urgent",))
    above = attrs.evolve(URGENT, overrides=("ask", "complain"))

    assert "没有这一条" in failure("D2", rows_of(ASK, COMPLAIN, astray)).text
    found = check("D2", rows_of(circle, COMPLAIN, above)).failures
    assert any("相互取代" in one.text for one in found)


def test_d3_a_rule_that_never_wins() -> None:
    """A rule that always gives way is found, and nothing else."""
    over = attrs.evolve(ASK, overrides=("dead",))
    dead = sample_row("dead", WorkingDays(2), when(category="咨询", grade="紧要"))
    found = failure("D3", rows_of(over, COMPLAIN, dead))

    assert found.text == "时限「reply」的规则「dead」在任何情形下都不适用,等于没有写"
    assert found.where == "$.clock[0].limit[2]"
    assert failing(rows_of(over, COMPLAIN, dead)) - {"D18"} == {"D3"}


class FirstMatch(Table[Any]):
    """A broken table: the first rule that holds decides."""

    def decide(self, facts: Facts) -> Choice[Any]:
        """The first row that matches."""
        row = next(row for row in self.rows if row.matches(facts))
        return Choice(row.id, row.value, ())


def test_d4_the_first_rule_decides() -> None:
    """A table in which the first match wins does not keep its decisions when rows are moved."""
    broken = rows_of(ASK, COMPLAIN, URGENT, kind=FirstMatch)
    found = failure("D4", broken)

    assert "规则倒序之后适用「urgent」" in found.text
    assert found.inputs == {"category": "咨询", "grade": "紧要"}
    assert "D4" not in failing(rows_of(ASK, COMPLAIN))


# --- The engine as it is, on every rule of counting ----------------------------------------------

LIMITS = (WorkingDays(3), CalendarDays(7), CalendarDays(3, True), ClockHours(90), SameDay())
MORE = (WorkingHours(500), CommittedDate(date(2025, 5, 1)), WorkingDays(1), CalendarDays(1))
COUNTINGS = [
    TimeRules(counting=counting, cutoff=cutoff, day_end=ends, office_hours=OPEN)
    for counting in Counting
    for cutoff in (None, time(17, 30))
    for ends in (None, time(17, 30))
]


@pytest.mark.parametrize("rules", COUNTINGS, ids=str)
def test_the_engine_keeps_the_laws_under_every_rule(rules: TimeRules) -> None:
    """Both counts agree on every unit, cut-off, close of business and rule of counting."""
    for limits in (LIMITS, MORE):
        made = one(*limits, time=rules, time_basis="样例")
        outcomes = {law: check(law, made) for law in ("D6", "D7", "D8", "D9", "D12", "D19")}

        assert not [f.text for found in outcomes.values() for f in found.failures]
        assert all(found.grade is Grade.PROVED and found.checked for found in outcomes.values())


@pytest.mark.parametrize("rules", [COUNTINGS[2], COUNTINGS[5]], ids=str)
def test_one_day_turned_round_moves_no_deadline_the_wrong_way(rules: TimeRules) -> None:
    """Every day of the year off or worked by itself, with a cut-off and with rolling days."""
    found = check("D11", one(*LIMITS, WorkingHours(500), time=rules, time_basis="样例"))

    assert not found.failures
    assert found.grade is Grade.PROVED
    assert found.checked > 5_000


def test_domains_say_what_was_enumerated() -> None:
    """The domain names limits, days and classes of times of day; nothing is proved by halves."""
    found = check("D8", one(WorkingDays(5), CalendarDays(7)))

    assert found.domain == "2种时限 × 365日 × 3类时刻"
    assert found.checked == 2 * 365 * 3
    assert check("D5", one(WorkingDays(5))).grade is Grade.SAMPLED


# --- D5 to D9, D11, D12, D17, D19: broken engines ------------------------------------------------


def shifted(by: Any) -> Count:
    """The engine, its due instant moved by what a function of limit, start and calendar says."""

    def count(limit: Any, start: datetime, calendar: Calendar, rules: TimeRules) -> Deadline:
        found = deadline(limit, start, calendar, rules)
        return attrs.evolve(found, due=found.due + by(limit, start, calendar))

    return count


def test_d5_an_engine_that_keeps_a_count() -> None:
    """An engine that answers otherwise the second time is found."""
    calls = numbers()
    odd = shifted(lambda *_: (next(calls) % 2) * DAY)

    assert "两次计算不同" in failure("D5", one(WorkingDays(5)), odd).text


PROGRAM = """
from datetime import timedelta
from wenzheng_core.domain.explanations import explain
from wenzheng_core.domain.timelimits import deadline
from wenzheng_core.domain.limits import WorkingDays, CalendarDays, ClockHours
from wenzheng_core.plugins import load_plugins
from wenzheng_core.testing.builders import START, sample_calendar
calendar = sample_calendar()
for limit in (WorkingDays(5), CalendarDays(7, True), ClockHours(90)):
    for n in range(300):
        found = deadline(limit, START + timedelta(hours=7 * n), calendar)
        print(found, explain(found, calendar).text)
for city in load_plugins().cities.values():
    for policy in city.versions.versions:
        print(city.id, policy.version, policy.digest)
"""


@pytest.mark.slow
def test_d5_in_other_processes() -> None:
    """Another zone, another hash seed, another locale: the same deadlines, reasons and digests."""
    printed = set()
    for zone, seed, tongue in (("UTC", "0", "C"), ("America/New_York", "7", "C.UTF-8")):
        env = os.environ | {"TZ": zone, "PYTHONHASHSEED": seed, "LC_ALL": tongue, "PYTHONUTF8": "1"}
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=env, capture_output=True, text=True, check=True
        )
        printed.add(done.stdout)

    assert len(printed) == 1
    assert len(printed.pop().splitlines()) > 900


def test_d6_an_engine_that_counts_the_day_of_receipt() -> None:
    """A limit that ends on the day of receipt is found at the first day of the calendar."""
    found = failure("D6", one(CalendarDays(1)), shifted(lambda *_: -DAY))

    assert "2025-01-01 00:00 收到:到期为2025年1月1日(周三)24时前" in found.text
    assert found.count == 365 * 3
    assert found.where == "$.clock[0].limit[0].within"


def cut_off_fault(limit: Any, start: datetime, calendar: Calendar, rules: TimeRules) -> Deadline:
    """The engine without the second half of the cut-off: a day off is no later than it says."""
    worked = calendar.is_working(local(start).date())
    return deadline(limit, start, calendar, rules if worked else attrs.evolve(rules, cutoff=None))


def test_d7_friday_evening_due_later_than_saturday() -> None:
    """The cut-off fault is found, with the earliest Friday evening and the Saturday after it."""
    made = one(WorkingDays(1), time=TimeRules(cutoff=time(17, 30)), time_basis="样例")
    found = failure("D7", made, cut_off_fault)

    assert found.text == (
        "「1个工作日」,2025-01-03 23:59 收到的到期为2025年1月7日(周二)24时前,"
        "2025-01-04 00:00 收到的反而到期为2025年1月6日(周一)24时前"
    )
    assert found.count > 45
    assert not check("D7", made).failures


def test_d8_an_engine_that_forgets_a_worked_saturday() -> None:
    """One make-up day that is not counted is found at the first start that it concerns."""

    def forgets(limit: Any, start: datetime, _: Calendar) -> timedelta:
        friday = local(start).date() == date(2025, 4, 26)
        return DAY if friday else timedelta(0)

    found = failure("D8", one(WorkingDays(1)), shifted(forgets))

    assert found.text == (
        "「1个工作日」,2025-04-26 00:00 收到:到期为2025年4月28日(周一)24时前;"
        "逐日数来应为2025年4月27日(周日)24时前"
    )
    assert found.count == 3


def test_d9_an_engine_that_ends_on_days_off() -> None:
    """Working days counted as days are found ending on the first Saturday."""

    def plain(limit: Any, start: datetime, calendar: Calendar, rules: TimeRules) -> Deadline:
        found = deadline(CalendarDays(limit.n), start, calendar, rules)
        return attrs.evolve(found, limit=limit)

    found = failure("D9", one(WorkingDays(3)), plain)

    assert "2025-01-01 00:00 收到:到期为2025年1月4日(周六)24时前,不在工作时间之内" in found.text
    assert check("D9", one(CalendarDays(3))).absent


def test_d9_an_engine_that_works_at_night() -> None:
    """Working hours that end outside the office hours are found."""
    made = one(WorkingHours(60), time=TimeRules(office_hours=OPEN), time_basis="样例")

    assert failure("D9", made, shifted(lambda *_: timedelta(hours=9))).count > 300


def test_d11_an_engine_that_hurries_before_holidays() -> None:
    """An engine that takes a day away for every day off in the next week is found out."""

    def hurry(limit: Any, start: datetime, calendar: Calendar) -> timedelta:
        ahead = [local(start).date() + n * DAY for n in range(1, 6)]
        return -3 * DAY * sum(not calendar.day(day).worked for day in ahead)

    found = failure("D11", one(WorkingDays(5)), shifted(hurry))

    assert "改为休息后,反而为" in found.text or "改为上班后,反而为" in found.text
    assert found.inputs["收到"].startswith("2025-01-01")


def test_d12_a_guess_that_passes_for_certain() -> None:
    """A plain date where the arrangement is not out is found at the first start concerned."""

    def bold(limit: Any, start: datetime, calendar: Calendar, rules: TimeRules) -> Deadline:
        return attrs.evolve(deadline(limit, start, calendar, rules), not_before=None, awaits=None)

    found = failure("D12", one(WorkingDays(5)), bold)

    assert "2025-12-25 00:00 收到:到期为2026年1月2日(周五)24时前,最早不早于无" in found.text
    assert check("D12", one(ClockHours(60))).absent


def test_d12_a_bound_that_is_too_late() -> None:
    """A lower bound that some arrangement could undercut is found."""

    def late(limit: Any, start: datetime, calendar: Calendar, rules: TimeRules) -> Deadline:
        found = deadline(limit, start, calendar, rules)
        return attrs.evolve(found, not_before=found.due if found.provisional else None)

    assert failure("D12", one(WorkingDays(5)), late).count > 3


def test_d12_a_year_without_its_notice() -> None:
    """A calendar that takes a year for settled without naming the notice is found."""
    calendar = sample_calendar()
    (edition,) = calendar.data.editions
    blank = attrs.evolve(edition, notice=attrs.evolve(edition.notice, title=" "))
    data = attrs.evolve(calendar.data, editions=(blank,))
    bare = attrs.evolve(subject(one(WorkingDays(5))), calendar=attrs.evolve(calendar, data=data))

    assert "2025年当作已公布" in LAWS["D12"].check(bare).failures[0].text


def test_d17_an_engine_that_reads_the_wall_clock_of_the_writer() -> None:
    """An engine that takes the date as it is written is found, and one that takes naive times."""

    def written(limit: Any, start: datetime, calendar: Calendar, rules: TimeRules) -> Deadline:
        told = start.replace(tzinfo=BEIJING) if start.tzinfo else start
        return deadline(limit, told, calendar, rules)

    def naive(limit: Any, start: datetime, calendar: Calendar, rules: TimeRules) -> Deadline:
        return deadline(
            limit, start if start.tzinfo else start.replace(tzinfo=UTC), calendar, rules
        )

    assert "同一时刻写作" in failure("D17", one(WorkingDays(5)), written).text
    assert "没有被拒绝" in failure("D17", one(WorkingDays(5)), naive).text


def test_d19_an_engine_that_breaks_on_a_leap_of_dates() -> None:
    """Any error that the core does not document is found, with the instant at which it comes."""

    def fragile(limit: Any, start: datetime, calendar: Calendar, rules: TimeRules) -> Deadline:
        if local(start).date() == date(2025, 3, 1):
            raise KeyError("三月")
        return deadline(limit, start, calendar, rules)

    found = failure("D19", one(WorkingDays(5)), fragile)

    assert "程序出错(KeyError" in found.text
    assert found.count == 3
    assert found.inputs["收到"].startswith("2025-02-28T16:00")


def test_d19_a_table_that_breaks() -> None:
    """A table that raises something of its own is found at the cell."""

    class Fragile(Table[Any]):
        def decide(self, facts: Facts) -> Any:
            raise ZeroDivisionError(facts)

    found = failure("D19", rows_of(ASK, COMPLAIN, kind=Fragile))

    assert (
        "什么也没有确定时,程序出错(ZeroDivisionError" in found.text or "时,程序出错" in found.text
    )


@pytest.mark.parametrize("limit", [x for x in LIMITS if x != ClockHours(90)], ids=write_limit)
def test_d19_at_the_ends_of_all_time(limit: Any) -> None:
    """The first and the last instant there is get an answer, too."""
    made = subject(one(limit))
    (placed,) = sweep.sweep(made)
    ends = [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, tzinfo=UTC)]

    assert not check_instants(made, placed, ends)


# --- D10, D16, D18, D20: what the text says ------------------------------------------------------


def test_d10_receipts_after_the_end_of_the_day() -> None:
    """A cut-off or office hours later than the end of the day, and an end without basis, are found."""
    ends = time(17)
    late = one(WorkingDays(5), time=TimeRules(ends, time(18)), time_basis="样例")
    hours = one(WorkingDays(5), time=TimeRules(ends, None, OPEN), time_basis="样例")
    silent = one(WorkingDays(5), time=TimeRules(ends))

    assert failure("D10", late).where == "$.time.cutoff"
    assert failure("D10", hours).where == "$.time.office_hours"
    assert failure("D10", silent).where == "$.time.basis"
    assert not check("D10", one(WorkingDays(5), time=TimeRules(ends), time_basis="样例")).failures


@attrs.frozen
class Sortable(WorkingDays):
    """A broken unit: it takes numbers of any unit for an order."""

    def __lt__(self, other: Any) -> bool:
        return self.n < other.n


def test_d16_working_days_and_days_in_one_order() -> None:
    """「5个工作日」 that is less than 「7日」 without a calendar is found."""
    found = failure("D16", one(Sortable(5), CalendarDays(7)))

    assert found.text == "「5个工作日」与「7日」单位不同,却不看日历就能比出先后"
    assert "1对单位不同" in check("D16", one(WorkingDays(5), CalendarDays(7))).domain


def test_d16_an_extension_in_another_unit() -> None:
    """An extension that some row's limit cannot take, its unit being another, is found."""
    rule = ExtensionRule(
        clock="c0", times=1, at_most=CalendarDays(5), approver="office", basis="样例"
    )
    found = failure("D16", one(WorkingDays(5), extensions=(rule,)))

    assert found.where == "$.extension[0].at_most"
    assert not check("D16", one(CalendarDays(5), extensions=(rule,))).failures


def test_d18_what_cannot_be_read_again() -> None:
    """A policy that its own file could not say is found; a file's own policy comes back whole."""
    lost = policy(
        clock("c0", Milestone.RECEIVED, Milestone.RESOLVED, WorkingDays(5)), main_clock="c0"
    )
    made = attrs.evolve(lost, systems=("S11", "S11"))

    assert not check("D18", lost).failures
    assert failure("D18", made).where == "$.systems[1]"
    assert failing(made) == {"D18"}


def test_d20_a_rule_without_a_basis() -> None:
    """A blank basis is found wherever it stands, and so is a force from before the document."""
    blank = sample_row("all", WorkingDays(5))
    blank = attrs.evolve(blank, value=attrs.evolve(blank.value, basis=" "))
    back = one(WorkingDays(5), basis="样府发〔2016〕23号", valid_from=date(2015, 1, 1))

    assert failure("D20", one(blank)).where == "$.clock[0].limit[0].basis"
    assert "其后才有的文件" in failure("D20", back).text
    assert not check("D20", attrs.evolve(back, valid_from_choice="样例")).failures
    rung = attrs.evolve(sample_policy().rungs[0], basis="")
    assert failure("D20", one(WorkingDays(5), rungs=(rung,))).where == "$.rung[0].basis"


# --- D13 to D15: compared by the calendar --------------------------------------------------------


def graded(severe: Any, mild: Any, **more: Any) -> Policy:
    """A clock whose limit is one for 紧要 and another for 一般."""
    rows = (
        sample_row("urgent", severe, when(grade="紧要"), **more),
        sample_row("usual", mild, when(grade="一般")),
    )
    return policy(
        clock("reply", Milestone.RECEIVED, Milestone.PUBLISHED, *rows, columns=(GRADE,)),
        columns=(GRADE,),
    )


def test_d13_five_working_days_are_not_less_than_seven_days() -> None:
    """An order of severity that rests on numbers is found at the earliest day it turns round."""
    made = graded(WorkingDays(5), CalendarDays(7))
    found = failure("D13", made)

    assert found.text == (
        "任何情形时,2025-04-25 00:00 起算:较重的「紧要」(「5个工作日」)到期为"
        "2025年5月6日(周二)24时前,晚于较轻的「一般」(「7日」)的2025年5月2日(周五)24时前"
    )
    assert found.count < 365
    assert not check("D13", graded(WorkingDays(5), WorkingDays(5))).failures
    assert not check("D13", graded(SameDay(), CalendarDays(7))).failures


def test_d13_the_severe_one_without_a_limit() -> None:
    """A limit for the milder case alone is found; without an order of severity nothing applies."""
    found = failure("D13", graded(None, WorkingDays(5), no_limit="未规定"))

    assert "较重的「紧要」没有期限" in found.text
    assert "severity" in check("D13", one(WorkingDays(5))).absent


def test_d14_accepted_after_published() -> None:
    """A step that may end after the one that follows it is found; an aim only gets a remark."""
    later = clock("reply", Milestone.RECEIVED, Milestone.PUBLISHED, CalendarDays(7))
    made = policy(clock("accept", Milestone.RECEIVED, Milestone.ACCEPTED, WorkingDays(5)), later)
    soft = clock(
        "accept",
        Milestone.RECEIVED,
        Milestone.ACCEPTED,
        sample_row("all", WorkingDays(5), soft=True),
    )

    found = failure("D14", made)
    assert "先到的「accept」(「5个工作日」)" in found.text
    assert "晚于后到的「reply」(「7日」)" in found.text
    assert failing(made) == {"D14"} | (failing(made) & {"D18"})
    remarked = check("D14", policy(soft, later))
    assert not remarked.failures
    assert "只作提示" in remarked.domain


def test_d15_a_city_slower_than_its_province() -> None:
    """A limit that ends later than that of the level above on some day is found."""
    base = attrs.evolve(one(CalendarDays(7)), id="province", title="省办法")
    made = one(WorkingDays(5), baseline="province")
    found = failure("D15", made, baseline=base)

    assert "晚于上级规定的「c0」(「7日」)" in found.text
    assert not check("D15", one(CalendarDays(7), baseline="province"), baseline=base).failures
    assert failure("D15", made).where == "$.baseline"
    assert "baseline" in check("D15", one(WorkingDays(5))).absent


def test_order_of_two_limits() -> None:
    """Fifteen working days against twenty days is no order; each side has its earliest example."""
    real = attrs.evolve(
        subject(one(WorkingDays(15), CalendarDays(20))), calendar=load_plugins().calendar("cn")
    )
    old, new = (counted_for(real, limit) for limit in (WorkingDays(15), CalendarDays(20)))
    found = order(new, old)

    assert found.earlier > 0 < found.later
    assert found.earlier + found.same + found.later + found.beyond == len(real.days) * 3
    for at, sign in ((found.first_earlier, -1), (found.first_later, 1)):
        assert at is not None
        calendar = real.rules.calendar
        b, a = (deadline(x, at, calendar).due for x in (CalendarDays(20), WorkingDays(15)))
        assert (b > a) - (b < a) == sign
    alike, shorter = order(old, old), counted_for(real, WorkingDays(14))
    assert (alike.earlier, alike.later, alike.first_earlier) == (0, 0, None)
    before, after = order(shorter, old), order(old, shorter)
    assert before.earlier == after.later > 0 == before.later == after.earlier


# --- Driven by Hypothesis ------------------------------------------------------------------------


@attrs.frozen
class Drawn:
    """Choices that Hypothesis makes."""

    data: Any

    def choice(self, options: Sequence[T]) -> T:
        """One of them."""
        return self.data.draw(st.sampled_from(list(options)))

    def integer(self, least: int, most: int) -> int:
        """A whole number, both bounds included."""
        return self.data.draw(st.integers(least, most))


@pytest.mark.parametrize("law", [law_d5, law_d17])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_drawn_laws_hold(law: Any, data: Any) -> None:
    """Whatever Hypothesis draws, the engine is determined and knows no zone."""
    rules = TimeRules(cutoff=time(17, 30), office_hours=OPEN)
    made = one(*LIMITS, time=rules, time_basis="样例")

    assert law(subject(made), Drawn(data)) is None


# --- The keys of the file that these laws ask for ------------------------------------------------

FILE = """
schema = "wenzheng.policy/1"
id = "li"
title = "样例"
version = "1"
valid_from = 2025-01-01
basis = "样例"
calendar = "cn"
main_clock = "reply"
baseline = "{baseline}"
[columns.grade]
values = ["紧要", "一般", "缓办"]
default = "一般"
severity = {severity}
[[clock]]
id = "reply"
title = "答复"
starts = "received"
stops = "published"
[[clock.limit]]
id = "all"
within = "5个工作日"
basis = "样例"
"""


def test_severity_and_baseline_are_read() -> None:
    """The order of severity and the level above come from the file."""
    read = read_policy(FILE.format(baseline="sheng", severity='["紧要", "一般"]'))

    assert read.columns[0].severity == ("紧要", "一般")
    assert read.baseline == "sheng"


@pytest.mark.parametrize(
    ("severity", "baseline", "path"),
    [
        ('["紧要", "特急"]', "", "$.columns.grade.severity[1]"),
        ('["紧要", "一般", "紧要"]', "", "$.columns.grade.severity[2]"),
        ('["紧要"]', "", "$.columns.grade.severity"),
        ('["紧要", "一般"]', "li", "$.baseline"),
    ],
)
def test_severity_and_baseline_are_checked(severity: str, baseline: str, path: str) -> None:
    """Unknown and doubled values, an order of one, and oneself as the level above are faults."""
    with pytest.raises(InputFaultsError) as caught:
        read_policy(FILE.format(baseline=baseline, severity=severity))

    assert [fault.path for fault in caught.value.faults] == [path]
    assert all(fault.mend for fault in caught.value.faults)


def test_examples_say_what_was_put_in() -> None:
    """A counterexample's inputs suffice to count it again."""
    found = failure("D6", one(WorkingDays(1)), shifted(lambda *_: -4 * DAY))
    at = datetime.fromisoformat(found.inputs["收到"])

    assert found.inputs["时限"] == write_limit(WorkingDays(1))
    assert (
        end_of(at.date())
        >= deadline(WorkingDays(1), at_local(at.date()), sample_calendar()).due - 4 * DAY
    )
