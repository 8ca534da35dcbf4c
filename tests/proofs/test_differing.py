"""Two versions of a policy compared."""

from __future__ import annotations

import itertools
import json
import time as stopwatch
from datetime import date, datetime, time, timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wenzheng_core import load_plugins
from wenzheng_core.domain import commands as c
from wenzheng_core.domain.clockrules import ClockRule, Promise, TimeLimit
from wenzheng_core.domain.escalation import Act, Rung
from wenzheng_core.domain.gates import Checklist, Gate, GateAct
from wenzheng_core.domain.instants import at_local, local_day
from wenzheng_core.domain.limits import (
    CalendarDays,
    ClockHours,
    SameDay,
    WorkingDays,
    WorkingHours,
    parse_limit,
)
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.provisions import (
    AccountabilityCause,
    Campaign,
    DeclineReason,
    ExtensionRule,
    LastStep,
    MeasureRule,
    PauseReason,
    Routing,
    SupervisionRule,
)
from wenzheng_core.domain.replychecks import Wording
from wenzheng_core.domain.schedules import Schedule
from wenzheng_core.domain.tables import Column
from wenzheng_core.domain.timelimits import TimeRules, deadline
from wenzheng_core.domain.workflow import State
from wenzheng_core.proofs import meanings, regions
from wenzheng_core.proofs.diffdocument import document
from wenzheng_core.proofs.differing import Allow, diff
from wenzheng_core.proofs.diffpage import lines, write_shift
from wenzheng_core.proofs.entrywords import FIELD_LABELS, KIND_LABELS
from wenzheng_core.proofs.impacts import Effect
from wenzheng_core.proofs.meanings import Verdict
from wenzheng_core.proofs.rectangles import merged, write_rectangle
from wenzheng_core.proofs.regions import Aspect
from wenzheng_core.proofs.seams import seams
from wenzheng_core.proofs.structuring import What, structure
from wenzheng_core.testing.builders import (
    CLERK,
    HOUR,
    HOUSING,
    MAYOR,
    START,
    Walk,
    beijing,
    sample_calendar,
    sample_clock,
    sample_gate,
    sample_policy,
    sample_row,
    sample_rules,
    sample_rung,
)

PLUGINS = load_plugins()
CN = PLUGINS.calendar("cn")
KINDS = {"咨询": {"category": frozenset({"咨询"})}, "投诉": {"category": frozenset({"投诉"})}}


def versions(city):
    """All versions of an installed city, the oldest first."""
    return PLUGINS.city(city).versions.versions


def later(**changes) -> Policy:
    """The next version of the sample policy, with these fields changed."""
    named = {"version": "2026-1", "digest": "sample-next", "valid_from": date(2025, 7, 1)}
    return attrs.evolve(sample_policy(), **named | changes)


def replying(*limits, version="2025-1", **changes) -> Policy:
    """A sample policy of one clock, for the reply, and no ladder."""
    clock = sample_clock("reply", Milestone.RECEIVED, Milestone.PUBLISHED, *limits)
    base = attrs.evolve(sample_policy(), clocks=(clock,), rungs=(), extensions=(), version=version)
    return attrs.evolve(base, **changes)


def of(found, clock="reply", aspect=Aspect.DUE):
    """The regions of one clock or rung."""
    parts = (*found.meaning, *found.ladder)
    return [region for region in parts if (region.id, region.aspect) == (clock, aspect)]


def pair_of(old, new, calendar=None, **changes):
    """What comes of two limits of one clock."""
    before, after = replying(parse_limit(old)), replying(parse_limit(new), version="2", **changes)
    (region,) = of(diff(before, after, calendar or CN))
    return region.comparison


# Meaning


