"""The stored form: it comes back exactly, and nothing unknown is ever read as something known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, get_args, get_origin, get_type_hints

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wenzheng_core import wire
from wenzheng_core.domain import commands, events, limits
from wenzheng_core.domain.commands import COMMANDS, Accept, Assign, Command, Receive
from wenzheng_core.domain.events import EVENTS, ClockStarted, Event
from wenzheng_core.domain.limits import Limit, WorkingDays
from wenzheng_core.domain.messages import Message
from wenzheng_core.testing.builders import START, STEPS, sample_history, sample_message

# PostgreSQL and SQLite keep no unpaired surrogates; everything else is text.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
names = texts.filter(lambda text: bool(text.strip()))
zones = st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours)))
instants = st.datetimes(
    START.replace(year=1990, tzinfo=None), START.replace(year=2100, tzinfo=None), timezones=zones
)
amounts = st.integers(1, limits.MOST)
leaves: dict[Any, st.SearchStrategy[Any]] = {
    str: texts,
    date: st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    datetime: instants.map(lambda instant: instant.astimezone(UTC)),
    limits.WorkingDays: st.builds(limits.WorkingDays, amounts),
    limits.CalendarDays: st.builds(limits.CalendarDays, amounts, st.booleans()),
    limits.ClockHours: st.builds(limits.ClockHours, amounts),
    limits.WorkingHours: st.builds(limits.WorkingHours, amounts.map(lambda n: n * 60)),
    limits.CommittedDate: st.builds(
        limits.CommittedDate, st.dates(date(2000, 1, 1), date(2100, 1, 1))
    ),
}


def anything(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of a type that events and commands are made of."""
    origin, inner = get_origin(kind), [anything(arg) for arg in get_args(kind) if arg is not ...]
    if kind in leaves:
        return leaves[kind]
    if origin is tuple:
        return st.lists(*inner, max_size=3).map(tuple)
    if origin is Mapping:
        return st.dictionaries(*inner, max_size=3)
    if inner:
        return st.one_of(inner)
    if attrs.has(kind):
        parts = {n: anything(t) for n, t in get_type_hints(kind).items()}
        if kind is Message:  # it is known by these two, so neither is empty
            parts |= {"source": names, "external_id": names}
        return st.builds(kind, **parts)
    return st.from_type(kind)


spans = anything(Limit)


def through_json(data: dict[str, Any]) -> dict[str, Any]:
    """What comes back from storage."""
    back: dict[str, Any] = wire.from_json(wire.to_json(data))
    return back


class TestRoundTrip:
    """What is written comes back as it was."""

    @pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
    def test_every_event_comes_back(self, kind: type[Event]) -> None:
        """Any event of any kind equals itself after storage, and so does its text."""

        @given(anything(kind))
        def law(event: Event) -> None:
            data = wire.event_to_dict(event)
            back = wire.event_from_dict(through_json(data))
            assert back == event
            assert type(back) is kind
            assert wire.to_json(wire.event_to_dict(back)) == wire.to_json(data)

        law()

    @pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.__name__)
    def test_every_command_comes_back(self, kind: type[Command]) -> None:
        """Any command of any kind equals itself after storage."""

        @given(anything(kind))
        def law(command: Command) -> None:
            back = wire.command_from_dict(through_json(wire.command_to_dict(command)))
            assert back == command
            assert type(back) is kind

        law()

    @pytest.mark.parametrize("steps", range(len(STEPS) + 1))
    def test_a_case_comes_back_at_every_step(self, steps: int) -> None:
        """A snapshot is the case, whatever has happened to it so far."""
        case = sample_history("c1", steps=steps).case
        assert wire.case_from_dict(through_json(wire.case_to_dict(case))) == case

    @given(instants)
    def test_instants_are_written_in_utc(self, instant: datetime) -> None:
        """The same moment is the same text, whatever clock it was read on; microseconds stay."""
        command = Receive(message=sample_message(posted=instant))
        text = wire.to_json(wire.command_to_dict(command))
        utc = instant.astimezone(UTC)
        assert f'"posted_at":"{utc.replace(tzinfo=None).isoformat()}Z"' in text

    @given(spans)
    def test_limits_are_written_as_notices_write_them(self, limit: Limit) -> None:
        """A limit comes back in its own unit."""
        command = Assign(lead="housing", within=limit)
        data = through_json(wire.command_to_dict(command))
        assert isinstance(data["within"], str)
        assert wire.command_from_dict(data) == command

    @given(st.dictionaries(texts, texts, min_size=2))
    def test_equal_values_give_equal_texts(self, facts: dict[str, str]) -> None:
        """The order in which facts were stated does not show."""
        turned = dict(reversed(facts.items()))
        one, other = (events.Classified(facts=x, labels={}) for x in (facts, turned))
        assert wire.to_json(wire.event_to_dict(one)) == wire.to_json(wire.event_to_dict(other))


