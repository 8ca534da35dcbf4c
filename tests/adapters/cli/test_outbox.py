"""``wenzheng deliver``, ``outbox`` and ``feed``: what went, what waits, what died, what happened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from wenzheng_core import DeliveryError, Office, open_office

NOON = "2021-02-25 12:00"
DAYS_LATER = datetime(2021, 3, 20, tzinfo=UTC)


class _Gone:
    """A channel that knows that nothing will ever arrive."""

    name = "sms"

    def send(self, to, text, keys):
        """Refuse for good."""
        raise DeliveryError("空号", permanent=True)


@contextmanager
def _office(db: str) -> Iterator[Office]:
    office = open_office(db, city="changsha", channels=[_Gone()], create=False)
    try:
        yield office
    finally:
        office.storage.close()


@pytest.fixture(name="store")
def _store(wenzheng, board, db):
    """A board whose unanswered message has its cards, and nobody was told of them yet."""
    at = ("--city", "changsha", "--db", db)
    assert wenzheng("import", board, *at, "--replay", "--until", NOON).code == 0
    wenzheng("sweep", *at, "--at", "2021-03-10")
    return at


def test_without_a_channel_everything_stays(wenzheng, store):
    """Exit 1, the missing channel is named, and the items wait for their next try."""
    before = wenzheng("outbox", *store, "--json").json["items"]
    assert before
    ran = wenzheng("deliver", *store)
    assert ran.code == 1
    assert "没有名为「sms」的渠道" in ran.out
    after = wenzheng("outbox", *store, "--json").json["items"]
    assert [item["key"] for item in after] == [item["key"] for item in before]
    assert {item["attempts"] for item in after} == {1}
    assert "没有装这一渠道" in wenzheng("outbox", *store).out


def test_a_list_shows_neither_texts_nor_more_than_asked(wenzheng, store):
    """A reply may name the citizen: keys, channels and addressees are enough to act on."""
    ran = wenzheng("outbox", *store, "--json", "--limit", "1")
    assert (len(ran.json["items"]), ran.json["more"]) == (1, True)
    assert set(ran.json["items"][0]) == {"key", "case", "channel", "to", "ready_at", "attempts"}
    assert "还有更多" in wenzheng("outbox", *store, "--limit", "1").out


def test_a_dead_letter_is_listed_and_put_down_again(wenzheng, store, db):
    """It shows with its error; ``retry`` takes it from the list, once, and says by whom."""
    with _office(db) as office:
        (first, *_) = office.deliver(DAYS_LATER).dead
    dead = wenzheng("outbox", *store, "--dead", "--json").json["items"]
    assert dead[0]["error"] == "空号"
    assert f"{first} " in wenzheng("outbox", *store, "--dead").out

    again = wenzheng("outbox", "retry", first, *store, "--by", "li.ming", "--json")
    assert (again.code, again.json) == (0, {"key": first, "revived": True})
    assert wenzheng("outbox", "retry", first, *store).code == 1
    left = wenzheng("outbox", *store, "--dead", "--json").json["items"]
    assert first not in {item["key"] for item in left}
    with _office(db) as office:
        (line,) = office.storage.entries("revived/")
        assert line.body["by"] == "li.ming"


@pytest.mark.parametrize("words", [("retry",), ("retri", "k"), ("retry", "k", "z")])
def test_wrong_use_of_the_outbox(wenzheng, store, words):
    """A misspelt word or a missing key is exit 2, and nothing changes."""
    assert wenzheng("outbox", *words, *store).code == 2


def test_a_key_that_nobody_put_down(wenzheng, store):
    """It is named, with exit 2."""
    ran = wenzheng("outbox", "retry", "nix", *store)
    assert (ran.code, "nix" in ran.err) == (2, True)


def test_delivering_up_to_an_instant(wenzheng, store):
    """What is ready only after it is left alone."""
    ran = wenzheng("deliver", *store, "--at", "2020-01-01", "--json")
    assert (ran.code, ran.json["sent"], ran.json["failed"]) == (0, 0, [])


def test_the_feed_is_read_on_from_where_one_was(wenzheng, store):
    """Page by page it gives every record once, in order, without what a citizen left privately."""
    whole = wenzheng("feed", *store, "--json").json
    assert [record["position"] for record in whole["records"]] == list(range(1, whole["last"] + 1))
    after, pages = 0, []
    while after < whole["last"]:
        page = wenzheng("feed", *store, "--json", "--after", after, "--limit", 7).json
        pages += page["records"]
        after = page["reached"]
    assert pages == whole["records"]
    opened = [r["event"] for r in whole["records"] if r["event"]["type"] == "CaseOpened"]
    assert not any({"contact", "author"} & set(event["message"]) for event in opened)
    last = wenzheng("feed", *store, "--after", whole["last"]).out
    assert last == f"读到 {whole['last']},共 {whole['last']} 条\n"


def test_what_was_sent_is_told(wenzheng, store, db, monkeypatch):
    """With a channel the items go, the command says how many, and exit is 0."""

    class Kind(_Gone):
        def send(self, to, text, keys):
            return "ok"

    opened = open_office

    def with_channel(*arguments, **more):
        return opened(*arguments, **more, channels=[Kind()])

    monkeypatch.setattr("wenzheng_cli.options.open_office", with_channel)
    ran = wenzheng("deliver", *store, "--json")
    assert (ran.code, ran.json["failed"]) == (0, [])
    assert ran.json["sent"] > 0
    assert wenzheng("outbox", *store, "--json").json["items"] == []