def test_fifteen_working_days_and_twenty_days_are_incomparable():
    """It looks stricter and is not: earlier on most days, later on some, with an example of each."""
    found = pair_of("15个工作日", "20日")

    days = [CN.first + timedelta(days=n) for n in range((CN.settled_until - CN.first).days)]
    sides = {"earlier": [], "later": [], "same": [], "beyond": []}
    for day in days:
        old, new = (deadline(x, at_local(day), CN) for x in (WorkingDays(15), CalendarDays(20)))
        side = "later" if new.due > old.due else "earlier" if new.due < old.due else "same"
        sides["beyond" if old.provisional else side].append(day)
    assert found.verdict is Verdict.INCOMPARABLE
    assert found.earlier == len(sides["earlier"]) > 6_000
    assert found.later == len(sides["later"]) > 100
    assert (found.same, found.beyond) == (len(sides["same"]), len(sides["beyond"]))
    assert local_day(found.first_earlier.start) == sides["earlier"][0]
    assert local_day(found.first_later.start) == sides["later"][0]
    assert found.first_earlier.shift < timedelta(0) < found.first_later.shift


def test_the_information_act_of_2019_gives_more_time_never_less():
    """15 working days became 20: never earlier, on every day that the calendar settles."""
    found = diff(*versions("law-xxgk"), CN)

    usual, spot = of(found, "answer")
    assert (usual.verdict, spot.verdict) == (Verdict.NEVER_EARLIER, Verdict.EQUAL)
    assert usual.comparison.earlier == usual.comparison.same == 0
    assert usual.comparison.later + usual.comparison.beyond == found.days == 8_398
    assert usual.scope == "能否当场答复为不能当场答复"
    assert usual.comparison.largest.shift == timedelta(days=15)
    (most,) = of(found, "answer", Aspect.LONGEST)
    assert most.comparison.largest.shift > timedelta(days=15)  # the extension grew as well
    unclear = {region.scope: region.verdict for region in of(found, "correct")}
    assert unclear["内容是否明确为内容不明确"] is Verdict.GAINED
    assert unclear["内容是否明确为内容明确"] is Verdict.EQUAL


def test_a_limit_gained_in_some_cells_is_told_from_one_that_moved():
    """Wuhan 2024: limits for the campaign alone; every other message has none, as before."""
    found = diff(*versions("wuhan"), CN)

    assert {r.scope: r.verdict for r in of(found, "settle")} == {
        "专项活动为日常": Verdict.EQUAL,
        "专项活动为清爽度夏": Verdict.GAINED,
    }
    assert found.exit_code(Allow.NEVER_LATER) == 1
    assert found.exit_code(Allow.NEVER_EARLIER) == 2


def test_a_limit_lost_in_a_cell_is_told_with_its_rung():
    """2022: sixty days for one path only, and no supervision order at their end."""
    found = diff(*versions("law-xinfang"), CN)

    lost = [r for r in of(found, "handle") if r.verdict is Verdict.LOST]
    assert [r.rectangles for r in lost] == [({"stage": ("办理",), "path": ("其他法定途径",)},)]
    (rung,) = of(found, "supervise", Aspect.RUNG)
    assert (rung.verdict, rung.cells) == (Verdict.LOST, 1)
    assert found.exit_code(Allow.NEVER_LATER) == 2


def test_a_value_that_one_version_does_not_know_is_told_as_such():
    """A new kind of message has no old due; one that the old version knows by an alias has."""
    column = Column("category", ("咨询", "投诉", "谏言"), "类别", default="咨询")
    rows = [sample_row("a", WorkingDays(5), *KINDS.values())]
    old = replying(*rows)
    new_rows = [*rows, sample_row("b", WorkingDays(5), {"category": frozenset({"谏言"})})]
    new = replying(*new_rows, version="2", columns=(column,))

    assert {r.scope: r.verdict for r in of(diff(old, new, CN))} == {
        "类别为咨询、投诉": Verdict.EQUAL,
        "类别为谏言": Verdict.ONLY_NEW,
    }
    assert {r.scope: r.verdict for r in of(diff(new, old, CN))}["类别为谏言"] is Verdict.ONLY_OLD
    knowing = attrs.evolve(old, columns=(attrs.evolve(old.columns[0], aliases={"谏言": "咨询"}),))
    assert [r.verdict for r in of(diff(knowing, new, CN))] == [Verdict.EQUAL]


