"""What must hold of every place that a case can come to: the laws W1 to W13, each on a course."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from wenzheng_core.domain import commands as c
from wenzheng_core.domain.milestones import ANSWERED as ANSWERING
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.workflow import (
    ANSWERED,
    FINAL,
    PUBLIC_STATUSES,
    State,
    public_status,
)
from wenzheng_core.proofs import workflow_parts as parts
from wenzheng_core.proofs.course_cells import Line
from wenzheng_core.proofs.course_rules import TICKING
from wenzheng_core.proofs.exploring import Course, Edge, Graph
from wenzheng_core.proofs.reports import Counterexample, Grade, Outcome
from wenzheng_core.proofs.workflow_references import missing
from wenzheng_core.proofs.workflow_roles import mingled
from wenzheng_core.proofs.workflow_showing import Where, stuck, way

TURNS = frozenset(
    {
        c.SendBack,
        c.Reassign,
        c.ReturnForRework,
        c.Pause,
        c.Resume,
        c.RequestExtension,
        c.GrantExtension,
        c.RefuseExtension,
        c.Reopen,
        c.Decline,
        c.Merge,
    }
)
"""What a straight course does without."""

_IDLE = frozenset({c.Pause, c.Resume})
_ASIDE = frozenset({c.Decline, c.Merge, c.Reopen})


def _outcome(course: Course, found: Iterable[Counterexample], domain: str = "") -> Outcome:
    return Outcome(
        grade=Grade.SAMPLED if course.cut else Grade.PROVED,
        checked=course.size,
        domain=domain or course.domain,
        failures=tuple(found),
    )


def references(course: Course) -> Outcome:
    """W1."""
    found = tuple(missing(course.policy, course.units, course.steps))
    domain = f"办法的全部引用,{len(course.steps)}行步骤"
    return Outcome(checked=len(course.steps), domain=domain, failures=found)


def reachable(course: Course) -> Outcome:
    """W2."""
    reached = {config.state for graph in course.graphs for config in graph.configs}
    found = [
        Counterexample(
            text=f"没有一件能到「{state.label}」:{why}", where=where, mend="核对这一项的适用条件"
        )
        for state, why, where in parts.states(course)
        if state not in reached and not course.cut
    ]
    return _outcome(course, found)


def no_dead_step(course: Course) -> Outcome:
    """W3."""
    provided = tuple(parts.provisions(course))
    found = [
        Counterexample(text=f"{p.title}:没有一件能用上", where=p.where, mend="核对适用条件,或删去")
        for p in provided
        if not p.used and not course.cut
    ]
    absent = "、".join(parts.absent(course))
    domain = course.domain + (f";本办法不涉及:{absent}" if absent else "")
    return _outcome(course, found, domain)


def completes(course: Course) -> Outcome:
    """W4: by an answer, not by declining or merging; what was declined or merged is archived too."""
    lost = []
    for graph in course.graphs:
        archived = [n for n, x in enumerate(graph.configs) if x.state is State.ARCHIVED]
        archived += graph.unknown
        sure = graph.leading_to(archived, lambda edge: edge.move.command not in _ASIDE)
        aside = {n for n, x in enumerate(graph.configs) if x.state in FINAL - ANSWERED}
        lost += [Where(graph, n) for n in range(len(graph.configs)) if n not in sure | aside]
        filed = graph.leading_to(archived, lambda edge: edge.move.command is c.Archive)
        lost += [Where(graph, n) for n in sorted(aside - filed)]
    return _outcome(course, stuck(lost, "再也不能答复并归档", course))


def no_deadlock(course: Course) -> Outcome:
    """W5."""
    lost = [
        Where(graph, n)
        for graph in course.graphs
        for n, config in enumerate(graph.configs)
        if config.state not in FINAL
        and n not in graph.unknown
        and all(e.target == n or e.move.command in _IDLE for e in graph.edges[n])
    ]
    return _outcome(course, stuck(lost, "谁也不能再往前办", course))


def straight(course: Course) -> Outcome:
    """W6: both through a unit and by the office's direct answer."""
    lost = []
    for graph in course.graphs:
        ways = (c.AnswerDirectly,) if graph.cell.units else ()
        for without in (*ways, c.Assign):
            found = graph.reached([0], partial(_onward, graph, without))
            ends = any(graph.configs[n].state is State.ARCHIVED for n in found)
            if not ends and graph.unknown.isdisjoint(found):
                last = max(found, key=lambda n: list(State).index(graph.configs[n].state))
                direct = "由办公室直接答复" if without is c.Assign else "交承办单位办理"
                lost.append(Where(graph, last, direct))
    text = "不经退回、改派、中止、延期、重办就走不到归档"
    return _outcome(course, stuck(lost, text, course))


def _onward(graph: Graph, without: type[c.Command], edge: Edge) -> bool:
    """Whether an edge belongs to a straight course that does without one way of answering."""
    elsewhere = edge.move.command is c.Instruct and bool(graph.configs[edge.source].lead)
    return edge.move.command not in TURNS | {without} and not elsewhere


