"""Laws of personal data: found by telephone, sealed in the evidence, and gone for good once erased."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs
import pytest

from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.events import CaseOpened, MessageRevised, Record
from wenzheng_core.domain.evolving import fold
from wenzheng_core.domain.messages import Contact, Message
from wenzheng_core.ports import Change, Storage, Transaction
from wenzheng_core.testing.builders import (
    HOUR,
    START,
    TEXT,
    sample_change,
    sample_erasure,
    sample_event,
    sample_message,
    sample_next,
    sample_opening,
    sample_outgoing,
)
from wenzheng_core.testing.storage_calls import (
    Stop,
    assert_chained,
    put,
    tell,
    write_and_stop,
)

WRITTEN = (
    "+86 138-0000-1111",
    "13800001111",
    "0086 138 0000 1111",
    " 138 00001111",
    "138-0000-1111",
)
"""One number, as five citizens write it."""

PHONE, OTHER = "13900002222", "07318888666"
NAME, AUTHOR, ADDRESS = "欧阳某某", "湘江夜雨", "长春路17号3栋"
TITLE, BODY = "欧阳家的路灯", "我是欧阳某某,电话13900002222。"


def planted(case_id: str = "c1", *, phone: str = PHONE, body: str = BODY) -> Message:
    """A message with a name, a nickname, a number and an address that stand nowhere else."""
    contact = Contact(NAME, phone, ADDRESS)
    return attrs.evolve(
        sample_message(case_id), title=TITLE, body=body, author=AUTHOR, contact=contact
    )


def put_planted(store: Storage, case_id: str = "c1", *more: Change) -> Case:
    """A case with a planted message and, later, another planted text of it."""
    opening = sample_opening(case_id)
    first = opening.records[0]
    assert isinstance(first.event, CaseOpened)
    event = attrs.evolve(first.event, message=planted(case_id))
    records = (attrs.evolve(first, event=event), *opening.records[1:])
    case = fold(records)
    assert case is not None
    put(store, Change(case, records), *more)
    for decision in (
        sample_next(case),
        sample_event(
            sample_next(case).case,
            MessageRevised(message=planted(case_id, phone=OTHER, body=f"更正:{BODY}")),
        ),
    ):
        put(store, sample_change(decision))
        case = decision.case
    return case


def messages_of(case: Case, records: Sequence[Record]) -> list[Message]:
    """Every message in a case and in its history."""
    told = [getattr(record.event, "message", None) for record in records]
    kept = [case.message, *(revision.message for revision in case.revisions)]
    return [*(message for message in told if isinstance(message, Message)), *kept]


def views(store: Storage, case_id: str = "c1") -> list[tuple[Case, tuple[Record, ...]]]:
    """The case with its history, by every way by which a store shows them."""
    case, records = store.case(case_id), store.records(case_id)
    fed = tuple(x.record for x in store.feed() if x.record.case_id == case_id)
    (scanned,) = (case for case in store.scan() if case.id == case_id)
    with store.transaction() as transaction:
        one, many = transaction.case(case_id), transaction.cases([case_id])
        inside = transaction.records(case_id)
    assert case is not None
    assert one is not None
    return [(case, records), (scanned, fed), (one, inside), (many[case_id], records)]


def kill_all(transaction: Transaction, *keys: str) -> None:
    """Make dead letters of items, each with an error that names a number."""
    for key in keys:
        transaction.failed(key, START, f"{PHONE} is nobody's", retry_at=None)


class PrivacyLaws:
    """Who finds what of a citizen."""

    def test_cases_are_found_by_telephone(self, store: Storage) -> None:
        """In whatever way the number is written there or asked for here; by id."""
        names = ["c3", "c1", "c5", "c2", "c4"]
        for name, phone in zip(names, WRITTEN, strict=True):
            put(store, sample_change(sample_opening(name, phone=phone)))
        put(store, sample_change(sample_opening("d1", phone="13800001112")))
        put(store, sample_change(sample_opening("d2", phone="3800001111")))
        put(store, sample_change(sample_opening("d3", phone="")))
        for asked in (*WRITTEN, "13800001111"):
            assert store.cases_of(asked) == ("c1", "c2", "c3", "c4", "c5")
        assert store.cases_of("13800001112") == ("d1",)
        for asked in ("", " ", "无", "1380000111", "13800009999", "%", "_"):
            assert store.cases_of(asked) == ()

    def test_a_number_that_came_later_finds_its_case_too(self, store: Storage) -> None:
        """By the number in the first text as by that in another, once each."""
        put_planted(store)
        assert store.cases_of(PHONE) == store.cases_of(OTHER) == ("c1",)
        case = store.case("c1")
        assert case is not None
        put(store, sample_change(sample_event(case, MessageRevised(message=planted()))))
        assert store.cases_of(PHONE) == ("c1",)

    def test_what_was_rolled_back_is_not_found(self, store: Storage) -> None:
        """A case that was never committed has no telephone."""
        with pytest.raises(Stop):
            write_and_stop(store, sample_change(sample_opening("c1", phone=PHONE)))
        assert store.cases_of(PHONE) == ()

    def test_a_number_finds_its_tenants_cases(self, open_store: Callable[[str], Storage]) -> None:
        """One citizen who writes to two offices is found by each in its own."""
        ours, theirs = open_store("tenant-a"), open_store("tenant-b")
        put(ours, sample_change(sample_opening("c1", phone=PHONE)))
        assert theirs.cases_of(PHONE) == ()
        put(theirs, sample_change(sample_opening("c2", phone=PHONE)))
        assert (ours.cases_of(PHONE), theirs.cases_of(PHONE)) == (("c1",), ("c2",))

    def test_evidence_shows_no_personal_data(self, store: Storage) -> None:
        """Neither who wrote it nor how to reach them nor their words lie in the stored bytes."""
        put_planted(store)
        bodies = [x.body for x in store.evidence() if x.kind in {"CaseOpened", "MessageRevised"}]
        assert len(bodies) == 2
        for text in (NAME, AUTHOR, ADDRESS, TITLE, BODY, PHONE, OTHER):
            escaped = text.encode("ascii", "backslashreplace")
            assert not any(text.encode() in body or escaped in body for body in bodies)

    # --- Erasure ----------------------------------------------------------------------------------

    def test_erasing_takes_out_who_it_was(self, store: Storage) -> None:
        """Case, history, feed and scan show no name, nickname, number or address; the words stay."""
        case = put_planted(store)
        put(store, sample_change(sample_erasure(case)))
        for shown, records in views(store):
            found = messages_of(shown, records)
            assert len(found) == 4
            for message in found:
                assert (message.author, message.contact) == ("", Contact())
                assert (message.title, message.body.endswith(BODY)) == (TITLE, True)

    def test_erasing_the_words_takes_out_everything(self, store: Storage) -> None:
        """With the words go title and body; when, where and what was done with it stay."""
        case = put_planted(store)
        before = store.records("c1")
        put(store, sample_change(sample_erasure(case, words=True)))
        for shown, records in views(store):
            for message in messages_of(shown, records):
                assert (message.author, message.contact) == ("", Contact())
                assert (message.title, message.body) == ("", "")
                assert (message.external_id, message.posted_at) == ("c1", START)
            said = [(r.version, r.at, r.actor, type(r.event)) for r in records]
            assert said[:-1] == [(r.version, r.at, r.actor, type(r.event)) for r in before]

    def test_who_it_was_and_the_words_may_be_erased_apart(self, store: Storage) -> None:
        """First the one, later the other."""
        erased = sample_erasure(put_planted(store))
        put(store, sample_change(erased))
        put(store, sample_change(sample_erasure(erased.case, words=True)))
        for shown, records in views(store):
            assert {(m.author, m.title, m.body) for m in messages_of(shown, records)} == {
                ("", "", "")
            }

    @pytest.mark.parametrize("words", [False, True])
    def test_an_erased_case_is_still_the_fold_of_its_records(
        self, store: Storage, words: bool
    ) -> None:
        """What was erased from the history does not come back with it, now or after the next step."""
        erased = sample_erasure(put_planted(store), words=words)
        put(store, sample_change(erased))
        for shown, records in views(store):
            assert shown == fold(records) == erased.case
        further = sample_next(erased.case)
        put(store, sample_change(further))
        for shown, records in views(store):
            assert shown == fold(records) == further.case

    def test_an_erasure_shows_within_its_block(self, store: Storage) -> None:
        """Who reads on in the block that erased reads nothing of it any more."""
        erased = sample_erasure(put_planted(store), words=True)
        with store.transaction() as transaction:
            transaction.write([sample_change(erased)])
            assert transaction.case("c1") == erased.case
            records = transaction.records("c1")
        assert {m.title + m.author for m in messages_of(erased.case, records)} == {""}

    def test_an_erased_case_is_found_by_no_number(self, store: Storage) -> None:
        """Neither by the first nor by a later one, whatever is put right afterwards."""
        put(store, sample_change(sample_opening("c2", phone=PHONE)))
        erased = sample_erasure(put_planted(store))
        put(store, sample_change(erased))
        assert (store.cases_of(PHONE), store.cases_of(OTHER)) == (("c2",), ())
        with store.transaction() as transaction:
            transaction.restore(erased.case)
        put(store, sample_change(sample_next(erased.case)))
        assert (store.cases_of(PHONE), store.cases_of(OTHER)) == (("c2",), ())

    def test_an_erasure_touches_no_other_case(self, open_store: Callable[[str], Storage]) -> None:
        """Another case of the same citizen stays, and so does one of the same id elsewhere."""
        ours, theirs = open_store("tenant-a"), open_store("tenant-b")
        kept = {(s, i): put_planted(s, i) for s, i in ((ours, "c2"), (theirs, "c1"))}
        put(ours, sample_change(sample_erasure(put_planted(ours), words=True)))
        for (store, case_id), case in kept.items():
            for shown, records in views(store, case_id):
                assert shown == case
                assert {m.contact.name for m in messages_of(shown, records)} == {NAME}
        assert (ours.cases_of(PHONE), theirs.cases_of(PHONE)) == (("c2",), ("c1",))

    def test_a_rolled_back_erasure_erases_nothing(self, store: Storage) -> None:
        """Case and history are as they were, and the case is found."""
        case = put_planted(store)
        records = store.records("c1")
        with pytest.raises(Stop):
            write_and_stop(store, sample_change(sample_erasure(case, words=True)))
        for shown, kept in views(store):
            assert (shown, kept) == (case, records)
        assert store.cases_of(PHONE) == ("c1",)

    @pytest.mark.parametrize("words", [False, True])
    def test_the_chain_outlives_an_erasure(self, store: Storage, words: bool) -> None:
        """All evidence of before stays byte for byte, and with the erasure it can be counted again."""
        case = put_planted(store)
        before = store.evidence()
        put(store, sample_change(sample_erasure(case, words=words)))
        after = store.evidence()
        assert after[:-1] == before
        assert after[-1].kind == "PersonalDataErased"
        assert_chained(store)

    def test_what_will_not_go_out_any_more_loses_its_text(self, store: Storage) -> None:
        """A dead letter may name the citizen; what still waits has to be told and stays as it is."""
        told = [sample_outgoing("dead"), sample_outgoing("waits", ready_at=START + HOUR)]
        other = sample_outgoing("other", "c2")
        put(store, sample_change(sample_opening("c2"), outgoing=[other]))
        case = put_planted(store)
        decision = sample_next(case)
        put(store, sample_change(decision, outgoing=told))
        with store.transaction() as transaction:
            transaction.failed("dead", START, "no such number", retry_at=None)
            transaction.failed("other", START, "no such number", retry_at=None)
        put(store, sample_change(sample_erasure(decision.case)))
        texts = {letter.item.key: letter.item.text for letter in store.dead_letters()}
        assert texts == {"dead": "", "other": other.text}
        with store.transaction() as transaction:
            assert transaction.outbox(START + HOUR, 9) == (told[1],)

    @pytest.mark.parametrize("together", [False, True])
    def test_what_dies_after_an_erasure_loses_its_text(
        self, store: Storage, together: bool
    ) -> None:
        """And the error that may name a number; in the block that erased as in a later one."""
        told = [sample_outgoing("a"), sample_outgoing("tried", ready_at=START + HOUR)]
        case = put_planted(store)
        decision = sample_next(case)
        put(store, sample_change(decision, outgoing=told))
        tell(store, sample_outgoing("other", "c2"), case_id="c2")
        with store.transaction() as transaction:
            transaction.failed("tried", START, f"{PHONE} is engaged", retry_at=START)
            transaction.write([sample_change(sample_erasure(decision.case))])
            if together:
                kill_all(transaction, "a", "tried", "other")
        if not together:
            with store.transaction() as transaction:
                kill_all(transaction, "a", "tried", "other")
        found = {x.item.key: (x.item.text, x.error) for x in store.dead_letters()}
        other = (sample_outgoing("other").text, f"{PHONE} is nobody's")
        assert found == {"a": ("", ""), "tried": ("", ""), "other": other}

    def test_an_erasure_takes_the_errors_of_what_died_before(self, store: Storage) -> None:
        """With the text goes what the provider said of it."""
        case = put_planted(store)
        decision = sample_next(case)
        put(store, sample_change(decision, outgoing=[sample_outgoing("a")]))
        with store.transaction() as transaction:
            kill_all(transaction, "a")
        put(store, sample_change(sample_erasure(decision.case)))
        assert [(x.item.text, x.error) for x in store.dead_letters()] == [("", "")]

    def test_what_was_emptied_is_not_put_down_again(self, store: Storage) -> None:
        """Refused, and it stays a dead letter: nobody is sent an empty text."""
        case = put_planted(store)
        decision = sample_next(case)
        put(store, sample_change(decision, outgoing=[sample_outgoing("a")]))
        with store.transaction() as transaction:
            kill_all(transaction, "a")
        put(store, sample_change(sample_erasure(decision.case)))
        with store.transaction() as transaction:
            with pytest.raises(RefusedError) as refused:
                transaction.revive("a", START)
            assert refused.value.rule == "outbox.emptied"
            assert transaction.outbox(START + HOUR, 9) == ()
        assert [letter.item.key for letter in store.dead_letters()] == ["a"]

    def test_words_are_kept_as_long_as_nobody_erases_them(self, store: Storage) -> None:
        """What was planted is there to the letter, by every way, until then."""
        case = put_planted(store)
        for shown, records in views(store):
            assert shown == case == fold(records)
            assert [m.contact.phone for m in messages_of(shown, records)] == [PHONE, OTHER] * 2
            assert TEXT not in {m.body for m in messages_of(shown, records)}