def test_another_start_or_stop_is_not_compared_by_due_alone():
    """The same number from another event is another limit."""
    old = replying(WorkingDays(5))
    clock = sample_clock("reply", Milestone.ACCEPTED, Milestone.PUBLISHED, WorkingDays(5))
    (region,) = of(diff(old, attrs.evolve(old, clocks=(clock,)), CN))

    assert (region.verdict, region.start) == (Verdict.OTHER_EVENTS, "")
    row = attrs.evolve(
        sample_row("all", None), value=TimeLimit(within=None, basis="x", promise=Promise.DATE)
    )
    (promised,) = of(diff(old, replying(row), CN))
    assert promised.verdict is Verdict.OTHER_KIND


def test_what_no_published_arrangement_settles_is_counted_apart():
    """The last receipts of the known year are not compared, and say so."""
    found = pair_of("10个工作日", "12个工作日", sample_calendar())

    assert found.verdict is Verdict.NEVER_EARLIER
    assert found.earlier == found.same == 0
    assert found.later + found.beyond == 365
    last = next(d for d in (date(2025, 12, 31) - timedelta(days=n) for n in range(60)) if _sure(d))
    assert found.beyond == (date(2025, 12, 31) - last).days > 10


def _sure(day):
    return not deadline(WorkingDays(12), at_local(day), sample_calendar()).provisional


def test_a_limit_too_long_for_the_calendar_is_beyond_it():
    """Nothing is claimed where no day can be compared."""
    found = pair_of("300个工作日", "310个工作日", sample_calendar())

    assert (found.verdict, found.beyond) == (Verdict.BEYOND_HORIZON, 365)
    assert found.first_later is None


def test_a_cutoff_is_seen_in_the_hours_after_it_alone():
    """Receipts after 17:30 count as the next day's: never earlier, at one moment in the day."""
    limit = parse_limit("5个工作日")
    old, new = replying(limit), replying(limit, version="2", time=TimeRules(cutoff=time(17, 30)))
    (region,) = of(diff(old, new, CN))

    assert region.verdict is Verdict.NEVER_EARLIER
    assert region.comparison.moments > 1
    assert local_day(region.comparison.first_later.start) == CN.first
    assert pair_of("5日", "5日(顺延)").verdict is Verdict.NEVER_EARLIER


def test_hours_are_looked_at_where_they_cross_midnight():
    """Two hours end before the day does until 22:00, and after it from then on."""
    found = pair_of("2小时", "当日")

    assert found.verdict is Verdict.INCOMPARABLE
    assert found.earlier == found.later == len(meanings.known_days(CN))
    crossing = meanings.moments(
        meanings.Term(ClockHours(120), TimeRules()), meanings.Term(SameDay(), TimeRules())
    )
    assert {time(21, 59), time(22)} <= set(crossing)


@pytest.mark.parametrize("old", ["5个工作日", "7日", "7日(顺延)", "24小时", "当日", "36小时"])
@pytest.mark.parametrize("new", ["1个工作日", "5个工作日", "8日"])
def test_what_is_later_one_way_is_earlier_the_other_way(old, new):
    """The two directions are mirror images, day by day."""
    there, back = pair_of(old, new, sample_calendar()), pair_of(new, old, sample_calendar())

    assert (there.earlier, there.later) == (back.later, back.earlier)
    assert (there.same, there.beyond) == (back.same, back.beyond)
    mirror = {
        Verdict.NEVER_LATER: Verdict.NEVER_EARLIER,
        Verdict.NEVER_EARLIER: Verdict.NEVER_LATER,
    }
    assert back.verdict is mirror.get(there.verdict, there.verdict)


def test_a_limit_inside_another_is_compared_as_it_is_cut():
    """Leaving the office two days of fifteen instead of one makes the unit's limit earlier."""

    def cut(leaving):
        unit = sample_clock("unit", Milestone.ASSIGNED, Milestone.REPORTED, CalendarDays(15))
        rule = attrs.evolve(unit, per_unit=True, inside="reply", leaving=CalendarDays(leaving))
        base = replying(CalendarDays(15))
        return attrs.evolve(base, clocks=(*base.clocks, rule))

    (region,) = of(diff(cut(1), cut(2), CN), "unit")
    assert region.verdict is Verdict.NEVER_LATER
    assert region.comparison.largest.shift == timedelta(days=-1)


