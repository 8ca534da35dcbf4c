"""What a city's worked examples must come to: deadlines, runs, duties, rates, campaigns, entries, stories.

Each function holds one example against the policy; where it is not met, it raises AssertionError and
says in Chinese what it wanted, what was found, and where the source says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

import attrs

from wenzheng_core.cities import City, GoldenCase, Story
from wenzheng_core.domain.cadences import Duty
from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.instants import Period, at_local, local
from wenzheng_core.domain.measures import Figures, Ratio, rate
from wenzheng_core.domain.messages import Message
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.provisions import COUNTS, belongs
from wenzheng_core.domain.schedules import handed_over_at, missing_polls, run_covering
from wenzheng_core.domain.timelimits import Deadline, deadline
from wenzheng_core.goldens import GoldenBelonging, GoldenDuty, GoldenEntries, GoldenRate, GoldenRun
from wenzheng_core.plugins import Plugins
from wenzheng_core.proofs.entrykeys import as_ruling, entry_keys
from wenzheng_core.stories import tell

Golden = GoldenCase | GoldenRun | GoldenDuty | GoldenRate | GoldenBelonging | GoldenEntries


def check_golden(city: City, case: GoldenCase, calendar: Calendar) -> None:
    """Assert that the policy in force at the case's start gives what the case expects."""
    policy = city.versions.in_force(case.start)
    choice = policy.limit(case.clock, case.facts)
    _require(case, "适用的规则", case.row or choice.row, choice.row)
    row, value = f"{case.clock}/{choice.row}", choice.value
    if case.no_limit:
        free = value.within is None and value.promise is None
        _must(free, f"实例 {case.id}:{row} 有时限,应没有(依据:{case.basis})")
        return
    said = value.no_limit or (value.promise and value.promise.label)
    if value.within is None:
        raise AssertionError(f"实例 {case.id}:{row} 没有时限({said})")
    found = deadline(value.within, case.start, calendar, policy.time)
    if case.due_day is not None:
        _require(case, f"{row} 的到期日", case.due_day, found.due_day)
    else:
        _require(case, f"{row} 的到期时刻", case.due, local(found.due))
    for name, at in case.rungs.items():
        _require(case, f"阶梯 {name} 的时刻", at, _rung_at(policy, name, found, calendar))


def check_run(city: City, run: GoldenRun, calendar: Calendar) -> None:
    """Assert that a receipt falls into the run that the source says, handed over when it says."""
    schedule = city.versions.in_force(run.received).schedule(run.schedule)
    found = run_covering(schedule, run.received, calendar)
    _require(run, f"日程 {run.schedule} 涵盖它的一次", run.run, local(found))
    if run.handed_over is not None:
        given = local(handed_over_at(schedule, found))
        _require(run, f"日程 {run.schedule} 的交办时刻", run.handed_over, given)


def check_duty(city: City, duty: GoldenDuty, calendar: Calendar) -> None:
    """Assert how many log-ins the day lacks."""
    cadence = city.versions.in_force(at_local(duty.day)).schedule(duty.schedule).cadence
    _must(isinstance(cadence, Duty), f"实例 {duty.id}:日程 {duty.schedule} 不是「每日几次」")
    if isinstance(cadence, Duty):
        _require(duty, "所缺次数", duty.missing, missing_polls(cadence, duty.logins, duty.day))


def check_rate(city: City, golden: GoldenRate, calendar: Calendar) -> None:
    """Assert that a measure of the policy, or one of the core's own, is as the source writes it."""
    rules = (rule for p in reversed(city.versions.versions) for rule in p.measures)
    rule = next((rule for rule in rules if rule.id == golden.measure), None)
    if rule is not None:
        found = rate(rule, golden.counts, golden.declined).percent(rule.digits)
    else:
        found = _own_rate(golden).percent(len(golden.value.partition(".")[2].rstrip("%")))
    _require(golden, f"比率 {golden.measure}", golden.value, found)


