"""Who may do what, and when: every role, every command, every state, decided; else refused.

The table below is written by hand from the documents' division of work and not read from the code: a
command that is not in it, or a cell that comes out otherwise, fails.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import cache

import pytest
from tests.example_commands import EXAMPLES

from wenzheng_core import wire
from wenzheng_core.domain import commands as c
from wenzheng_core.domain.actors import Actor, Role
from wenzheng_core.domain.commands import COMMANDS, Command, Request
from wenzheng_core.domain.deciding import decide, open_case
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.provisions import LastStep
from wenzheng_core.domain.workflow import State
from wenzheng_core.testing.builders import (
    CLERK,
    HOUR,
    START,
    Walk,
    sample_message,
    sample_rules,
    sample_rules_with,
)

ALLOWED = "allowed"
"""The table has nothing against it; what else a command asks for is its stage's own matter."""

OPEN = "received accepted assigned handling reported reviewed approved"
BEGUN = "accepted assigned handling reported reviewed approved"
HELD = "assigned handling"
READY = "reported reviewed approved"
ANSWERED = "published forwarded"
EVERY = f"{OPEN} {ANSWERED} declined merged archived"

# Each command: by whom, and from which states.
TABLE: dict[type[Command], tuple[str, str]] = {
    c.Accept: ("office system", "received"),
    c.Decline: ("office", "received accepted"),
    c.Classify: ("office", OPEN),
    c.Merge: ("office", f"received accepted {HELD}"),
    c.Link: ("office", EVERY),
    c.Instruct: ("leader", OPEN),
    c.DesignateLead: ("office", f"received accepted {HELD}"),
    c.FileNote: ("office unit leader", OPEN),
    c.Assign: ("office", "accepted"),
    c.Reassign: ("office", HELD),
    c.SendBack: ("unit", HELD),
    c.Claim: ("unit", HELD),
    c.LogContact: ("unit office", OPEN),
    c.TakeFirstAction: ("unit office", OPEN),
    c.TakeInterimMeasure: ("unit office", f"{BEGUN} {ANSWERED}"),
    c.SubmitPlan: ("unit", HELD),
    c.ReportProgress: ("unit", f"{BEGUN} {ANSWERED}"),
    c.Report: ("unit", HELD),
    c.Resolve: ("unit office", f"{BEGUN} {ANSWERED}"),
    c.Pause: ("office leader", BEGUN),
    c.Resume: ("office", OPEN),
    c.RequestExtension: ("unit", HELD),
    c.GrantExtension: ("office leader", HELD),
    c.RefuseExtension: ("office leader", HELD),
    c.AnswerDirectly: ("office", "accepted"),
    c.Review: ("office", f"accepted {HELD} {READY}"),
    c.Approve: ("leader", f"accepted {HELD} {READY}"),
    c.ReturnForRework: ("office leader", READY),
    c.Publish: ("office", READY),
    c.Forward: ("office", READY),
    c.Chase: ("office supervisor", OPEN),
    c.IssueSupervisionOrder: ("office supervisor", OPEN),
    c.Escalate: ("office supervisor leader", EVERY),
    c.WithdrawCard: ("office", EVERY),
    c.CallBack: ("office unit", f"{READY} {ANSWERED}"),
    c.Rate: ("citizen source", f"{ANSWERED} declined archived"),
    c.Commit: ("office unit", f"{BEGUN} {ANSWERED} archived"),
    c.FulfilCommitment: ("office unit", EVERY),
    c.Reopen: ("office", f"{ANSWERED} declined archived"),
    c.Archive: ("office system", f"{ANSWERED} declined merged"),
    c.Tick: ("system", EVERY),
    c.Settle: ("system office", EVERY),
    c.Revise: ("source office system", EVERY),
    c.NoteDelivered: ("system", EVERY),
    c.NoteUndelivered: ("system", EVERY),
    c.Restrict: ("office supervisor", EVERY),
    c.LiftRestriction: ("office", EVERY),
    c.Erase: ("office", EVERY),
}

RECEIVE = "source office system"
"""Who may open a case."""

ON_RESTRICTED = {
    c.Tick, c.Settle, c.Revise, c.NoteDelivered, c.NoteUndelivered, c.LiftRestriction, c.Erase,
}  # fmt: skip
"""What is decided on a restricted case as on any other."""


def _then(walk: Walk, *commands: Command) -> Walk:
    for command in commands:
        walk.do(command, CLERK)
    return walk


def _going_up() -> Walk:
    rules = sample_rules_with(last_steps=(LastStep(to="上级", basis="样例"),))
    return Walk(rules).steps(8)


PLACES: dict[str, Callable[[], Walk]] = {
    State.RECEIVED: Walk,
    State.ACCEPTED: lambda: Walk().steps(1),
    State.ASSIGNED: lambda: Walk().steps(3),
    State.HANDLING: lambda: Walk().steps(4),
    State.REPORTED: lambda: Walk().steps(6),
    State.REVIEWED: lambda: Walk().steps(7),
    State.APPROVED: lambda: Walk().steps(8),
    State.PUBLISHED: lambda: Walk().steps(9),
    State.FORWARDED: lambda: _then(_going_up(), c.Forward()),
    State.DECLINED: lambda: _then(Walk(), c.Decline(reason="court")),
    State.MERGED: lambda: _then(Walk().steps(4), c.Merge(into="c2")),
    State.ARCHIVED: lambda: _then(Walk().steps(9), c.Archive()),
    "approved, to go up": _going_up,
    "restricted": lambda: _then(Walk().steps(9), c.Restrict(reason="x")),
    "restricted and archived": lambda: _then(
        Walk().steps(9), c.Archive(), c.Restrict(reason="x"), c.Erase(reason="x")
    ),
}
"""How a case comes to each state, by the sample policy; last, places that a state alone does not tell."""