def test_many_cells_with_one_pair_of_limits_are_one_rectangle():
    """A limit is compared once however many cells have it."""
    values = tuple(f"类{n}" for n in range(20))
    columns = tuple(Column(name, values, name) for name in ("甲", "乙"))
    first = frozenset(values[:10])
    conditions = {"甲": first}, {"甲": frozenset(values[10:]), "乙": first}
    rest = {"甲": frozenset(values[10:]), "乙": frozenset(values[10:])}

    def policy(n):
        rows = sample_row("a", WorkingDays(n), *conditions), sample_row("b", None, rest)
        return replying(*rows, version=str(n), columns=columns)

    found = of(diff(policy(15), policy(14), CN))
    assert [(r.cells, r.verdict) for r in found] == [
        (300, Verdict.NEVER_LATER),
        (100, Verdict.EQUAL),
    ]
    assert sum(len(r.get("甲", values)) for r in found[0].rectangles) >= 20


# Rectangles

VALUES = {"甲": ("1", "2", "3"), "乙": ("x", "y"), "丙": ("p", "q", "r")}
ALL = [dict(zip(VALUES, v, strict=True)) for v in itertools.product(*VALUES.values())]


@given(st.sets(st.sampled_from(range(len(ALL)))))
def test_rectangles_hold_the_cells_once_each_and_nothing_else(chosen):
    """Whatever the cells, the rectangles are an exact, disjoint cover, the same for any order."""
    cells = [ALL[n] for n in sorted(chosen)]
    rectangles = merged(cells, VALUES)

    covered = [
        dict(zip(VALUES, found, strict=True))
        for rectangle in rectangles
        for found in itertools.product(*(rectangle.get(name, VALUES[name]) for name in VALUES))
    ]
    assert sorted(map(ALL.index, covered)) == sorted(chosen)
    assert rectangles == merged(cells[::-1], VALUES)
    if len(chosen) == len(ALL):
        assert rectangles == ({},)


def test_a_rectangle_is_said_in_words():
    """As an officer says it; all cells are 一律."""
    said = write_rectangle({"甲": ("1", "2"), "乙": ("x",)}, {"甲": "类别"})
    assert said == "类别为1、2,且乙为x"
    assert write_rectangle({}, {}) == "一律"


# Ladder


def test_a_rung_that_moves_is_compared_by_its_instants():
    """A warning one working day earlier comes never later; the rung at the due instant stays."""
    rungs = (sample_rung("warn", "到期前2个工作日", Act.YELLOW_CARD), sample_policy().rungs[1])
    found = diff(sample_policy(), later(rungs=rungs), CN)

    (warn,), (late,) = of(found, "warn", Aspect.RUNG), of(found, "late", Aspect.RUNG)
    assert (warn.verdict, late.verdict) == (Verdict.NEVER_LATER, Verdict.EQUAL)
    assert warn.comparison.later == 0 < warn.comparison.earlier
    assert found.exit_code(Allow.NEVER_LATER) == 1
    assert found.exit_code() == 2


def test_a_rung_that_a_shorter_limit_leaves_out_comes_never():
    """Three days before the end of two: it does not fire any more, which is later than ever."""
    rung = sample_rung("warn", "到期前3日", Act.REMIND, clock="reply")
    old, new = (replying(CalendarDays(n), version=str(n), rungs=(rung,)) for n in (5, 2))
    (region,) = of(diff(old, new, CN), "warn", Aspect.RUNG)

    assert region.verdict is Verdict.NEVER_EARLIER
    example = region.comparison.first_later
    assert example.old is not None
    assert (example.new, example.shift, region.comparison.largest) == (None, None, None)
    assert any("现 不触发" in line for line in lines(diff(old, new, CN)))


