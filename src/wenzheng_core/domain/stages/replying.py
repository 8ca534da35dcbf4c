"""Answer directly, return for rework, publish, forward: no answer goes out past an open gate."""

from __future__ import annotations

from typing import Any

from wenzheng_core.domain import clocks
from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.clockrules import REWORK
from wenzheng_core.domain.drafts import Draft
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.gates import Point
from wenzheng_core.domain.milestones import ANSWERED, RETURNABLE, Milestone
from wenzheng_core.domain.stages.gating import require_passed
from wenzheng_core.domain.stages.handling import begin
from wenzheng_core.domain.stages.holding import FORWARDED, PUBLISHED, lead_of, release_all

ANSWERING_ENDS = frozenset(Milestone) - ANSWERED - {Milestone.RESOLVED}
"""A clock that waits for any of these has nothing to wait for once the answer is given."""


def answer_directly(draft: Draft, command: c.AnswerDirectly) -> None:
    """Put forward a reply without any unit: no gate before an assignment stands in its way."""
    if not command.reply.strip():
        raise RefusedError("answer.empty", "直接答复须写明拟回复的内容")
    clocks.require_classified(draft)
    clocks.end_pause(draft, draft.at)
    begin(draft, "")
    draft.emit(e.ReplyProposed(reply=command.reply))
    clocks.reach(draft, Milestone.REPORTED)


def return_for_rework(draft: Draft, command: c.ReturnForRework) -> None:
    """Send the report back to the lead; what it stopped runs on by the original due instant.

    What counts from the answer ends, to begin again with the next one; that the matter was settled
    is withdrawn with it (a choice: what is handled again is not settled). A direct answer goes back to
    the office, which answers anew or assigns the case after all.
    """
    if not command.reason.strip():
        raise RefusedError("rework.reason", "退回重办须说明理由")
    lead = lead_of(draft.case)
    if not lead and command.within is not None:
        raise RefusedError("rework.no_unit", "本件由办公室直接答复,没有承办单位可另定重办时限")
    draft.emit(e.ReturnedForRework(reason=command.reason))
    gone = [clock for clock in draft.case.running if clocks.void(draft, clock)]
    clocks.stop(draft, gone, "returned")
    held = max((h.since for h in draft.case.holdings if h.unit == lead), default=draft.at)
    for clock in list(draft.case.clocks):
        of_lead = clock.unit == lead and clock.started >= held
        of_case = not clock.unit and clock.opening == draft.case.epoch
        by_answer = clock.id != REWORK and clock.stops in RETURNABLE | {Milestone.RESOLVED}
        stands = clock.met and by_answer and not clocks.void(draft, clock)
        if stands and (of_lead or of_case):
            clocks.reopen(draft, clock)
    clocks.end_idle_pause(draft)
    if command.within is not None:
        clocks.start_rework(draft, lead, command.within)


def publish(draft: Draft, command: c.Publish) -> None:
    """Publish, once every gate is passed."""
    if (step := draft.policy.last_step(draft.case.facts)) is not None:
        reason = f"本件的办理结果报送{step.to},不直接公开回复"
        raise RefusedError("last_step.forward", reason, step.basis)
    reply = _reply(draft, command.reply)
    draft.emit(e.Published(reply=reply, public=command.public))
    _answered(draft, Milestone.PUBLISHED, PUBLISHED)


def forward(draft: Draft, command: c.Forward) -> None:
    """Send the answer up, once every gate is passed; the office there publishes."""
    step = draft.policy.last_step(draft.case.facts)
    if step is None:
        raise RefusedError("last_step.publish", "本件由本办公室公开回复,不须报送")
    reply = _reply(draft, command.reply)
    draft.emit(e.Forwarded(to=step.to, reply=reply))
    _answered(draft, Milestone.FORWARDED, FORWARDED)


def _reply(draft: Draft, given: str) -> str:
    """The answer that may go out now: the one given, else the one proposed."""
    require_passed(draft, Point.PUBLISH)
    reply = given.strip() or draft.case.proposed_reply.strip()
    if not reply:
        raise RefusedError("publish.empty", "没有可公开的回复内容")
    clocks.end_pause(draft, draft.at)
    return reply


def _answered(draft: Draft, milestone: Milestone, cause: str) -> None:
    """Stop what waited for the answer or for anything before it, and let the units go.

    An answer that goes up is the answer of this office as a public one is: either ends what the
    policy counts to the other. What counts from the answer on has only begun.
    """
    before = {clock.key for clock in draft.case.running}
    clocks.reach(draft, milestone)
    waited = [clock for clock in draft.case.running if clock.key in before]
    given = [clock for clock in waited if clock.stops in ANSWERED]
    clocks.stop(draft, given, cause, met=True)
    ended = [clock for clock in waited if clock.stops in ANSWERING_ENDS]
    clocks.stop(draft, ended, cause)
    release_all(draft, cause)


DECIDE: dict[type[c.Command], Any] = {
    c.AnswerDirectly: answer_directly,
    c.ReturnForRework: return_for_rework,
    c.Publish: publish,
    c.Forward: forward,
}
