"""Looking up a citizen's cases: denied by default, and never a restricted one."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from wenzheng_core import Actor, Decline, RefusedError, Role
from wenzheng_core.domain.commands import Restrict
from wenzheng_core.testing.builders import CLERK, START, SUPERVISOR, sample_message
from wenzheng_core.testing.offices import assigned, sample_office

PHONE = "13800000000"


@pytest.mark.parametrize("actor", [CLERK, SUPERVISOR])
@pytest.mark.parametrize("phone", [PHONE, "+86 138-0000-0000"])
def test_the_office_and_supervisors_find_a_citizens_cases(actor: Actor, phone: str) -> None:
    """Those whose citizen left the number, however it is written, and no other's."""
    office = sample_office()
    ids = assigned(office, "1", "2")
    message = sample_message("3")
    office.receive(
        attrs.evolve(message, contact=attrs.evolve(message.contact, phone="13900000000"))
    )
    assert [case.id for case in office.cases_of(phone, actor=actor)] == sorted(ids)


@pytest.mark.parametrize("role", [r for r in Role if r not in (Role.OFFICE, Role.SUPERVISOR)])
def test_nobody_else_may_look_them_up(role: Role) -> None:
    """Whoever is not named is refused, before anything is read."""
    office = sample_office()
    assigned(office, "1")
    with pytest.raises(RefusedError) as refused:
        office.cases_of(PHONE, actor=Actor("somebody", role, unit="housing"))
    assert refused.value.rule == "workflow.role"


def test_a_restricted_case_is_left_out() -> None:
    """It is stored and protected, and nothing else: not found by whose it is either."""
    office = sample_office()
    (kept,) = assigned(office, "1")
    declined = office.receive(sample_message("2")).case.id
    for command in (Decline(reason="court"), Restrict(reason="申请")):
        key = type(command).__name__
        office.execute(declined, command, actor=CLERK, key=key, at=START + timedelta(days=1))
    assert [case.id for case in office.cases_of(PHONE, actor=CLERK)] == [kept]
    assert office.case(declined).restricted
