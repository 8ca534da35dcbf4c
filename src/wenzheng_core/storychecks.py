"""What must hold of a case after a step of a story, and what of it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from wenzheng_core import storyfile as f
from wenzheng_core.cityfiles import beijing
from wenzheng_core.domain.cases import Case, Clock, Commitment
from wenzheng_core.domain.clockrules import REWORK
from wenzheng_core.domain.events import Assigned, Record
from wenzheng_core.domain.instants import last_day_before, local
from wenzheng_core.domain.policies import Policy
from wenzheng_core.storywords import show_end, show_moment

NOTHING = "没有"


def unmet(
    then: f.ThenTable, case: Case, policy: Policy, records: Sequence[Record], at: datetime
) -> Iterator[str]:
    """What is not as told, one sentence each; ``records`` are the case's whole history.

    Of a name that the policy does not have, nothing is said but that.
    """
    strange = tuple(_strange(then, policy))
    if strange:
        yield from strange
        return
    yield from _differing("状态", _label(then.state), case.state.label)
    yield from _differing("主办单位", then.lead, case.lead)
    yield from _differing("报送", then.forwarded_to, case.forwarded_to)
    yield from _differing("交办依据", then.principle, _principle(records))
    for column, word in then.label.items():
        yield from _differing(f"{column} 的原词", word, case.labels.get(column, NOTHING))
    for column, word in then.fact.items():
        yield from _differing(f"{column}", word, case.facts.get(column, NOTHING))
    for name, promised in then.commitments.items():
        yield from _differing(f"承诺 {name}", promised.label, _promised(case, name))
    if then.reply is not None and then.reply not in case.reply:
        yield f"答复应含「{then.reply}」,实为「{case.reply}」"
    yield from _clocks(then, case, at)
    yield from _names(then, case)


def _strange(then: f.ThenTable, policy: Policy) -> Iterator[str]:
    """Clocks, rungs, gates and columns that the policy does not have."""
    clocks = (then.due, then.no_limit, then.running, then.stopped, then.met, then.breached)
    asked: tuple[tuple[str, Iterable[str], list[str]], ...] = (
        (
            "时限",
            (name.partition("@")[0] for names in clocks for name in names),
            [*(clock.id for clock in policy.clocks), REWORK],
        ),
        ("阶梯", (*then.fired, *then.unfired), [rung.id for rung in policy.rungs]),
        ("关口", then.gates, [gate.id for gate in policy.gates]),
        ("栏目", (*then.label, *then.fact), [column.name for column in policy.columns]),
    )
    for word, names, known in asked:
        for name in dict.fromkeys(names):
            if name not in known:
                yield f"没有名为 {name} 的{word};现有:{'、'.join(known) or '无'}"


def _label(state: Any) -> str | None:
    return None if state is None else str(state.label)


def _differing(what: str, wanted: str | None, found: str) -> Iterator[str]:
    if wanted is not None and wanted != found:
        yield f"{what}应为「{wanted or NOTHING}」,实为「{found or NOTHING}」"


def _principle(records: Sequence[Record]) -> str:
    assigned = (r.event for r in reversed(records) if isinstance(r.event, Assigned))
    return next((event.principle for event in assigned), "")


def _promised(case: Case, name: str) -> str:
    found: Commitment | None = next((c for c in case.commitments if c.id == name), None)
    if found is None:
        return NOTHING
    if found.fulfilled:
        return f.Promised.FULFILLED.label
    if found.replaced:
        return f.Promised.REPLACED.label
    return (f.Promised.LAPSED if found.lapsed else f.Promised.OPEN).label


# Clocks


def _clocks(then: f.ThenTable, case: Case, at: datetime) -> Iterator[str]:
    for name, due in then.due.items():
        clock = _clock(case, name)
        found = clock.due if clock else None
        if not _is_due(found, due):
            shown = show_end(found) if found else NOTHING
            yield f"时限 {name} 应到{_wanted(due)},实为「{shown}」"
    for key, word, holds in _OF_CLOCK:
        for name in getattr(then, key):
            clock = _clock(case, name)
            if clock is None:
                yield f"时限 {name} 没有起算,应{word}"
            elif not holds(clock, at):
                yield f"时限 {name} 应{word},实{_standing(clock, at)}"


_OF_CLOCK: tuple[tuple[str, str, Callable[[Clock, datetime], bool]], ...] = (
    ("no_limit", "没有到期时刻", lambda clock, _: clock.due is None),
    ("running", "仍在计时", lambda clock, _: clock.running),
    ("stopped", "已经结束", lambda clock, _: not clock.running),
    ("met", "因完成而结束", lambda clock, _: clock.met),
    ("breached", "已经逾期", lambda clock, at: clock.breached(at)),
)


def _standing(clock: Clock, at: datetime) -> str:
    due = f"到{show_end(clock.due)}" if clock.due else "没有到期时刻"
    end = "计时中" if clock.running else "已完成" if clock.met else f"已结束({clock.cause})"
    return f"{due},{end}{',已逾期' if clock.breached(at) else ''}"


def _clock(case: Case, name: str) -> Clock | None:
    """The latest start of a clock: the case's or the lead's, or another unit's, ``handle@jianshe``."""
    clock, _, unit = name.partition("@")
    return case.clock(clock, unit or case.lead) or case.clock(clock, unit)


def _is_due(found: datetime | None, wanted: date | datetime) -> bool:
    if found is None:
        return False
    if isinstance(wanted, datetime):
        return local(found) == beijing(wanted)
    return last_day_before(found) == wanted


def _wanted(due: date | datetime) -> str:
    return show_moment(beijing(due)) if isinstance(due, datetime) else due.isoformat()


# What stands on record by its name


def _names(then: f.ThenTable, case: Case) -> Iterator[str]:
    fired = [one.rung for one in case.ladder]
    gates = [gate.gate for gate in case.gates]
    for word, wanted, found in (("阶梯", then.fired, fired), ("关口", then.gates, gates)):
        for name in wanted:
            if name not in found:
                yield f"{word} {name} 应已走到,实有「{'、'.join(found) or NOTHING}」"
    for name in then.unfired:
        if name in fired:
            yield f"阶梯 {name} 不应走到,却走到了"