COMMAND_OF = {type(command): command for command in EXAMPLES} | {
    c.Receive: c.Receive(message=sample_message())
}
ROLES = tuple(Role)


@cache
def place(name: str) -> Walk:
    """A case in its place, made once; nothing that is decided on it changes it."""
    return PLACES[name]()


def actor(role: Role) -> Actor:
    """Somebody in the role who holds every office and speaks for the lead."""
    return Actor(f"a-{role}", role, "housing" if role is Role.UNIT else "", ("市长",))


def expected(command: type[Command], role: Role, walk: Walk) -> str:
    """What the table above says of a cell: the rule by which it is refused, or ``ALLOWED``."""
    if walk.case.restricted and command not in ON_RESTRICTED:
        return "personal.restricted"
    if command is c.Receive:
        return "workflow.unknown_command"
    roles, states = TABLE[command]
    if role.value not in roles.split():
        return "workflow.role"
    return ALLOWED if walk.case.state.value in states.split() else "workflow.state"


def decided(command: type[Command], role: Role, walk: Walk) -> str:
    """What the engine says of a cell; a guard of the stage is no matter of the table."""
    request = Request(COMMAND_OF[command], actor(role), walk.at + HOUR)
    try:
        decide(walk.case, request, walk.rules)
    except RefusedError as refused:
        of_table = refused.rule.startswith("workflow.") or refused.rule == "personal.restricted"
        return refused.rule if of_table else ALLOWED
    return ALLOWED


def test_every_command_is_in_the_table() -> None:
    """Deny by default: a command of which nothing is written here is nobody's."""
    assert {*TABLE, c.Receive} == set(COMMANDS) == set(COMMAND_OF)
    assert [str(state) for state in State] == [name for name in PLACES if name in set(State)]


@pytest.mark.parametrize("state", State)
def test_every_state_is_come_to_by_a_real_walk(state: State) -> None:
    """No cell is decided on a case that could not be."""
    assert place(state).case.state is state


@pytest.mark.parametrize("name", PLACES)
def test_every_cell_is_decided_as_the_table_has_it(name: str) -> None:
    """Role by role and command by command; nothing else is raised, and nothing is changed."""
    walk = place(name)
    before = wire.to_json(wire.case_to_dict(walk.case))
    cells = list(itertools.product(COMMANDS, ROLES))
    came = {cell: decided(*cell, walk) for cell in cells}
    wanted = {cell: expected(*cell, walk) for cell in cells}

    wrong = {
        (cell[0].__name__, cell[1]): (came[cell], wanted[cell])
        for cell in cells
        if came[cell] != wanted[cell]
    }
    assert wrong == {}
    assert len(came) == len(COMMANDS) * len(Role)
    assert wire.to_json(wire.case_to_dict(walk.case)) == before


def test_what_the_table_allows_can_be_done() -> None:
    """Each command is carried out somewhere, by every role that the table names and by no other."""
    done = {
        (command, role)
        for name, command, role in itertools.product(PLACES, TABLE, ROLES)
        if place(name).refusal(COMMAND_OF[command], actor(role)) is None
    }
    named = {(x, Role(role)) for x, (roles, _) in TABLE.items() for role in roles.split()}
    # What the sample policy has no use for: gates of these acts, promised limits, an open request.
    idle = {c.Instruct, c.FileNote, c.DesignateLead, c.SubmitPlan, c.FulfilCommitment}
    idle |= {c.GrantExtension, c.RefuseExtension, c.Resume, c.WithdrawCard}
    assert done <= named
    assert {cell for cell in named - done if cell[0] not in idle} == set()


@pytest.mark.parametrize("role", Role)
def test_who_may_receive(role: Role) -> None:
    """A case is opened by a platform, the office or the system, and by nobody else."""
    request = Request(c.Receive(message=sample_message()), actor(role), START)
    if role.value in RECEIVE.split():
        assert open_case("c1", request, sample_rules()).case.state is State.RECEIVED
        return
    with pytest.raises(RefusedError, match=role.label) as refused:
        open_case("c1", request, sample_rules())
    assert refused.value.rule == "workflow.role"


def test_a_command_that_the_workflow_does_not_know_is_refused_to_everybody() -> None:
    """In every place, whoever asks."""

    class Bribe(Command):
        pass

    for name, role in itertools.product(PLACES, ROLES):
        walk = place(name)
        with pytest.raises(RefusedError) as refused:
            decide(walk.case, Request(Bribe(), actor(role), walk.at + HOUR), walk.rules)
        restricted = "personal.restricted" if walk.case.restricted else "workflow.unknown_command"
        assert refused.value.rule == restricted