def bounded(course: Course) -> Outcome:
    """W7."""
    found = []
    reasons: dict[str, str] = {}
    for graph in course.graphs:
        for edge in (e for edges in graph.edges for e in edges if e.move.loop):
            reasons[edge.move.step.title] = edge.move.loop
        circle = graph.circle(partial(_unaccounted, graph))
        if circle:
            steps = "→".join(edge.move.title for edge in circle)
            text = f"「{steps}」可以没有穷尽地重复,办法和引擎都没有说明理由"
            found.append(Counterexample(text=f"{way(graph, circle[0].source)}:{text}"))
    said = ";".join(f"{title}:{why}" for title, why in sorted(reasons.items()))
    domain = course.domain + (f"。声明可以重复的步骤——{said}" if said else "")
    return _outcome(course, found[:1] and [_counted(found)], domain)


def _unaccounted(graph: Graph, edge: Edge) -> bool:
    """Whether a step is neither declared nor uses up the counter that it says it uses up."""
    if edge.move.loop or not edge.move.counter:
        return not edge.move.loop
    before = getattr(graph.configs[edge.source], edge.move.counter)
    return not getattr(graph.configs[edge.target], edge.move.counter) > before


def deterministic(course: Course) -> Outcome:
    """W8."""
    found = list(parts.ambiguous(course.policy))
    for graph in course.graphs:
        for edges in graph.edges:
            targets: dict[str, int] = {}
            for edge in edges:
                if targets.setdefault(edge.move.key, edge.target) != edge.target:
                    text = f"{way(graph, edge.source)}:「{edge.move.title}」有两种结果"
                    found.append(Counterexample(text=text, where="STEPS"))
    return _outcome(course, found[:1] and [_counted(found)])


def separated(course: Course) -> Outcome:
    """W9."""
    domain = f"{len(course.steps)}行步骤、全部关口和审批人,{course.size}处位置"
    return _outcome(course, mingled(course), domain)


def no_silence(course: Course) -> Outcome:
    """W10: a clock with a limit, or one for which the policy says why it has none."""
    found: dict[State, list[Where]] = {}
    for graph in course.graphs:
        for n, config in enumerate(graph.configs):
            if config.state not in FINAL and not TICKING & set(config.clocks):
                found.setdefault(config.state, []).append(Where(graph, n))
    failures = [
        Counterexample(
            text=f"「{state.label}」时没有任何时限在走,也没有写明为什么:{places[0].text}",
            where="$.clock",
            mend="补一个覆盖这一段的时限,或写 no_limit 说明原文没有",
            count=len(places),
        )
        for state, places in found.items()
    ]
    return _outcome(course, failures)


def clocks_end(course: Course) -> Outcome:
    """W11: the answer is outlived by what waits for the matter itself, or counts from the answer on."""
    lost = []
    for graph in course.graphs:
        for n, config in enumerate(graph.configs):
            running = [
                line
                for line, clock in zip(graph.cell.lines, config.clocks, strict=True)
                if clock in TICKING and not (config.state in ANSWERED and _later(line))
            ]
            if config.state in FINAL and running:
                lost.append(Where(graph, n, f"「{running[0].title}」仍在走"))
    return _outcome(course, stuck(lost, "办件已了结,时限没有停", course))


def _later(line: Line) -> bool:
    """Whether a clock waits for the matter itself, or counts from the answer on."""
    after = ANSWERING | {Milestone.CALLED_BACK, Milestone.RESOLVED}
    return line.stops is Milestone.RESOLVED or line.starts in after


def complete(course: Course) -> Outcome:
    """W12."""
    lost = [
        Where(graph, n)
        for graph in course.graphs
        for n, x in enumerate(graph.configs)
        if x.state in FINAL and (x.lead or x.paused or x.asked)
    ]
    return _outcome(course, stuck(lost, "办件已了结,却还有单位承办、中止或待批的延期", course))


def public(course: Course, status: Callable[[State], str] = public_status) -> Outcome:
    """W13: and it never goes back but by a new opening."""
    found = [
        Counterexample(text=f"「{state.label}」没有对应的公开状态", where="public_status")
        for state in State
        if status(state) not in PUBLIC_STATUSES
    ]
    order = {status: n for n, status in enumerate(PUBLIC_STATUSES)}
    back = [
        Counterexample(text=f"{way(graph, e.source)}:「{e.move.title}」使公开状态倒退")
        for graph in course.graphs
        for edges in graph.edges
        for e in edges
        if e.move.command is not c.Reopen
        and not found
        and order[status(graph.configs[e.target].state)]
        < order[status(graph.configs[e.source].state)]
    ]
    return _outcome(course, [*found, *(back[:1] and [_counted(back)])])


def _counted(found: list[Counterexample]) -> Counterexample:
    first = found[0]
    return Counterexample(text=first.text, where=first.where, mend=first.mend, count=len(found))
