"""What is kept of a case: later texts, receipts, restriction, and what is erased for good."""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wenzheng_core.domain import commands as c
from wenzheng_core.domain import events as e
from wenzheng_core.domain.actors import SYSTEM, Actor, Role
from wenzheng_core.domain.events import Record, without_personal
from wenzheng_core.domain.evolving import fold
from wenzheng_core.domain.limits import WorkingDays
from wenzheng_core.domain.messages import PARTS, PERSONAL, Contact, Message, Revision
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.provisions import Retention
from wenzheng_core.domain.workflow import State
from wenzheng_core.testing.builders import (
    CLERK,
    HOUR,
    HOUSING,
    START,
    SUPERVISOR,
    Walk,
    beijing,
    sample_clock,
    sample_message,
    sample_policy,
    sample_rules_with,
)

PLATFORM = Actor("sample", Role.SOURCE)
OTHER = "路灯已经亮了,谢谢。"
CALLED = c.CallBack(reached=True)
ERASE, ERASE_ALL = c.Erase(reason="目的已实现"), c.Erase(reason="目的已实现", words=True)
RESTRICT, LIFT = c.Restrict(reason="期限未满"), c.LiftRestriction(reason="当事人申请")


def published(**policy: object) -> Walk:
    """A case that was answered, and nothing of it runs any more."""
    return Walk(sample_rules_with(**policy)).steps(9)


def revised(message: Message, **changes: object) -> c.Revise:
    """The same message, some of it otherwise."""
    return c.Revise(message=attrs.evolve(message, **changes))


WALKS = {
    State.RECEIVED: Walk,
    State.ACCEPTED: lambda: Walk().steps(1),
    State.HANDLING: lambda: Walk().steps(4),
    State.PUBLISHED: published,
}


def ended(command: c.Command) -> Walk:
    """A case that came to another end than an answer."""
    walk = Walk()
    walk.do(command, CLERK)
    return walk


def archived() -> Walk:
    """A case whose file is closed."""
    walk = published()
    walk.do(c.Archive(), CLERK)
    return walk


WALKS |= {
    State.DECLINED: lambda: ended(c.Decline(reason="court")),
    State.MERGED: lambda: ended(c.Merge(into="c2")),
    State.ARCHIVED: archived,
}


class TestRevising:
    """The platform shows another text."""

    @pytest.mark.parametrize("state", WALKS)
    @pytest.mark.parametrize("by", [PLATFORM, CLERK, SYSTEM], ids=lambda actor: actor.role)
    def test_another_text_is_recorded_in_every_state(self, state: State, by: Actor) -> None:
        """The first one stays as it is, no clock moves, and the case stays where it stands."""
        walk = WALKS[state]()
        before = walk.case
        (event,) = walk.do(revised(before.message, body=OTHER), by)

        assert isinstance(event, e.MessageRevised)
        assert (walk.case.state, walk.case.message) == (state, before.message)
        assert walk.case.revisions == (Revision(walk.at, event.message),)
        assert walk.case.latest_message.body == OTHER
        same = dict(revisions=(), version=before.version, updated=before.updated)
        assert attrs.evolve(walk.case, **same) == before

    def test_the_latest_message_is_the_first_until_another_comes(self) -> None:
        """Without a revision there is one text."""
        assert Walk().case.latest_message == sample_message()

    @pytest.mark.parametrize(
        "changes",
        [dict(title="别的"), dict(body=OTHER), dict(contact=Contact("李四"))],
        ids=lambda changes: next(iter(changes)),
    )
    def test_an_old_copy_that_comes_late_changes_nothing(self, changes: dict[str, object]) -> None:
        """Neither the first text nor any later one is recorded a second time, in whatever order."""
        walk = Walk()
        first, other = c.Revise(message=walk.case.message), revised(walk.case.message, **changes)
        assert walk.do(first, PLATFORM) == ()
        assert len(walk.do(other, PLATFORM)) == 1
        for old in (first, other, first):
            assert walk.do(old, PLATFORM) == ()
        assert len(walk.do(revised(walk.case.message, title="第三稿"), PLATFORM)) == 1

    def test_what_the_citizen_cannot_change_is_no_other_text(self) -> None:
        """A nickname, an addressee or an instant that is shown otherwise is not recorded."""
        walk = Walk()
        shown = dict(author="匿名", addressed_to="书记", posted_at=START - HOUR)
        assert walk.do(revised(walk.case.message, **shown), PLATFORM) == ()

    @pytest.mark.parametrize("changes", [{"source": "else"}, {"external_id": "2"}], ids=str)
    def test_another_message_is_refused(self, changes: dict[str, object]) -> None:
        """A message is known by its platform and its number there."""
        walk = Walk()
        refused = walk.refused(revised(walk.case.message, **changes), PLATFORM)
        assert refused.rule == "revise.other"
        assert "sample/1" in refused.reason

    def test_who_may_not_receive_may_not_revise(self) -> None:
        """Neither a unit nor the citizen speaks for the platform."""
        walk = Walk().steps(4)
        for by in (HOUSING, Actor("citizen-1", Role.CITIZEN)):
            asked = revised(walk.case.message, body=OTHER)
            assert walk.refused(asked, by).rule == "workflow.role"