def test_a_limit_made_an_aim_loses_its_red_card():
    """The due instants are equal, the ladder is not."""

    def policy(soft):
        row = sample_row("all", CalendarDays(5), soft=soft)
        rung = sample_rung("late", "到期", Act.RED_CARD, clock="reply")
        return replying(row, version=f"{soft}", rungs=(rung,))

    found = diff(policy(False), policy(True), CN)
    assert [r.verdict for r in of(found)] == [Verdict.EQUAL]
    assert [r.verdict for r in of(found, "late", Aspect.RUNG)] == [Verdict.LOST]
    assert found.exit_code(Allow.NEVER_LATER) == 2


# Workflow


def test_a_gate_lost_shortens_the_way_of_the_cells_that_had_it():
    """An approval for complaints alone is gone: one act less for them, nothing for the rest."""
    approve = sample_gate("approve", GateAct.APPROVE, "市长", conditions=(KINDS["投诉"],))
    review = sample_policy().gates[0]
    old, new = later(gates=(review, approve)), later(gates=(review,), version="3")
    found = {way.scope: way for way in diff(old, new, CN).workflow}

    lost = found["类别为投诉"]
    assert (lost.verdict, lost.gained, lost.lost) == (Verdict.LOST, (), ("approve",))
    assert (lost.old.length, lost.new.length) == (7, 6)
    assert found["类别为咨询"].verdict is Verdict.EQUAL
    assert diff(old, new, CN).exit_code(Allow.NEVER_LATER) == 2
    assert diff(old, new, CN).exit_code(Allow.ANY) == 1


def test_the_shortest_way_is_walked_on_the_engine():
    """So many acts as are told bring a case of the sample policy to the archive, and no fewer."""
    (way,) = diff(sample_policy(), later(), CN).workflow
    walk = Walk()
    acts = (
        (c.Accept(), CLERK),
        (c.Assign(lead="housing", letter="1号"), CLERK),
        (c.Report(findings="已修", proposed_reply="已修复。"), HOUSING),
        (c.Review(), CLERK),
        (c.Approve(), MAYOR),
        (c.Publish(), CLERK),
        (c.Archive(), CLERK),
    )
    for done, (command, actor) in enumerate(acts):
        for later_command, other in acts[done + 1 :]:
            if type(later_command) is not c.Archive and done < 2:
                assert walk.refusal(later_command, other) is not None
        walk.do(command, actor)
    assert walk.case.state is State.ARCHIVED
    assert way.old.length == way.new.length == len(acts)


def test_an_answer_that_goes_up_instead_of_out_is_told():
    """The last step is part of the way."""
    step = LastStep(to="市信访局", basis="样例")
    (way,) = diff(sample_policy(), later(last_steps=(step,)), CN).workflow

    assert (way.verdict, way.new.end) == (Verdict.INCOMPARABLE, "报送市信访局")
    assert any(
        "末步 公开回复 → 报送市信访局" in x
        for x in lines(diff(sample_policy(), later(last_steps=(step,)), CN))
    )


def test_a_gate_that_nobody_can_pass_is_a_new_dead_end():
    """The old version lets every case go on; in the new one some case stands still, and how is told."""
    gate = sample_gate("approve", GateAct.APPROVE, "")
    found = diff(sample_policy(), later(gates=(sample_policy().gates[0], gate)), CN)

    assert found.dead_ends
    assert diff(sample_policy(), later(), CN).dead_ends == ()
    assert diff(later(gates=(gate,)), later(gates=(gate,), version="3"), CN).dead_ends == ()
    assert "【新出现的死路】" in "\n".join(lines(found))


# Open cases


def population():
    """A case at its unit, one just received, one answered, and one under another version."""
    at_unit = Walk().steps(3).case
    done = Walk().steps(9).case
    received = Walk(at=START + timedelta(days=1)).case
    other = attrs.evolve(received, id="c4", policy_digest="other")
    return [
        attrs.evolve(at_unit, id="c1"),
        attrs.evolve(received, id="c2"),
        attrs.evolve(done, id="c3"),
        other,
    ]


def shorter(n=10, unit=5):
    """The sample policy with a reply within ``n`` days and a report within so many working days."""
    clocks = (
        sample_clock("reply", Milestone.RECEIVED, Milestone.PUBLISHED, CalendarDays(n)),
        sample_clock(
            "handle", Milestone.ASSIGNED, Milestone.REPORTED, WorkingDays(unit), unit=True
        ),
    )
    return later(clocks=clocks)