class TestRefusing:
    """A newer form is never read as an older one."""

    def test_the_form_of_an_event_is_kept(self) -> None:
        """From the first release on what was stored is read for ever; form 1 was never released."""
        text = (
            '{"basis":"三、办理时限","calendar":"c0ffee","clock":"handle",'
            '"due":"2020-10-12T16:00:00Z","epoch":1,"facts":{"category":"咨询"},'
            '"limit":"5个工作日","policy":"f00d","row":"simple",'
            '"rungs":[{"at":"2020-10-11T16:00:00Z","rung":"red"}],"soft":false,'
            '"started":"2020-09-28T08:00:00.000001Z","stops":"reported","type":"ClockStarted",'
            '"unit":"housing","v":2}'
        )
        event = wire.event_from_dict(wire.from_json(text))
        assert isinstance(event, ClockStarted)
        assert event.limit == WorkingDays(5)
        assert event.started == datetime(2020, 9, 28, 8, 0, 0, 1, UTC)
        assert event.rungs[0].at == datetime(2020, 10, 11, 16, tzinfo=UTC)
        assert wire.to_json(wire.event_to_dict(event)) == text

    @pytest.mark.parametrize(
        "change",
        [
            {"type": "Teleported"},
            {"type": "Accept"},
            {"type": None},
            {"v": 1},
            {"v": 3},
            {"v": None},
            {"later": 1},
            {"unit": None, "clock": 1, "extra": {}},
        ],
        ids=str,
    )
    def test_what_is_unknown_is_refused(self, change: dict[str, Any]) -> None:
        """An unknown name, version of form or key is a ValueError."""
        data = wire.event_to_dict(events.Claimed(unit="housing"))
        assert wire.event_from_dict(data) == events.Claimed(unit="housing")
        with pytest.raises(ValueError, match=r"无法识别|不符"):
            wire.event_from_dict({**data, **change})

    @pytest.mark.parametrize("change", [{"type": "Claimed"}, {"v": 0}, {"unit": "x"}], ids=str)
    def test_unknown_commands_are_refused(self, change: dict[str, Any]) -> None:
        """The same holds for commands; an event's name is no command."""
        data = wire.command_to_dict(Accept())
        with pytest.raises(ValueError, match=r"无法识别|不符"):
            wire.command_from_dict({**data, **change})

    def test_missing_keys_are_refused(self) -> None:
        """A required field that is not there is not made up."""
        with pytest.raises(ValueError, match="不符"):
            wire.event_from_dict({"type": "Claimed", "v": wire.CURRENT})
        with pytest.raises(ValueError, match="不符"):
            wire.case_from_dict({"v": wire.SNAPSHOT})

    @pytest.mark.parametrize("text", ["2020-10-12T16:00:00", "2020-10-12T16:00:00+08:00", "昨天"])
    def test_instants_that_are_not_utc_are_refused(self, text: str) -> None:
        """A stored instant without Z names no moment that this program wrote."""
        data = wire.event_to_dict(events.Resumed(at=START))
        with pytest.raises(ValueError, match=text[:4]):
            wire.event_from_dict({**data, "at": text})

    def test_a_snapshot_of_another_form_is_refused(self) -> None:
        """Whoever reads it then folds the records instead."""
        data = wire.case_to_dict(sample_history("c1").case)
        for change in ({"v": 1}, {"v": wire.SNAPSHOT + 1}, {"newer": 1}):
            with pytest.raises(ValueError, match="不符"):
                wire.case_from_dict({**data, **change})

    def test_reading_leaves_the_given_dict_alone(self) -> None:
        """The dict that was handed over is the caller's."""
        data = wire.event_to_dict(events.Claimed(unit="housing"))
        before = dict(data)
        wire.event_from_dict(data)
        assert data == before

    def test_names_are_those_of_the_classes(self) -> None:
        """Every kind has a name of its own, so that a name says what it is."""
        names = [kind.__name__ for kind in (*EVENTS, *COMMANDS)]
        assert len(set(names)) == len(names)
        assert {events.Accepted, events.Archived} < set(EVENTS)
        assert {commands.Tick, commands.Settle} < set(COMMANDS)
        assert wire.event_to_dict(events.Accepted()) == {"type": "Accepted", "v": 2}