class TestDeliveries:
    """What a channel made of what was told is on record with the case."""

    @pytest.mark.parametrize("state", WALKS)
    def test_a_receipt_is_recorded_and_changes_nothing(self, state: State) -> None:
        """Besides the version and the instant of the last record."""
        walk = WALKS[state]()
        before = walk.case
        told = dict(keys=("c1/000001/0", "c1/000002/0"), channel="sms", to="housing/liaison")
        sent = walk.do(c.NoteDelivered(**told, receipt="r1"), SYSTEM)
        given_up = walk.do(c.NoteUndelivered(**told, error="空号"), SYSTEM)

        assert sent == (e.Delivered(**told, receipt="r1"),)
        assert given_up == (e.DeliveryAbandoned(**told, error="空号"),)
        same = attrs.evolve(walk.case, version=before.version, updated=before.updated)
        assert (same, walk.case.version) == (before, before.version + 2)

    def test_an_error_is_kept_short(self) -> None:
        """A provider may answer with a whole page; its first 500 characters are enough."""
        walk = Walk()
        asked = c.NoteUndelivered(keys=("k",), channel="sms", to="x", error="错" * 501)
        (event,) = walk.do(asked, SYSTEM)
        assert event == e.DeliveryAbandoned(keys=("k",), channel="sms", to="x", error="错" * 500)


class TestRestricting:
    """个人信息保护法 article 47: storage and protection, and nothing else."""

    def test_a_restricted_case_takes_no_other_command(self) -> None:
        """Whoever asks, in whatever role, until the restriction is lifted."""
        walk = published()
        walk.do(RESTRICT, SUPERVISOR)
        assert walk.case.restricted
        for command, by in (
            (CALLED, CLERK),
            (c.Reopen(reason="新情况"), CLERK),
            (c.Archive(), SYSTEM),
            (c.Rate(score=5), PLATFORM),
            (RESTRICT, CLERK),
        ):
            refused = walk.refused(command, by)
            assert (refused.rule, "第47条" in refused.basis) == ("personal.restricted", True)
        walk.do(LIFT, CLERK)
        assert not walk.case.restricted
        assert walk.refusal(CALLED, CLERK) is None

    def test_what_serves_storage_and_protection_goes_on(self) -> None:
        """Time, settling, receipts; a text from the platform is heard and not kept."""
        walk = published()
        walk.do(RESTRICT, CLERK)
        told = dict(keys=("k",), channel="sms", to="x")
        assert walk.do(c.Tick(), SYSTEM) == walk.do(c.Settle(), SYSTEM) == ()
        assert len(walk.do(c.NoteDelivered(**told, receipt="r"), SYSTEM)) == 1
        assert len(walk.do(c.NoteUndelivered(**told, error="x"), SYSTEM)) == 1
        assert walk.do(revised(walk.case.message, body=OTHER), PLATFORM) == ()
        assert walk.refusal(ERASE, CLERK) is None

    def test_a_promise_still_lapses_while_the_case_is_restricted(self) -> None:
        """What is due by itself is due; the rules go on counting what is stored."""
        walk = published()
        due = beijing(4, 1).date()
        walk.do(c.Commit(commitment="p", text="修路", due=due), CLERK)
        walk.do(RESTRICT, CLERK)
        (lapsed,) = walk.tick(beijing(4, 5))
        assert isinstance(lapsed, e.CommitmentLapsed)

    @pytest.mark.parametrize("command", [RESTRICT, LIFT, ERASE], ids=lambda x: type(x).__name__)
    def test_an_open_case_is_neither_restricted_nor_erased(self, command: c.Command) -> None:
        """While it is handled, a unit holds it, or a clock runs, its data is needed."""
        care = sample_clock("care", Milestone.PUBLISHED, Milestone.CALLED_BACK, WorkingDays(5))
        waiting = published(clocks=(*sample_policy().clocks, care))
        for walk in (Walk(), Walk().steps(4), Walk(sample_rules_with(clocks=())), waiting):
            assert walk.refused(command, CLERK).rule == "personal.open"
        waiting.do(CALLED, CLERK)
        assert waiting.refusal(RESTRICT, CLERK) is None

    def test_only_what_is_restricted_is_lifted(self) -> None:
        """There must be something to lift."""
        assert published().refused(LIFT, CLERK).rule == "personal.not_restricted"

    def test_each_has_its_reason(self) -> None:
        """A blank one is none."""
        walk = published()
        for command in (RESTRICT, LIFT, ERASE):
            asked = attrs.evolve(command, reason=" ")
            assert walk.refused(asked, CLERK).rule == "personal.reason"

    def test_the_office_alone_lifts_and_erases(self) -> None:
        """The supervisors may stop a processing, no more."""
        walk = published()
        assert walk.refusal(RESTRICT, SUPERVISOR) is None
        for command in (LIFT, ERASE):
            assert walk.refused(command, SUPERVISOR).rule == "workflow.role"