def test_open_cases_are_counted_again_from_their_own_starts():
    """Two replies come earlier, two units' reports stay; the case of another version is left out."""
    found = diff(
        sample_policy(),
        shorter(),
        sample_calendar(),
        population=iter(population()),
        as_of=beijing(3, 14, 12),
    ).impact

    assert (found.cases, found.elsewhere) == (2, 1)
    assert found.clocks[Effect.EARLIER] == 2
    assert found.clocks[Effect.SAME] == 2
    assert sum(found.clocks.values()) == 4
    first, second = found.examples
    assert (first.case, first.clock) == ("c1", "reply")
    assert first.new == deadline(CalendarDays(10), START, sample_calendar()).due
    assert found.breaches == 1  # received on March 3 and due on the 13th; the other on the 14th
    assert (first.breaches, second.breaches) == (True, False)


def test_a_case_overdue_already_is_not_breached_by_the_new_version():
    """What would be overdue at once is what was not overdue before."""
    as_of = beijing(3, 25)
    found = diff(
        sample_policy(), shorter(), sample_calendar(), population=population(), as_of=as_of
    ).impact
    assert found.breaches == 0
    assert all(clock.breached(as_of) for clock in population()[1].running)
    untold = diff(sample_policy(), shorter(), sample_calendar(), population=population()).impact
    assert untold.breaches is None


def test_a_case_keeps_what_was_extended_and_what_was_set_by_hand():
    """Extensions count on; a clock that stands still waits; a rework limit belongs to no version."""
    walk = Walk().steps(4)
    walk.do(c.RequestExtension(clock="handle", by=WorkingDays(2), reason="等配件"), HOUSING)
    walk.do(c.GrantExtension(clock="handle", unit="housing"), CLERK)
    found = diff(sample_policy(), shorter(15, 4), sample_calendar(), population=[walk.case]).impact
    (handled, helper) = found.examples
    assert {handled.unit, helper.unit} == {"housing", "police"}
    moved = next(x for x in found.examples if x.unit == "housing")
    extended = deadline(
        WorkingDays(4), moved.started, sample_calendar(), extensions=[WorkingDays(2)]
    )
    assert moved.new == extended.due

    walk.do(c.Pause(reason="check"), CLERK)
    paused = diff(sample_policy(), shorter(), sample_calendar(), population=[walk.case]).impact
    assert paused.clocks[Effect.PAUSED] == 3

    reworked = Walk().steps(6)
    reworked.do(c.ReturnForRework(reason="不清楚", within=WorkingDays(2)), CLERK)
    again = diff(sample_policy(), shorter(), sample_calendar(), population=[reworked.case]).impact
    assert again.clocks[Effect.BY_HAND] == 1


def test_what_the_new_version_cannot_tell_is_not_guessed():
    """Gone clocks, other events, missing facts and days not settled have each their own count."""
    case = Walk().case
    base = sample_policy()

    def effects(policy, calendar=None, one=case):
        found = diff(base, policy, calendar or sample_calendar(), population=[one]).impact
        return {effect for effect, n in found.clocks.items() if n}

    handle = base.clocks[1]
    assert effects(later(clocks=(handle,), main_clock="handle")) == {Effect.LOST}
    accepted = sample_clock("reply", Milestone.ACCEPTED, Milestone.PUBLISHED, CalendarDays(9))
    assert effects(later(clocks=(accepted, handle))) == {Effect.OTHER_EVENTS}
    none = sample_clock("reply", Milestone.RECEIVED, Milestone.PUBLISHED, sample_row("n", None))
    assert effects(later(clocks=(none, handle))) == {Effect.LOST}
    area = Column("area", ("城", "乡"), "地域")
    rows = [
        sample_row(x, CalendarDays(n), {"area": frozenset({x})}) for n, x in ((9, "城"), (5, "乡"))
    ]
    asking = sample_clock("reply", Milestone.RECEIVED, Milestone.PUBLISHED, *rows)
    columns = (*base.columns, area)
    assert effects(later(clocks=(asking, handle), columns=columns)) == {Effect.UNKNOWN}
    long = sample_clock("reply", Milestone.RECEIVED, Milestone.PUBLISHED, WorkingDays(300))
    assert effects(later(clocks=(long, handle))) == {Effect.BEYOND_HORIZON}


