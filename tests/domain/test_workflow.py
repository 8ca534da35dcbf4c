"""The table of steps: who may ask what, and when; everything else is refused."""

from __future__ import annotations

import itertools

import attrs
import pytest
from tests.example_commands import EXAMPLES

from wenzheng_core.domain import commands as c
from wenzheng_core.domain.actors import SYSTEM, Actor, Role
from wenzheng_core.domain.commands import COMMANDS, Command, Request
from wenzheng_core.domain.deciding import _DECIDE, decide
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.workflow import (
    FINAL,
    OPEN,
    REPLY_READY,
    STEP_OF,
    STEPS,
    State,
    Step,
    allow,
)
from wenzheng_core.testing.builders import (
    CLERK,
    HOUR,
    Walk,
    sample_message,
    sample_rules,
)

OF_KIND = {type(command): command for command in EXAMPLES}

CELLS = [
    pytest.param(step, state, id=f"{step.command.__name__}-{state}")
    for step, state in itertools.product(STEPS, State)
]

SAMPLE = Walk().steps(3)
"""Held by housing; only the state is changed for the matrix."""


def actor(role: Role) -> Actor:
    """Somebody in the role who holds every office and speaks for the lead."""
    return Actor(f"a-{role}", role, "housing" if role is Role.UNIT else "", ("市长",))


def refused_by_table(step: Step, state: State, role: Role) -> str:
    """The rule of the table that refuses, or ""."""
    walk = Walk().steps(0)
    walk.at, walk.case = SAMPLE.at, attrs.evolve(SAMPLE.case, state=state)
    refused = walk.refusal(OF_KIND[step.command], actor(role))
    if refused is None or not refused.rule.startswith("workflow."):
        return ""
    named = {"workflow.state": state.label, "workflow.role": role.label}[refused.rule]
    assert step.title in refused.reason
    assert named in refused.reason
    return refused.rule


@pytest.mark.parametrize(("step", "state"), CELLS)
def test_every_cell_of_the_matrix(step: Step, state: State) -> None:
    """Role by role: what no row allows is refused, the role looked at before the state."""
    for role in Role:
        wanted = "workflow.state" if state not in step.sources else ""
        if role not in step.roles:
            wanted = "workflow.role"
        assert refused_by_table(step, state, role) == wanted, role


def test_every_command_has_exactly_one_row_and_one_function() -> None:
    """But Receive, which opens a case; every example is here too."""
    after_opening = set(COMMANDS) - {c.Receive}
    assert len(STEPS) == len(STEP_OF)
    assert set(STEP_OF) == after_opening == set(_DECIDE) == set(OF_KIND)


def test_what_is_in_no_row_is_refused() -> None:
    """Deny by default: a second receipt, or a command from nowhere."""

    class Bribe(Command):
        pass

    receive = Request(c.Receive(message=sample_message()), CLERK, SAMPLE.at)
    with pytest.raises(RefusedError, match="Receive") as refused:
        decide(SAMPLE.case, receive, sample_rules())
    assert refused.value.rule == "workflow.unknown_command"
    with pytest.raises(RefusedError, match="Bribe"):
        allow(Bribe, State.RECEIVED, Role.OFFICE)


BY_GATES = {c.ReturnForRework: State.HANDLING, c.Review: State.REVIEWED, c.Approve: State.APPROVED}
"""Where an act leads that passes a gate before publication; before assignment it leads nowhere."""


def targets_from(state: State) -> set[State]:
    """The states to which a step leads from one."""
    given = {step.target for step in STEPS if step.target and state in step.sources}
    passed = {
        BY_GATES[step.command]
        for step in STEPS
        if step.command in BY_GATES and state in step.sources & REPLY_READY
    }
    return given | passed


def reachable(start: State) -> set[State]:
    """All states to which steps lead from one."""
    found, ahead = {start}, [start]
    while ahead:
        targets = targets_from(ahead.pop())
        ahead += targets - found
        found |= targets
    return found


def test_every_state_is_reachable() -> None:
    """From the receipt."""
    assert reachable(State.RECEIVED) == set(State)


@pytest.mark.parametrize("state", State)
def test_every_case_can_come_to_its_end(state: State) -> None:
    """From every state a way leads to the archive, and open states are never a dead end."""
    assert State.ARCHIVED in reachable(state)
    assert state in FINAL or State.PUBLISHED in reachable(state)


def test_a_state_is_open_or_final() -> None:
    """Every one is either, and has a Chinese word of its own."""
    assert set(State) == OPEN | FINAL
    assert not OPEN & FINAL
    assert len({state.label for state in State}) == len(State)


def test_the_straight_way_leads_where_the_table_says() -> None:
    """Each step that names a target ends there; one that names none leaves the state."""
    walk = Walk()
    before = walk.case.state
    for command, by in (
        *[(c.Accept(), CLERK)],
        (c.Assign(lead="housing"), CLERK),
        (c.Claim(), actor(Role.UNIT)),
        (c.LogContact(reached=True), CLERK),
        (c.Pause(reason="check"), CLERK),
        (c.Report(findings="x", proposed_reply="x"), actor(Role.UNIT)),
        (c.Review(), CLERK),
        (c.Approve(), actor(Role.LEADER)),
        (c.ReturnForRework(reason="x"), CLERK),
        (c.SendBack(reason="x"), actor(Role.UNIT)),
        (c.Decline(reason="court"), CLERK),
        (c.Reopen(reason="x"), CLERK),
        (c.Merge(into="c2"), CLERK),
        (c.Archive(), SYSTEM),
    ):
        walk.do(command, by)
        by_gate = BY_GATES.get(type(command))
        assert walk.case.state is (by_gate or STEP_OF[type(command)].target or before)
        before = walk.case.state


@pytest.mark.parametrize(
    "step", [s for s in STEPS if Role.UNIT in s.roles], ids=lambda s: s.command.__name__
)
def test_only_the_holder_unit_may_act(step: Step) -> None:
    """Whatever a unit may do, another unit may not."""
    state = min(step.sources - {State.RECEIVED}, key=list(State).index)
    case = attrs.evolve(SAMPLE.case, state=state)
    for unit in ("court", ""):
        request = Request(OF_KIND[step.command], Actor("x", Role.UNIT, unit), SAMPLE.at + HOUR)
        with pytest.raises(RefusedError, match="承办单位") as refused:
            decide(case, request, SAMPLE.rules)
        assert refused.value.rule == "unit.not_holder"
