"""Receiving many at once: a transaction a batch, one case a message, a bad row stops no other."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import attrs
import pytest

from wenzheng_core import BEIJING, Case, FixedClock, Message, Office, State, open_office
from wenzheng_core.domain.messages import Contact, RecordedMessage, RejectedRow

NOW = datetime(2021, 2, 19, 10, tzinfo=BEIJING)


@pytest.fixture(name="office", params=["memory://", "sqlite:///{}/wenzheng.db"])
def _office(request: pytest.FixtureRequest, tmp_path: Path) -> Office:
    return open_office(request.param.format(tmp_path), city="changsha", clock=FixedClock(NOW))


def _row(number: int, name: str, posted: datetime = NOW, title: str = "路灯") -> RecordedMessage:
    message = Message(source="board", external_id=name, title=title, body="坏", posted_at=posted)
    return RecordedMessage(row=number, message=message)


@pytest.mark.parametrize("batch", [1, 2, 10])
def test_the_first_row_of_a_message_opens_its_case(office: Office, batch: int) -> None:
    """Rows come back in order, two of one message as one case, and again as they are."""
    unread = RejectedRow(row=4, reason="没有标题")
    rows = [_row(2, "1"), _row(3, "1", title="又一次"), unread, _row(5, "2"), _row(6, "1")]
    first = list(office.receive_many(rows, facts={"field": "物业"}, batch=batch))

    assert first[2] is unread
    assert isinstance(first[0], Case)
    assert first[1] == first[4] == office.case(first[0].id)
    assert (first[0].message.title, first[0].state) == ("路灯", State.RECEIVED)
    assert first[0].facts["field"] == "物业"
    assert len(list(office.storage.scan())) == 2
    assert [revision.message.title for revision in first[1].revisions] == ["又一次"]
    assert list(office.receive_many(rows, batch=batch)) == [first[1], *first[1:]]


def test_an_export_without_a_contact_takes_none_away(office: Office) -> None:
    """Whatever copy the row repeats; one that reads otherwise keeps the contact that was known."""
    told = attrs.evolve(_row(2, "1").message, contact=Contact("张三", "13800000000"))
    case_id = office.receive(told).case.id
    moved = attrs.evolve(told, title="又一次", contact=Contact("张三", "13911112222"))
    case = office.receive(moved).case

    assert list(office.receive_many([_row(2, "1"), _row(3, "1", title="又一次")])) == [case] * 2
    list(office.receive_many([_row(2, "1", title="第三次")]))
    latest = office.case(case_id).latest_message
    assert (latest.title, latest.contact) == ("第三次", moved.contact)


def test_a_row_that_is_refused_stops_no_other(office: Office) -> None:
    """A message of tomorrow is rejected with its row and the reason."""
    future = _row(3, "2", NOW + timedelta(days=1))
    good, bad, fine = office.receive_many([_row(2, "1"), future, _row(4, "3")])

    assert isinstance(good, Case)
    assert isinstance(fine, Case)
    assert isinstance(bad, RejectedRow)
    assert (bad.row, "晚于" in bad.reason) == (3, True)