# Seams


def test_a_receipt_after_the_seam_that_overtakes_one_before_it_is_listed():
    """15 working days until June 2025, 5 from July: June 30 is due July 21, July 1 is due July 8."""
    old = replying(WorkingDays(15))
    new = replying(WorkingDays(5), version="2", valid_from=date(2025, 7, 1))
    (seam,) = diff(old, new, CN).seams

    assert local_day(seam.before) == date(2025, 6, 30)
    assert seam.due_before == at_local(date(2025, 7, 22))
    assert seam.due_after == at_local(date(2025, 7, 9))
    after = at_local(date(2025, 7, 1) + timedelta(days=seam.days))
    assert deadline(WorkingDays(5), after, CN).due >= seam.due_before
    assert deadline(WorkingDays(5), after - HOUR, CN).due < seam.due_before


def test_no_seam_is_seen_where_there_is_none():
    """Not where the new limit is longer, nor between cities, nor against the order of time."""
    assert seams(*versions("law-xxgk"), CN) == ()
    assert seams(*versions("wuhan"), CN) == ()
    short, long = replying(WorkingDays(5), version="2"), replying(WorkingDays(15))
    assert seams(long, short, CN) == ()  # both in force from one day
    other = attrs.evolve(short, id="other", valid_from=date(2025, 7, 1))
    assert seams(long, other, CN) == ()
    assert seams(long, attrs.evolve(short, valid_from=date(2040, 1, 1)), CN) == ()


# The whole


def test_nothing_but_the_name_of_the_version_is_equal():
    """A version that rules the same differs in nothing; a new basis is a change of words."""
    found = diff(sample_policy(), later(), CN)
    assert (found.equal, found.exit_code()) == (True, 0)
    words = diff(sample_policy(), later(basis="另一份文件"), CN)
    assert (words.equal, words.same_rules, words.exit_code()) == (False, True, 1)
    (change,) = words.structure
    assert (change.basis.old, change.basis.new) == ("样例", "另一份文件")
    assert "结论:只有文字不同" in "\n".join(lines(words))


def test_a_longer_pause_is_not_excused_by_limits_that_stay():
    """A ground on which clocks stand still makes dues later, though no limit changed."""
    reason = PauseReason(code="wait", title="等待", at_most=CalendarDays(9), basis="样例")
    found = diff(sample_policy(), later(pause_reasons=(reason,)), CN)
    assert {r.verdict for r in found.meaning} == {Verdict.EQUAL}
    assert [found.exit_code(allow) for allow in Allow] == [2, 2, 2, 1]


def test_the_allowance_follows_the_direction_of_time():
    """What is never later one way is never earlier the other way."""
    old, new = replying(WorkingDays(15)), replying(WorkingDays(10), version="2")
    sooner, slower = diff(old, new, CN), diff(new, old, CN)
    assert [sooner.exit_code(allow) for allow in Allow] == [2, 1, 2, 1]
    assert [slower.exit_code(allow) for allow in Allow] == [2, 2, 1, 1]


def test_entries_are_aligned_by_id_with_what_changed_in_them():
    """Added, removed, changed, and moved where the order decides."""
    old = sample_policy()
    gates = (sample_gate("note", GateAct.NOTE), *old.gates[::-1])
    new = later(
        gates=gates,
        decline_reasons=(),
        rungs=(old.rungs[0], sample_rung("late", "逾期1日", Act.RED_CARD, "unit_head")),
    )
    found = {(x.kind, x.id): x for x in structure(old, new)}

    assert found["gate", "note"].what is What.ADDED
    assert found["decline", "court"].what is What.REMOVED
    assert str(found["rung", "late"]) == "修改阶梯「红牌」(late):时点 到期 → 逾期1日"
    assert str(found["gate", ""]) == "修改关口:先后 review、approve → approve、review"
    assert ("rung", "warn") not in found
    assert list(KIND_LABELS) == list(
        dict.fromkeys([*KIND_LABELS, *(x.kind for x in found.values())])
    )


