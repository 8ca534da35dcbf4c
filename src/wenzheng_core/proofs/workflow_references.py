"""Whether all that a policy and the table of steps name exists: offices, clocks, lists, columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wenzheng_core.domain import commands as c
from wenzheng_core.domain.commands import COMMANDS
from wenzheng_core.domain.escalation import OFFICE
from wenzheng_core.domain.gates import SUITED
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.provisions import COUNTS
from wenzheng_core.domain.tables import Condition
from wenzheng_core.domain.units import Units
from wenzheng_core.domain.workflow import FINAL, State, Step
from wenzheng_core.proofs.reports import Counterexample

Found = Iterator[Counterexample]


def missing(policy: Policy, units: Units, steps: Sequence[Step]) -> Found:
    """Everything named that is not there."""
    yield from _table(steps)
    yield from _gates(policy)
    yield from _clocks(policy)
    yield from _offices(policy, units)
    yield from _conditions(policy)
    yield from _provisions(policy)


def _fault(text: str, where: str, mend: str = "") -> Counterexample:
    return Counterexample(text=text, where=where, mend=mend)


def _table(steps: Sequence[Step]) -> Found:
    """One beginning, an end, and no way out of an end but its archive and a new opening."""
    targets = {step.target for step in steps}
    begins = [state for state in State if state not in targets and _leads(state, steps)]
    entered = [state for state in begins if state not in _BY_GATES]
    if entered != [State.RECEIVED]:
        named = "、".join(state.label for state in entered) or "没有"
        yield _fault(f"办件的起点应只有「待初审」,步骤表里却是:{named}", "STEPS")
    if State.ARCHIVED not in targets:
        yield _fault("没有一步通向「已归档」", "STEPS")
    for step in steps:
        out = step.sources & FINAL and step.target and step.command not in (c.Reopen, c.Archive)
        if out:
            yield _fault(f"「{step.title}」使已了结的办件又动了起来", "STEPS", "只有重新办理可以")
    known = {step.command for step in steps}
    for command in COMMANDS:
        if command is not c.Receive and command not in known:
            yield _fault(f"指令 {command.__name__} 不在步骤表中", "STEPS")


_BY_GATES = frozenset({State.REVIEWED, State.APPROVED})
"""States to which a gate leads, not a target of the table."""


def _leads(state: State, steps: Sequence[Step]) -> bool:
    return any(state in step.sources and step.target for step in steps)


def _gates(policy: Policy) -> Found:
    ids = [gate.id for gate in policy.gates]
    lists = {each.id for each in policy.checklists}
    for place, gate in enumerate(policy.gates):
        path = f"$.gate[{place}]"
        if not gate.by.strip():
            yield _fault(f"关口「{gate.id}」没有写明由谁", f"{path}.by", "写职务或部门")
        if ids.index(gate.id) != place:
            yield _fault(f"有两个关口都叫「{gate.id}」", f"{path}.id", "改 id")
        if gate.act not in SUITED[gate.before]:
            reason = f"「{gate.act.label}」不能设在{gate.before.label}前"
            yield _fault(reason, f"{path}.before", "改 act 或 before")
        for name in gate.checklists:
            if name not in lists:
                yield _fault(f"没有名为「{name}」的清单", f"{path}.checklists", "补 [[checklist]]")


def _clocks(policy: Policy) -> Found:
    known = {clock.id: clock for clock in policy.clocks}
    for path, name in _named_clocks(policy):
        if name not in known:
            yield _fault(f"没有名为「{name}」的时限", path, f"现有:{'、'.join(known) or '无'}")
    for n, clock in enumerate(policy.clocks):
        if clock.inside in known and known[clock.inside].per_unit:
            reason = f"「{clock.title}」要在「{clock.inside}」之内结束,那却不是整件的时限"
            yield _fault(reason, f"$.clock[{n}].inside", "写整件的时限")


def _named_clocks(policy: Policy) -> Iterator[tuple[str, str]]:
    yield "$.main_clock", policy.main_clock
    yield from ((f"$.rung[{n}].clock", x.clock) for n, x in enumerate(policy.rungs))
    yield from ((f"$.extension[{n}].clock", x.clock) for n, x in enumerate(policy.extensions))
    for n, reason in enumerate(policy.pause_reasons):
        yield from ((f"$.pause[{n}].clocks", name) for name in reason.clocks)
    yield from ((f"$.clock[{n}].inside", x.inside) for n, x in enumerate(policy.clocks) if x.inside)


def _offices(policy: Policy, units: Units) -> Found:
    held = {office for unit in units for office in unit.offices} | {OFFICE}
    for n, rung in enumerate(policy.rungs):
        for office in rung.to:
            heard = office in held or any(x in held - {OFFICE} for x in rung.fallback)
            if units.all and not heard:
                yield _fault(f"没有单位设有「{office}」这一职务", f"$.rung[{n}].to")
        if not rung.to:
            yield _fault(f"阶梯「{rung.id}」没有写明告知谁", f"$.rung[{n}].to")
    blank = [(f"$.pause[{n}].approver", x.approver) for n, x in enumerate(policy.pause_reasons)]
    blank += [(f"$.extension[{n}].approver", x.approver) for n, x in enumerate(policy.extensions)]
    blank += [(f"$.last_step[{n}].to", x.to) for n, x in enumerate(policy.last_steps)]
    blank += [("$.supervision.issuers", x) for x in policy.supervision.issuers]
    for n, schedule in enumerate(policy.schedules):
        blank += [(f"$.schedule[{n}].to", office) for office in schedule.to]
    for path, office in blank:
        if not office.strip():
            yield _fault("没有写明是谁", path, "写职务或部门")


def _conditions(policy: Policy) -> Found:
    columns = {column.name: column.values for column in policy.columns}
    for path, condition in _all_conditions(policy):
        for name, values in condition.items():
            if name not in columns:
                yield _fault(f"没有「{name}」一栏", path, f"现有:{'、'.join(columns) or '无'}")
            for value in sorted(values - set(columns.get(name, values))):
                yield _fault(f"「{name}」没有「{value}」这一项", path, "写这一栏里有的词")


def _all_conditions(policy: Policy) -> Iterator[tuple[str, Condition]]:
    provided: dict[str, list[tuple[Condition, ...]]] = {
        "gate": [x.conditions for x in policy.gates],
        "last_step": [x.conditions for x in policy.last_steps],
        "pause": [x.conditions for x in policy.pause_reasons],
        "extension": [x.conditions for x in policy.extensions],
        "rung": [x.conditions for x in policy.rungs],
    }
    for name, parts in provided.items():
        for n, conditions in enumerate(parts):
            yield from ((f"$.{name}[{n}].when", condition) for condition in conditions)
    for n, clock in enumerate(policy.clocks):
        for m, row in enumerate(clock.limits.rows):
            path = f"$.clock[{n}].limit[{m}].when"
            yield from ((path, condition) for condition in row.conditions)


def _provisions(policy: Policy) -> Found:
    codes = {reason.code for reason in policy.decline_reasons}
    for n, measure in enumerate(policy.measures):
        for code in measure.excluding:
            if code not in codes:
                yield _fault(f"没有「{code}」这一不受理情形", f"$.measure[{n}].excluding")
        for name in (measure.part, measure.whole):
            if name not in COUNTS:
                yield _fault(f"没有「{name}」这一计数", f"$.measure[{n}]")
    columns = {column.name: column.values for column in policy.columns}
    for n, campaign in enumerate(policy.campaigns):
        if campaign.value not in columns.get(campaign.column, ()):
            reason = f"「{campaign.column}」没有「{campaign.value}」这一项"
            yield _fault(reason, f"$.campaign[{n}].value", "写这一栏里有的词")