def test_a_record_shows_who_did_what_when() -> None:
    """The form for export has the place, the instant, the actor and the event."""
    record = sample_history("c1", steps=1).records[-1]
    assert wire.record_to_dict(record) == {
        "case_id": "c1",
        "version": 3,
        "at": "2025-03-03T02:30:15.250001Z",
        "actor": "office-1",
        "event": {"type": "Accepted", "v": 2},
    }


class TestRecords:
    """Records as they are exported, and read back."""

    @pytest.mark.parametrize("body", ["原文", ""])
    def test_what_is_exported_comes_back(self, body: str) -> None:
        """With personal data, to the letter; an event of every kind of the sample history."""
        for record in sample_history("c1", body=body).records:
            written = through_json(wire.record_to_dict(record, personal=True))
            assert wire.record_from_dict(written) == record

    @pytest.mark.parametrize("kind", [events.CaseOpened, events.MessageRevised])
    def test_who_the_citizen_is_is_left_out_unless_asked_for(self, kind: type[Event]) -> None:
        """Neither name nor telephone nor nickname, in the first text or a later one."""
        opened = sample_history("c1", steps=0).records[0]
        assert isinstance(opened.event, events.CaseOpened)
        revised = events.MessageRevised(message=opened.event.message)
        record = attrs.evolve(opened, event=opened.event if kind is events.CaseOpened else revised)
        public, whole = (wire.record_to_dict(record, personal=asked) for asked in (False, True))

        assert whole["event"]["message"].keys() - public["event"]["message"].keys() == {
            "author",
            "contact",
        }
        for private in ("张三", "13800000000", "幸福路1号", "网友"):
            assert private not in wire.to_json(public)
        read = wire.record_from_dict(public)
        assert read.event == events.without_personal(record.event, ("contact",))

    @pytest.mark.parametrize(
        "change",
        [
            {"case_id": ""},
            {"case_id": 1},
            {"version": "1"},
            {"at": "2025-03-03T02:30:15"},
            {"at": None},
            {"event": None},
            {"event": {"type": "Teleported", "v": 2}},
            {"more": 1},
        ],
        ids=str,
    )
    def test_what_is_no_record_is_refused(self, change: dict[str, Any]) -> None:
        """A missing or strange key, or a value of another kind, is a ValueError."""
        data = wire.record_to_dict(sample_history("c1", steps=1).records[-1])
        assert wire.record_from_dict(data).version == 3
        with pytest.raises(ValueError, match=r"."):
            wire.record_from_dict({**data, **change})
        for key in data:
            with pytest.raises(ValueError, match="不符"):
                wire.record_from_dict({k: v for k, v in data.items() if k != key})
