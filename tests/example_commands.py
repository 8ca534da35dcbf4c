"""A command of every kind that may be asked of an open case, for tests that go through all of them."""

from __future__ import annotations

from datetime import date

from wenzheng_core.domain import commands as c
from wenzheng_core.domain.commands import Command
from wenzheng_core.domain.escalation import Act
from wenzheng_core.domain.limits import WorkingDays
from wenzheng_core.domain.messages import Relation
from wenzheng_core.testing.builders import sample_message

EXAMPLES: tuple[Command, ...] = (
    c.Accept(),
    c.Decline(reason="court"),
    c.Classify(facts={"category": "投诉"}, reason="x"),
    c.Merge(into="c2"),
    c.Link(to="c2", relation=Relation.REPEAT),
    c.Instruct(text="x"),
    c.DesignateLead(lead="police", reason="x"),
    c.FileNote(gate="note", text="x"),
    c.Assign(lead="police"),
    c.Reassign(lead="police", reason="x"),
    c.SendBack(reason="x"),
    c.Claim(),
    c.LogContact(reached=True),
    c.TakeFirstAction(),
    c.TakeInterimMeasure(measure="x"),
    c.SubmitPlan(clock="handle", explanation="x", steps=(c.PlanStep(date(2025, 12, 31), "x"),)),
    c.ReportProgress(note="x"),
    c.Report(findings="x"),
    c.Resolve(),
    c.Pause(reason="check"),
    c.Resume(),
    c.RequestExtension(clock="handle", by=WorkingDays(1), reason="x"),
    c.GrantExtension(clock="handle", unit="housing"),
    c.RefuseExtension(clock="handle", unit="housing", reason="x"),
    c.AnswerDirectly(reply="x"),
    c.Review(),
    c.Approve(),
    c.ReturnForRework(reason="x"),
    c.Publish(reply="x"),
    c.Forward(reply="x"),
    c.Chase(unit="housing"),
    c.IssueSupervisionOrder(unit="housing", number="1", issuers=("x",), demand="x"),
    c.Escalate(act=Act.MEETING, unit="housing"),
    c.WithdrawCard(rung="late", clock="handle", reason="x"),
    c.CallBack(reached=True),
    c.Rate(score=5),
    c.Commit(commitment="p", text="x", due=date(2025, 12, 31)),
    c.FulfilCommitment(commitment="p"),
    c.Reopen(reason="x"),
    c.Archive(),
    c.Tick(),
    c.Settle(),
    c.Revise(message=sample_message(body="x")),
    c.NoteDelivered(keys=("c1/000001/0",), channel="sms", to="x", receipt="x"),
    c.NoteUndelivered(keys=("c1/000001/0",), channel="sms", to="x", error="x"),
    c.Restrict(reason="x"),
    c.LiftRestriction(reason="x"),
    c.Erase(reason="x"),
)
