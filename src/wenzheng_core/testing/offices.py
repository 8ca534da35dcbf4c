"""A small office to test with: the sample city over a store, and cases on their way in it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from wenzheng_core.cities import make_city
from wenzheng_core.clock import FixedClock
from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.commands import Accept, Assign
from wenzheng_core.domain.policies import Policy
from wenzheng_core.memory import MemoryChannel, MemoryStorage
from wenzheng_core.office import Office
from wenzheng_core.ports import Channel, Storage, TimeSource
from wenzheng_core.testing.builders import (
    CLERK,
    START,
    sample_calendar,
    sample_message,
    sample_policy,
    sample_rules,
)


def sample_channels() -> list[Channel]:
    """Channels that keep what they are given, by the names that the sample city uses."""
    return [MemoryChannel(name) for name in ("sms", "publish", "report")]


def sample_office(
    storage: Storage | None = None,
    *,
    clock: TimeSource | None = None,
    channels: Iterable[Channel] | None = None,
    policy: Policy | None = None,
    calendar: Calendar | None = None,
) -> Office:
    """An office of the sample city, over a store of its own unless one is given."""
    return Office(
        city=make_city([policy or sample_policy()], sample_rules().units),
        storage=storage or MemoryStorage("sample"),
        calendar=calendar or sample_calendar(),
        clock=clock or FixedClock(START),
        channels=sample_channels() if channels is None else list(channels),
    )


def assigned(office: Office, *numbers: str, at: datetime = START) -> list[str]:
    """The ids of cases that were received, accepted and assigned at an instant."""
    ids = []
    for number in numbers:
        case_id = office.receive(sample_message(number, posted=at), at=at).case.id
        office.execute(case_id, Accept(), actor=CLERK, key=f"{number}-accept", at=at)
        assign = Assign(lead="housing")
        office.execute(case_id, assign, actor=CLERK, key=f"{number}-assign", at=at)
        ids.append(case_id)
    return ids