class TestErasing:
    """What is erased is gone from every text of the message, and comes back by no way."""

    def test_who_wrote_it_is_erased_and_what_was_written_stays(self) -> None:
        """From the first text and from each later one."""
        walk = published()
        walk.do(revised(walk.case.message, body=OTHER, contact=Contact("李四")), PLATFORM)
        (event,) = walk.do(ERASE, CLERK)

        assert event == e.PersonalDataErased(reason=ERASE.reason)
        for message, body in (
            (walk.case.message, sample_message().body),
            (walk.case.latest_message, OTHER),
        ):
            assert (message.author, message.contact, message.body) == ("", Contact(), body)
        assert walk.case.erased == ("contact",)

    def test_the_words_may_be_erased_with_it_or_after_it(self) -> None:
        """Either way the same is left: the number, the instants, whom it was addressed to."""
        at_once, later = published(), published()
        later.do(ERASE, CLERK)
        later.do(ERASE_ALL, CLERK)
        at_once.do(ERASE_ALL, CLERK)
        for walk in (at_once, later):
            message = walk.case.message
            assert (walk.case.erased, message.title, message.body) == (PARTS, "", "")
            assert (message.external_id, message.addressed_to) == ("1", "市长")

    def test_nothing_is_erased_twice(self) -> None:
        """There must be something left of what is to go."""
        walk = published()
        walk.do(ERASE, CLERK)
        assert walk.refused(ERASE, CLERK).rule == "personal.erased"
        walk.do(ERASE_ALL, CLERK)
        for command in (ERASE, ERASE_ALL):
            assert walk.refused(command, CLERK).rule == "personal.erased"

    def test_a_later_copy_brings_nothing_back(self) -> None:
        """Of an erased contact nothing, of erased words no text at all."""
        walk = published()
        walk.do(ERASE, CLERK)
        whole = sample_message()
        assert walk.do(c.Revise(message=whole), PLATFORM) == ()
        (event,) = walk.do(revised(whole, body=OTHER), PLATFORM)
        assert event.message.text == (whole.title, OTHER, Contact())  # type: ignore[attr-defined]
        assert walk.case.latest_message.author == ""
        walk.do(ERASE_ALL, CLERK)
        for body in (whole.body, OTHER, "第三稿"):
            assert walk.do(revised(whole, body=body), PLATFORM) == ()

    def test_nothing_is_erased_while_it_must_be_kept(self) -> None:
        """Until the last day of the period has ended; restricting is the way until then."""
        walk = published(retention=Retention(years=10, basis="保存办法"))
        ends = beijing(3, 4, year=2035)
        refused = walk.refused(ERASE, CLERK, ends - timedelta(microseconds=1))

        assert (refused.rule, refused.basis) == ("personal.retained", "保存办法")
        assert "先限制处理" in refused.reason
        assert "2035年3月3日" in refused.reason
        assert walk.refusal(RESTRICT, CLERK) is None
        assert walk.refusal(ERASE, CLERK, ends) is None

    @pytest.mark.parametrize("state", [State.DECLINED, State.MERGED, State.ARCHIVED])
    def test_the_period_counts_from_the_end_of_the_handling(self, state: State) -> None:
        """Declined and merged cases have theirs; that the file is closed later changes nothing."""
        rule = Retention(years=1, basis="x")
        walk = WALKS[state]()
        walk.rules = sample_rules_with(retention=rule)
        assert walk.case.finished is not None
        ends = rule.ends(walk.case.finished)
        assert ends == beijing(3, 4, year=2026)
        assert walk.refused(ERASE, CLERK, ends - HOUR).rule == "personal.retained"
        assert walk.refusal(ERASE, CLERK, ends) is None

    def test_a_reopened_case_counts_from_its_last_end(self) -> None:
        """While it is open it has none; the new answer begins the period anew."""
        walk = published()
        first = walk.case.finished
        walk.do(c.Reopen(reason="新情况"), CLERK)
        assert walk.case.finished is None
        walk.do(c.Decline(reason="court"), CLERK)
        assert (first, walk.case.finished) == (START + 9 * HOUR, walk.at)