def test_every_field_that_may_change_has_a_chinese_name():
    """No English leaks into what an officer reads."""
    kinds = (
        *(Column, ClockRule, TimeLimit, Gate, Checklist, Rung, DeclineReason, PauseReason),
        *(ExtensionRule, Routing, LastStep, SupervisionRule, AccountabilityCause, Campaign),
        *(MeasureRule, Schedule, Wording, TimeRules),
    )
    names = {field.name for kind in kinds for field in attrs.fields(kind)} - {"name", "limits"}
    assert names <= set(FIELD_LABELS)


def test_every_pair_of_installed_versions_is_written_the_same_twice():
    """Deterministic, JSON to the last value, and quick: a pair within three seconds."""
    for city in ("law-xinfang", "law-xxgk", "wuhan"):
        texts = []
        for _ in range(2):
            for cached in (meanings.compare, meanings._instants):
                cached.cache_clear()
            begun = stopwatch.process_time()
            found = diff(*versions(city), CN)
            assert stopwatch.process_time() - begun < 3
            texts.append((json.dumps(document(found), ensure_ascii=False), *lines(found)))
        assert texts[0] == texts[1]
        assert json.loads(texts[0][0])["form"] == "wenzheng.diff/1"


def test_any_two_cities_can_be_compared():
    """Clocks and columns of which the other knows nothing are told, not tripped over."""
    found = diff(*(versions(city)[-1] for city in ("shantou", "changsha")), CN)
    by_clock = {name: {r.verdict for r in of(found, name)} for name in ("handle", "unit")}
    assert by_clock == {"handle": {Verdict.LOST}, "unit": {Verdict.GAINED}}
    assert found.seams == ()


def test_an_example_that_the_engine_does_not_give_is_never_shown(monkeypatch):
    """The sweep may be quick; what is shown is decided again, and a difference is a fault."""
    meanings.compare.cache_clear()
    wrong = deadline(WorkingDays(1), START, CN)
    monkeypatch.setattr(regions, "due_again", lambda *_, **__: wrong)
    with pytest.raises(RuntimeError, match="未能在引擎上重现"):
        pair_of("15个工作日", "20日")


def test_working_hours_are_compared_within_seconds():
    """The dearest unit: office hours have many edges."""
    rules = TimeRules(office_hours=((time(9), time(12)), (time(14), time(18))))
    old = replying(WorkingHours(16 * 60), time=rules)
    begun = stopwatch.process_time()
    (region,) = of(diff(old, replying(WorkingDays(2), version="2", time=rules), CN))
    assert stopwatch.process_time() - begun < 10
    assert region.verdict is Verdict.INCOMPARABLE
    assert region.comparison.later > 0 < region.comparison.earlier


@pytest.mark.parametrize(
    ("shift", "text"),
    [
        (timedelta(days=3), "晚3日"),
        (timedelta(hours=-26), "早1日2小时"),
        (timedelta(minutes=5), "晚5分钟"),
        (timedelta(seconds=-5), "早不足1分钟"),
    ],
)
def test_a_shift_is_said_in_days_and_hours(shift, text):
    """As an officer says it."""
    assert write_shift(shift) == text


def test_the_page_says_what_an_officer_asks():
    """Both versions, the verdict, counts, an example with both dues, the open cases."""
    old, new = replying(WorkingDays(15)), replying(CalendarDays(20), version="2")
    new = attrs.evolve(new, valid_from=date(2025, 10, 1))
    walk = Walk(rules=attrs.evolve(sample_rules(), policy=old))
    told = "\n".join(lines(diff(old, new, CN, population=[walk.case], as_of=START)))
    for part in (
        "有早有晚",
        "最先更早的一例:收到留言于",
        "最先更晚的一例",
        "接缝",
        "在办件 1 件",
        "除非明确迁移",
        "提前 1 个",
    ):
        assert part in told
    assert isinstance(walk.case.opened, datetime)
