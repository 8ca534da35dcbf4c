"""Laws of a source: all rows in their order, faults named, the same every time, a row at a time."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wenzheng_core.domain.errors import InputFaultsError
from wenzheng_core.domain.messages import Message, RecordedMessage, RecordedReply, RejectedRow
from wenzheng_core.testing.builders import START, TEXT, sample_message

if TYPE_CHECKING:
    from wenzheng_core.testing.sources import ExportRow, SourceBench

PLATFORM = "platform"
MANY, LONG = 400, 10_000


def row(number: int, *, answered: bool = False, body: str = TEXT) -> ExportRow:
    """A message as an export has it: its number, whole seconds."""
    posted = START.replace(microsecond=0) + timedelta(hours=number)
    message = sample_message(str(1000 + number), body=body, posted=posted)
    reply = RecordedReply(body="已修复。", published_at=posted + timedelta(days=3))
    return message, reply if answered else None


def rows(bench: SourceBench, folder: Path, *written: ExportRow) -> list[object]:
    """What comes of a file with these rows."""
    return list(bench.source.read(bench.write(folder, written), PLATFORM))


def seen(bench: SourceBench, message: Message, reply: RecordedReply | None) -> tuple[object, ...]:
    """What an export of the platform says of a message."""
    author = message.author if bench.author else ""
    told = (reply.body, reply.published_at) if reply and bench.reply else None
    return message.external_id, message.title, message.body, message.posted_at, author, told


def numbers(found: Sequence[object]) -> list[str]:
    """The numbers of the messages among what was read."""
    return [each.message.external_id for each in found if isinstance(each, RecordedMessage)]


class SourceLaws:
    """What is read of a file."""

    def test_it_says_what_it_is(self, bench: SourceBench, tmp_path: Path) -> None:
        """It has an id and the suffixes of its files, small letters after a point."""
        assert bench.source.id.strip() == bench.source.id != ""
        assert bench.source.suffixes
        assert all(x == x.lower() and x[0] == "." for x in bench.source.suffixes)
        path = bench.write(tmp_path, [row(1)])
        assert path.suffix in bench.source.suffixes

    def test_messages_come_as_they_were_written(self, bench: SourceBench, tmp_path: Path) -> None:
        """Number, title, text, instant, author and reply; and each is of the platform named."""
        texts = [TEXT, "第一行\n第二行", "=不是公式", "50% <路灯> & \"引号\" '单引号'", "🔔𠮷"]
        written = [row(n, answered=n % 2 == 0, body=text) for n, text in enumerate(texts)]
        found = rows(bench, tmp_path, *written)
        assert all(isinstance(each, RecordedMessage) for each in found), found
        messages = [each for each in found if isinstance(each, RecordedMessage)]
        assert {each.message.source for each in messages} == {PLATFORM}
        came = [seen(bench, each.message, each.reply) for each in messages]
        assert came == [seen(bench, *each) for each in written if each]

    def test_rows_come_in_the_order_of_the_file(self, bench: SourceBench, tmp_path: Path) -> None:
        """Not in that of their numbers or days; the row of each is where it stands."""
        order = [5, 1, 4, 2, 3]
        found = rows(bench, tmp_path, *map(row, order))
        assert numbers(found) == [str(1000 + n) for n in order]
        places = [each.row for each in found if isinstance(each, RecordedMessage | RejectedRow)]
        assert places == sorted(set(places))
        assert places[0] >= 1

    def test_a_rejected_row_says_why(self, bench: SourceBench, tmp_path: Path) -> None:
        """It is named with its place and a reason; those before and after it are read."""
        found = rows(bench, tmp_path, row(1), None, row(2), None)
        kinds = [type(each) for each in found]
        assert kinds == [RecordedMessage, RejectedRow, RecordedMessage, RejectedRow]
        rejected = [each for each in found if isinstance(each, RejectedRow)]
        assert all(each.reason.strip() for each in rejected)
        assert len({each.row for each in rejected}) == 2

    def test_an_empty_export_is_no_fault(self, bench: SourceBench, tmp_path: Path) -> None:
        """A day on which nobody wrote has no rows."""
        assert rows(bench, tmp_path) == []

    def test_it_reads_the_same_every_time(self, bench: SourceBench, tmp_path: Path) -> None:
        """Nothing is remembered from one reading to the next, nor from one that was broken off."""
        path = bench.write(tmp_path, [row(1, answered=True), None, row(2)])
        before = path.read_bytes()
        first = list(bench.source.read(path, PLATFORM))
        broken_off = bench.source.read(path, PLATFORM)
        next(broken_off, None)
        if close := getattr(broken_off, "close", None):
            close()
        assert list(bench.source.read(path, PLATFORM)) == first
        assert path.read_bytes() == before

    @pytest.mark.parametrize("many", [1, 40])
    def test_the_count_is_about_right(self, bench: SourceBench, tmp_path: Path, many: int) -> None:
        """It is None, or about the number of rows, and asking changes nothing."""
        path = bench.write(tmp_path, [row(n) for n in range(many)])
        count = bench.source.count(path)
        assert count is None or abs(count - many) <= 5
        assert bench.source.count(path) == count
        assert len(list(bench.source.read(path, PLATFORM))) == many

    def test_memory_is_bounded(self, bench: SourceBench, tmp_path: Path) -> None:
        """A file is read row by row: at no time is half of what it says in memory."""
        body = TEXT[:20] * (LONG // 20)
        path = bench.write(tmp_path, [row(n, body=body) for n in range(MANY)])
        next(iter(bench.source.read(path, PLATFORM)))  # what is loaded once does not count
        tracemalloc.start()
        try:
            read = sum(1 for _ in bench.source.read(path, PLATFORM))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert read == MANY
        assert peak < MANY * LONG * 2 // 2

    def test_a_file_that_is_none_is_refused(self, bench: SourceBench, tmp_path: Path) -> None:
        """Missing, empty, of another kind: InputFaultsError with every fault and what to do."""
        suffix = bench.source.suffixes[0]
        (tmp_path / f"empty{suffix}").touch()
        (tmp_path / f"other{suffix}").write_bytes(b"\x00\xff" * 500)
        for name in ("missing", "empty", "other"):
            with pytest.raises(InputFaultsError) as refused:
                list(bench.source.read(tmp_path / f"{name}{suffix}", PLATFORM))
            assert refused.value.faults, name
            assert all(each.reason and each.mend for each in refused.value.faults), name
            assert str(tmp_path) not in str(refused.value), name