@pytest.mark.parametrize(
    ("finished", "years", "ends"),
    [
        (beijing(2, 29, 23, 59, year=2024), 1, beijing(3, 1, year=2025)),
        (beijing(2, 29, year=2024), 4, beijing(3, 1, year=2028)),
        (beijing(12, 31, 23, 59, year=2020), 10, beijing(1, 1, year=2031)),
        (beijing(2, 28, year=2023), 1, beijing(2, 29, year=2024)),
    ],
)
def test_a_period_ends_with_its_day(finished: datetime, years: int, ends: datetime) -> None:
    """By the day in Beijing; where the year lacks 29 February, with the 28th (民法典第202条)."""
    assert Retention(years=years, basis="x").ends(finished) == ends


class TestParts:
    """Which fields hold what."""

    def test_a_part_empties_its_fields_and_no_other(self) -> None:
        """And an unknown part is an error, never a silence."""
        message = sample_message()
        for part in PARTS:
            left = message.without((part,))
            changed = {
                f.name
                for f in attrs.fields(Message)
                if getattr(left, f.name) != getattr(message, f.name)
            }
            assert changed == set(PERSONAL[part])
        assert message.without(()) == message
        with pytest.raises(KeyError):
            message.without(("name",))

    def test_only_events_with_a_message_hold_any(self) -> None:
        """All others come back as they are."""
        for record in published().records:
            emptied = without_personal(record.event, PARTS)
            assert (emptied == record.event) is not isinstance(record.event, e.CaseOpened)


people = st.builds(Contact, st.sampled_from(["", "张三"]), st.sampled_from(["", "138"]))
texts = st.sampled_from(["", "一", "二", "三"])
copies = st.tuples(texts, texts, people)


@given(
    before=st.lists(copies, max_size=3),
    after=st.lists(copies, max_size=3),
    between=st.lists(copies, max_size=3),
    last=st.lists(copies, max_size=3),
    erasures=st.sampled_from([(ERASE,), (ERASE_ALL,), (ERASE, ERASE_ALL)]),
)
def test_a_history_that_a_store_has_emptied_folds_to_the_same_case(
    before: list[tuple[str, str, Contact]],
    after: list[tuple[str, str, Contact]],
    between: list[tuple[str, str, Contact]],
    last: list[tuple[str, str, Contact]],
    erasures: tuple[c.Erase, ...],
) -> None:
    """Whatever was received when: once the erasure is folded, nothing of the case rests on what it took."""
    walk = Walk()
    _take(walk, before)
    walk.steps(9)
    _take(walk, after)
    for erasure in erasures:
        walk.do(erasure, CLERK)
        _take(walk, between)
    _take(walk, last)
    emptied = _emptied(walk.records, walk.case.erased)
    assert fold(emptied) == fold(walk.records) == walk.case
    held = [
        r.event.message for r in emptied if isinstance(r.event, e.CaseOpened | e.MessageRevised)
    ]
    assert held == [message.without(walk.case.erased) for message in held]


def _take(walk: Walk, found: list[tuple[str, str, Contact]]) -> None:
    for title, body, contact in found:
        copy = attrs.evolve(sample_message(), title=title, body=body, contact=contact)
        walk.do(c.Revise(message=copy), PLATFORM)


def _emptied(records: list[Record], parts: tuple[str, ...]) -> list[Record]:
    return [attrs.evolve(r, event=without_personal(r.event, parts)) for r in records]
