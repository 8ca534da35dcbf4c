"""Stores in memory that do one thing wrong: in their evidence, personal data and look-ups."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs

from wenzheng_core.domain.messages import PARTS
from wenzheng_core.memory import MemoryStorage, evidence, outbox, rows, storage
from wenzheng_core.memory import transactions as writing
from wenzheng_core.memory.rows import Kept, Rows
from wenzheng_core.memory.transactions import MemoryTransaction
from wenzheng_core.storing import Head


def _twice(call: Any, self: Any, after: int = 0, limit: int = 500) -> Any:
    return call(self, max(after - 1, 0), limit)


def _altered(field: str, change: Any) -> Any:
    def altered(call: Any, *args: Any) -> Any:
        found = call(*args)
        return tuple(attrs.evolve(x, **{field: change(getattr(x, field), found)}) for x in found)

    return altered


def _first_only(call: Any, self: Any, case_id: str, records: Any) -> None:
    call(self, case_id, [record for record in records if record.version == 1])


def _unlike(call: Any, record: Any, parts: Any) -> Any:
    return attrs.evolve(call(record, parts), at=record.at + timedelta(1))


def _nameless(call: Any, *args: Any) -> Any:
    return tuple(writing._without(record, set(PARTS)) for record in call(*args))


def _restore_anyway(_: Any, self: Any, case: Any) -> None:
    self._rows.cases[case.id] = Kept.of(case)


def _by_id_alone(call: Any, self: Any, now: Any, shard: int, after: Any, limit: int) -> Any:
    found = call(self, now, shard, None, 99)
    return tuple(x for x in found if not after or x.case_id > after.case_id)[:limit]


STORE, BLOCK = MemoryStorage, MemoryTransaction

WRONG: dict[str, tuple[list[tuple[Any, str, Any]], str]] = {
    "has a head from the start": (
        [(STORE, "head", lambda call, self: Head(position=1))],
        "an_empty_store_has_no_evidence",
    ),
    "links nothing": (
        [(evidence.chains, "link", lambda call, previous, item: b"x" * 32)],
        "no_field_of_the_evidence_can_be_changed_unseen",
    ),
    "loses its head": (
        [(STORE, "head", lambda call, self: attrs.evolve(call(self), line_link=b""))],
        "records_and_lines_are_linked what_was_rolled_back_is_in_no_chain",
    ),
    "shows evidence twice": (
        [(STORE, "evidence", _twice), (STORE, "line_evidence", _twice)],
        "evidence_is_read_page_by_page",
    ),
    "says who it was in other words": (
        [(STORE, "evidence", _altered("actor", lambda actor, _: actor.upper()))],
        "evidence_is_of_the_records_that_are_read",
    ),
    "writes JSON as it likes": (
        [
            (STORE, name, _altered("body", lambda body, _: body.replace(b",", b", ")))
            for name in ("evidence", "line_evidence")
        ],
        "the_body_is_what_was_decided lines_are_as_they_were_entered",
    ),
    "chains anew every time": (
        [(STORE, "evidence", _altered("link", lambda link, found: link + bytes([len(found)])))],
        "what_is_linked_stays_as_it_is the_chain_outlives_an_erasure",
    ),
    "finds numbers to the letter": (
        [(where, "plain_phone", lambda call, text: text) for where in (rows, storage)],
        "cases_are_found_by_telephone",
    ),
    "finds the first number only": (
        [(Rows, "find_by_phones", _first_only)],
        "a_number_that_came_later_finds_its_case_too",
    ),
    "writes personal data down": (
        [(evidence, "without_personal", lambda call, event, parts: event)],
        "evidence_shows_no_personal_data",
    ),
    "erases nothing": (
        [(writing, "without_personal", lambda call, event, parts: event)],
        """erasing_takes_out_who_it_was erasing_the_words_takes_out_everything
        who_it_was_and_the_words_may_be_erased_apart an_erasure_shows_within_its_block""",
    ),
    "erases more than asked": (
        [(writing, "without_personal", lambda call, event, parts: call(event, PARTS))],
        "erasing_takes_out_who_it_was",
    ),
    "erases the story": (
        [(writing, "_without", _unlike)],
        "an_erased_case_is_still_the_fold_of_its_records",
    ),
    "finds whom it erased": (
        [(Rows, "forget_phones", lambda call, *a: None)],
        "an_erased_case_is_found_by_no_number",
    ),
    "keeps dead texts": (
        [(outbox, "empty_ended", lambda call, *a: None)],
        """what_will_not_go_out_any_more_loses_its_text
        an_erasure_takes_the_errors_of_what_died_before""",
    ),
    "keeps texts that die later": (
        [(outbox, "_empty_if_erased", lambda call, *a: None)],
        "what_dies_after_an_erasure_loses_its_text",
    ),
    "sends nothing": (
        [(outbox, "require_text_left", lambda call, item: None)],
        "what_was_emptied_is_not_put_down_again",
    ),
    "shows nobody's name": (
        [(STORE, "records", _nameless)],
        "words_are_kept_as_long_as_nobody_erases_them",
    ),
    "puts nothing right": (
        [(BLOCK, "restore", lambda call, self, case: None)],
        "what_lies_beside_the_records_is_put_right",
    ),
    "puts right whatever it is given": (
        [(BLOCK, "restore", _restore_anyway)],
        "a_case_is_put_right_at_its_version_alone",
    ),
    "shows all ids": (
        [(STORE, "case_ids", lambda call, self, after="", limit=500: call(self, after))],
        "ids_come_page_by_page",
    ),
    "knows no shards": (
        [(STORE, "due", lambda call, self, now, shard, *a: call(self, now, 7, *a))],
        "paging_due_reaches_each_once",
    ),
    "pages by id alone": (
        [(STORE, "due", _by_id_alone)],
        "a_page_of_what_is_due_begins_beyond_the_last",
    ),
    "counts what is settled": (
        [(STORE, "count_awaiting", lambda call, self, year: len(self._rows.cases))],
        "awaiting_cases_come_by_year_and_id",
    ),
}
