"""Six commands of a case, through an office."""

from __future__ import annotations

from typing import Any

from measuring import new_name
from wenzheng_core.domain import commands as c
from wenzheng_core.office import Office
from wenzheng_core.testing.builders import CLERK, HOUR, HOUSING, START, sample_message

COMMANDS: tuple[tuple[c.Command, Any], ...] = (
    (c.Accept(), CLERK),
    (c.Classify(facts={"category": "投诉"}), CLERK),
    (c.Assign(lead="housing"), CLERK),
    (c.Claim(), HOUSING),
    (c.Report(findings="已现场查看并更换灯泡。", proposed_reply="您好,路灯已修复。"), HOUSING),
)
STEPS = 1 + len(COMMANDS)


def six_commands(office: Office, cases: int) -> None:
    """Six commands of each of some cases."""
    for _ in range(cases):
        name, at = new_name(), START
        case_id = office.receive(sample_message(name), at=at).case.id
        for number, (command, actor) in enumerate(COMMANDS):
            at += HOUR
            office.execute(case_id, command, actor=actor, key=f"{name}-{number}", at=at)