def check_belongs(city: City, one: GoldenBelonging, calendar: Calendar) -> None:
    """Assert whether the message belongs to the newest campaign of that id."""
    campaigns = [c for p in reversed(city.versions.versions) for c in p.campaigns]
    campaign = next((c for c in campaigns if c.id == one.campaign), None)
    known = "、".join(dict.fromkeys(c.id for c in campaigns)) or "无"
    if campaign is None:
        raise AssertionError(f"实例 {one.id}:没有专项 {one.campaign};现有:{known}")
    message = Message(
        source="golden", external_id=one.id, title="", body=one.text, posted_at=one.posted
    )
    found = belongs(campaign, message)
    _require(one, f"是否归入 {one.campaign}", _yes(one.belongs), _yes(found))


def check_entries(city: City, golden: GoldenEntries, calendar: Calendar) -> None:
    """Assert that entries of a version say what the document says, and nothing else."""
    versions = city.versions.versions
    named = [policy for policy in versions if golden.version in ("", policy.version)]
    known = "、".join(policy.version for policy in versions)
    _must(bool(named), f"实例 {golden.id}:没有版本 {golden.version};现有:{known}")
    having = entry_keys(named[-1])
    for kind, entries in golden.entries.items():
        for name, keys in entries.items():
            have = "、".join(having[kind]) or "无"
            _must(name in having[kind], f"实例 {golden.id}:没有 {kind}.{name};现有:{have}")
            wanted, found = as_ruling(kind, keys), having[kind][name]
            shown = "、".join(sorted(k for k in {*wanted, *found} if wanted.get(k) != found.get(k)))
            _require(golden, f"{kind}.{name}({shown})".replace(".(", "("), wanted, found)


def check_story(city: City, story: Story, plugins: Plugins) -> None:
    """Assert that the story comes out as it is told."""
    telling = tell(story, plugins, city)
    faults = "\n  ".join(telling.faults)
    _must(not telling.faults, f"故事 {story.id}(依据:{story.basis}):\n  {faults}")


EXAMPLES: Mapping[str, tuple[str, Callable[[City, Any, Calendar], None]]] = MappingProxyType(
    {
        "test_golden_run": ("runs", check_run),
        "test_golden_duty": ("duties", check_duty),
        "test_golden_rate": ("rates", check_rate),
        "test_golden_belonging": ("belongings", check_belongs),
        "test_golden_entries": ("entries", check_entries),
    }
)
"""Each test of a kind of examples: where they stand in a city's examples, and how one is checked."""


def _own_rate(golden: GoldenRate) -> Ratio:
    """A rate of the core's own, such as ``reply_rate``, of the counts by their names."""
    known = "、".join(OWN_RATES)
    _must(golden.measure in OWN_RATES, f"实例 {golden.id}:没有比率 {golden.measure};自带:{known}")
    strange = "、".join(sorted(set(golden.counts) - set(COUNTS) - set(attrs.fields_dict(Figures))))
    _must(not strange, f"实例 {golden.id}:没有名为 {strange} 的件数")
    counts: dict[str, Any] = {
        "within" if name == "on_time" else name: n for name, n in golden.counts.items()
    }
    now = at_local(date(2000, 1, 1))
    ratio = getattr(Figures(period=Period(now, now), as_of=now, **counts), golden.measure)
    if not isinstance(ratio, Ratio):
        raise TypeError(golden.measure)
    return ratio


OWN_RATES = tuple(
    name
    for name, found in vars(Figures).items()
    if isinstance(found, property) and found.fget and "Ratio" in str(found.fget.__annotations__)
)
"""The rates that the core counts for every city."""


def _yes(belonging: bool) -> str:
    return "归入" if belonging else "不归入"


def _must(holds: bool, text: str) -> None:
    if not holds:
        raise AssertionError(text)


def _require(case: Golden, what: str, wanted: object, found: object) -> None:
    _must(found == wanted, f"实例 {case.id}:{what}应为 {wanted},算得 {found}(依据:{case.basis})")


def _rung_at(policy: Policy, rung_id: str, found: Deadline, calendar: Calendar) -> object:
    rung = next((rung for rung in policy.rungs if rung.id == rung_id), None)
    if rung is None:
        raise AssertionError(f"办法没有阶梯「{rung_id}」")
    return local(rung.at.of(found, calendar))
