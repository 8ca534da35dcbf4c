"""The model of a case's course: which classes, places and steps there are, and that the engine agrees."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import attrs
import pytest

from wenzheng_core.domain import commands as c
from wenzheng_core.domain.clockrules import Promise
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.gates import GateAct, Point
from wenzheng_core.domain.limits import CalendarDays, WorkingDays
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.provisions import ExtensionRule, LastStep, Routing
from wenzheng_core.domain.tables import Column
from wenzheng_core.domain.units import Unit, Units
from wenzheng_core.domain.workflow import State
from wenzheng_core.plugins import load_plugins
from wenzheng_core.proofs import exploring
from wenzheng_core.proofs.course_cells import MONITORED, REACHABLE, cells_of
from wenzheng_core.proofs.course_driving import OF_TIME, Drive, opened_at
from wenzheng_core.proofs.course_moves import MODELLED
from wenzheng_core.proofs.course_rules import MANY, Config
from wenzheng_core.proofs.exploring import Graph, Tamper, explore
from wenzheng_core.testing.builders import (
    sample_calendar,
    sample_clock,
    sample_gate,
    sample_policy,
    sample_row,
    sample_rules,
)

COMPLAINT = {"category": frozenset({"投诉"})}
QUESTION = {"category": frozenset({"咨询"})}
UNITS = sample_rules().units


def gated_policy() -> Policy:
    """A policy with every kind of gate, and a last step."""
    plain = sample_policy()
    gates = (
        sample_gate(
            "read",
            GateAct.INSTRUCT,
            "副市长",
            before=Point.ASSIGN,
            blocks=False,
            overrides_routing=True,
            conditions=(QUESTION,),
        ),
        sample_gate("first", GateAct.REVIEW, before=Point.ASSIGN, conditions=(COMPLAINT,)),
        sample_gate("lead", GateAct.DESIGNATE, before=Point.ASSIGN, conditions=(COMPLAINT,)),
        sample_gate("paper", GateAct.NOTE, before=Point.REPORT, conditions=(COMPLAINT,)),
        sample_gate("speak", GateAct.CONTACT, before=Point.REPORT, conditions=(QUESTION,)),
        *plain.gates,
        sample_gate("call", GateAct.CALL_BACK, attempts=2, conditions=(QUESTION,)),
    )
    return attrs.evolve(
        plain,
        clocks=plain.clocks[:1],
        gates=gates,
        last_steps=(LastStep(to="上级", basis="样例", conditions=(COMPLAINT,)),),
        pause_reasons=(),
        extensions=(),
        rungs=(),
    )


def timed_policy() -> Policy:
    """A policy with clocks of many kinds, a promise, a pause and extensions."""
    plain = sample_policy()
    rows = (
        sample_row("hard", None, COMPLAINT, promise=Promise.DATE),
        sample_row("easy", CalendarDays(9), QUESTION),
    )
    return attrs.evolve(
        plain,
        clocks=(
            *plain.clocks,
            sample_clock("solve", Milestone.ASSIGNED, Milestone.RESOLVED, *rows, unit=True),
            sample_clock(
                "begin", Milestone.CLAIMED, Milestone.FIRST_ACTION, WorkingDays(1), unit=True
            ),
            sample_clock("check", Milestone.REPORTED, Milestone.REVIEWED, WorkingDays(2)),
            sample_clock("after", Milestone.PUBLISHED, Milestone.CALLED_BACK, WorkingDays(9)),
        ),
        gates=plain.gates[:1],
        extensions=(
            ExtensionRule(
                clock="handle", times=1, at_most=WorkingDays(5), approver="市长", basis="样例"
            ),
        ),
        routing=Routing(send_back_times=1, basis="样例"),
        rungs=(),
    )


POLICIES = {"sample": sample_policy(), "gated": gated_policy(), "timed": timed_policy()}


def only(policy: Policy, units: Units = UNITS, **more: object) -> Graph:
    """The graph of a policy that has one class of cases."""
    (graph,) = explore(policy, units, **more).graphs  # type: ignore[arg-type]
    return graph


def states(graph: Graph) -> set[State]:
    """The states that come up."""
    return {config.state for config in graph.configs}


def apart(graph: Graph, rules: Rules, most: int) -> list[str]:
    """Every move at a place of a graph at which the engine decides otherwise, of ``most`` places."""
    found = []
    for place in range(0, len(graph.configs), 1 + len(graph.configs) // most):
        config = graph.configs[place]
        drive = Drive(graph.rules, rules, opened_at(rules, place))
        refused = [move.key for move in graph.path(place) if drive.do(move)]
        if refused or drive.config != config:
            found.append(f"{graph.cell.title} {drive.done} {refused}: {drive.config} {config}")
            continue
        targets = {edge.move.key: edge.target for edge in graph.edges[place]}
        case, at = drive.case, drive.at
        for move in graph.moves:
            drive.case, drive.at = case, at
            rule = drive.do(move)
            wanted = targets.get(move.key)
            if rule in OF_TIME and wanted is not None:
                continue
            after = None if rule else drive.config
            if after != (None if wanted is None else graph.configs[wanted]):
                found.append(f"{graph.cell.title} {drive.done} {move.key} {rule}: {after}")
    return found


def test_a_cell_is_one_class_with_all_that_is_treated_like_it() -> None:
    """Facts that change neither gate, last step nor clock are one class; an unused column is none."""
    plain = sample_policy()
    assert [cell.alike for cell in cells_of(plain, UNITS)] == [1]
    columns = (*plain.columns, Column("level", ("甲", "乙"), "级别"))
    told = attrs.evolve(
        plain,
        columns=columns,
        last_steps=(
            LastStep(to="上级", basis="样例", conditions=(COMPLAINT,)),
            LastStep(to="上级", basis="样例", conditions=({"level": frozenset({"甲", "乙"})},)),
        ),
    )
    cells = cells_of(told, UNITS)
    assert [(cell.facts["category"], cell.alike) for cell in cells] == [("咨询", 2), ("投诉", 2)]


def test_how_a_message_came_counts_only_where_a_gate_asks() -> None:
    """A gate of contact tells a message from what was found by watching."""
    plain = sample_policy()
    assert [cell.origin for cell in cells_of(plain, UNITS)] == [REACHABLE]
    gate = sample_gate("contact", GateAct.CONTACT, before=Point.REPORT)
    asked = cells_of(attrs.evolve(plain, gates=(gate,)), UNITS)
    assert [(cell.origin, len(cell.gates)) for cell in asked] == [(REACHABLE, 1), (MONITORED, 0)]


def test_every_command_of_the_model_moves_some_case_of_these_policies() -> None:
    """No move of the model is left untried by these tests."""
    graphs = [graph for policy in POLICIES.values() for graph in explore(policy, UNITS).graphs]
    made = {e.move.command for graph in graphs for edges in graph.edges for e in edges}
    assert made == MODELLED


def test_a_shortest_way_leads_to_each_place() -> None:
    """The opening has none; the archive is first come to by merging."""
    graph = only(sample_policy())
    archive = next(n for n, x in enumerate(graph.configs) if x.state is State.ARCHIVED)
    assert graph.path(0) == ()
    assert len(graph.path(archive)) == 2


def test_a_counter_is_counted_only_where_it_is_read() -> None:
    """The places double and triple when some condition looks at the returns, and stop at many."""
    plain = only(sample_policy())
    counted = only(
        sample_policy(), tampers=[Tamper(command=c.Accept, reads=frozenset({"returns"}))]
    )
    assert {config.returns for config in plain.configs} == {0}
    assert {config.returns for config in counted.configs} == set(range(MANY + 1))
    assert len(plain.configs) < len(counted.configs)


def test_send_backs_are_counted_to_the_bound_of_the_policy() -> None:
    """With a bound of one nobody returns a case twice."""
    bound = attrs.evolve(sample_policy(), routing=Routing(send_back_times=1, basis="样例"))
    assert {config.send_backs for config in only(bound).configs} == {0, 1}
    assert {config.send_backs for config in only(sample_policy()).configs} == {0}


def test_without_units_a_case_is_answered_directly() -> None:
    """No state of a unit comes up, and yet the case is published."""
    graph = only(sample_policy(), Units())
    assert State.ASSIGNED not in states(graph)
    assert State.PUBLISHED in states(graph)


def test_a_single_unit_is_never_replaced() -> None:
    """Reassigning needs another one."""
    one = Units((Unit("housing", "市住房局"),))
    made = {edge.move.command for edges in only(sample_policy(), one).edges for edge in edges}
    assert c.Assign in made
    assert c.Reassign not in made


def test_a_circle_is_found_where_there_is_one() -> None:
    """Send back and assign again; without sending back, reassigning and returning there is none."""
    graph = only(sample_policy())
    found = graph.circle(lambda edge: True)
    assert found
    assert found[0].source == found[-1].target
    assert all(a.target == b.source for a, b in pairwise(found))
    assert graph.circle(lambda edge: not (edge.move.loop or edge.move.counter)) == ()


def test_tampering_bars_a_command_or_bends_it() -> None:
    """What a test breaks is broken: nothing is accepted; a claim leads nowhere."""
    barred = only(sample_policy(), tampers=[Tamper(command=c.Accept, allows=lambda x: False)])
    archived = {"received", "declined", "merged", "archived"}
    assert archived < {state.value for state in states(barred)}  # by reopening
    assert not any(e.move.command is c.Accept for edges in barred.edges for e in edges)

    def stay(before: Config, after: Config) -> Config:
        return before

    bent = only(sample_policy(), tampers=[Tamper(command=c.Claim, makes=stay)])
    claims = [e for edges in bent.edges for e in edges if e.move.command is c.Claim]
    assert claims
    assert all(edge.source == edge.target for edge in claims)


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES.keys())
def test_the_engine_agrees_place_by_place_with_every_move(policy: Policy) -> None:
    """Whatever the model allows the engine does with the same result; what it forbids is refused."""
    rules = Rules(policy, sample_calendar(), UNITS)
    for graph in explore(policy, UNITS).graphs:
        assert apart(graph, rules, most=150) == []


@pytest.mark.slow
@pytest.mark.parametrize("city", sorted(load_plugins().cities))
def test_the_engine_agrees_under_every_installed_policy(city: str) -> None:
    """Every version of every city, every class of cases, every place, every move."""
    plugins = load_plugins()
    found = plugins.cities[city]
    for policy in found.versions.versions:
        rules = Rules(policy, plugins.calendar(policy.calendar), found.units)
        for graph in explore(policy, found.units).graphs:
            assert apart(graph, rules, most=10_000) == []


def test_what_the_engine_refuses_leaves_the_drive_where_it_was() -> None:
    """A refused move keeps the case and says by which rule; waiting changes no place."""
    graph = only(sample_policy())
    drive = Drive(graph.rules, sample_rules(), opened_at(sample_rules(), 40))
    publish = next(move for move in graph.moves if move.command is c.Publish)
    before = drive.case
    assert drive.do(publish) == "workflow.state"
    assert drive.case is before
    assert drive.why_not(publish).startswith("办件处于「待初审」")
    drive.wait(timedelta(days=3))
    assert drive.config == graph.configs[0]


def test_too_many_places_are_not_explored_and_nothing_is_called_proved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The graph stops at the most, knows where it was cut, and the course says so."""
    monkeypatch.setattr(exploring, "MOST_PLACES", 50)
    course = explore(sample_policy(), UNITS)
    (graph,) = course.graphs
    assert len(graph.configs) == 50
    assert graph.unknown
    assert course.cut
    assert "未查尽" in course.domain
