"""A history out into a file and back, equal; a file that was cut, changed or moved about is refused."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, cast

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wenzheng_core import InputFaultsError, RefusedError, wire
from wenzheng_core.auditing import verify
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.events import CaseOpened, ProcessingRestricted, Record
from wenzheng_core.exporting import ExportReport, export, line_sum
from wenzheng_core.memory import MemoryStorage
from wenzheng_core.rebuilding import verify_cases
from wenzheng_core.restoring import restore_export
from wenzheng_core.storing import Change, Entry
from wenzheng_core.testing.builders import (
    HOUR,
    START,
    STEPS,
    sample_change,
    sample_history,
    sample_next,
)

NAMES = ("张三", "13800000000", "幸福路1号")


@st.composite
def histories(draw: st.DrawFn) -> MemoryStorage:
    """A store whose cases went on in turns, in blocks of one or more, with a diary."""
    storage, known = MemoryStorage("t"), dict[str, Case]()
    for moves in draw(st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=4, unique=True))):
        with storage.transaction() as transaction:
            changes = []
            for number in moves:
                name = f"c{number}"
                opening = sample_history(name, START + number * HOUR, steps=number)
                try:
                    decision = sample_next(known[name]) if name in known else opening
                except RefusedError:
                    continue
                known[name] = decision.case
                changes.append(sample_change(decision))
            transaction.write(changes)
    keys = draw(st.lists(st.text(min_size=1, max_size=8).filter(_is_key), unique=True, max_size=4))
    for number, key in enumerate(keys):
        body = {"n": number, "words": ["值班", None, True, key]}
        with storage.transaction() as transaction:
            transaction.enter([Entry(key, START + number * HOUR, body)])
    return storage


def _is_key(text: str) -> bool:
    return bool(text.strip()) and text.isprintable()


def exported(storage: MemoryStorage, *, personal: bool = True) -> tuple[str, ExportReport]:
    """The text of an export, and what was reported of it."""
    out = io.StringIO()
    report = export(storage, out, personal=personal)
    return out.getvalue(), report


def restored(text: str, tenant: str = "t") -> MemoryStorage:
    """A fresh store with an export in it."""
    storage = MemoryStorage(tenant)
    restore_export(storage, io.StringIO(text))
    return storage


def sample_store() -> MemoryStorage:
    """Two cases and three lines of the diary."""
    storage = MemoryStorage("t")
    with storage.transaction() as transaction:
        transaction.write([sample_change(sample_history(n, steps=3)) for n in ("c1", "c2")])
    with storage.transaction() as transaction:
        transaction.enter([Entry(f"run/{n}", START, {"n": n}) for n in (3, 1, 2)])
    return storage


# --- Out and back ---------------------------------------------------------------------------------


@given(histories())
def test_any_history_comes_back_equal(storage: MemoryStorage) -> None:
    """Records, positions, cases, the diary and its order are after a restore what they were before."""
    text, _ = exported(storage)
    again = restored(text)
    assert again.feed(limit=9999) == storage.feed(limit=9999)
    assert again.entries("") == storage.entries("")
    numbers = [(line.number, line.key) for line in storage.line_evidence()]
    assert [(line.number, line.key) for line in again.line_evidence()] == numbers
    for name in storage.case_ids():
        assert again.case(name) == storage.case(name)
    assert exported(again)[0] == text
    assert verify(again).sound
    assert verify_cases(again).sound


@given(histories())
def test_without_personal_data(storage: MemoryStorage) -> None:
    """Who a citizen is and how to reach them is not in the file; all else comes back equal."""
    text, report = exported(storage, personal=False)
    assert not any(name in text for name in NAMES)
    assert not report.personal
    again = restored(text)
    shown = [wire.record_to_dict(fed.record) for fed in storage.feed(limit=9999)]
    assert [wire.record_to_dict(fed.record) for fed in again.feed(limit=9999)] == shown
    assert exported(again, personal=False)[0] == text


def test_a_restricted_case_is_exported_without_personal_data() -> None:
    """Of a case whose processing is restricted no name goes out, even where that is asked for."""
    storage = MemoryStorage("t")
    decision = sample_history("c1", steps=1)
    at = decision.case.updated + timedelta(hours=1)
    case = decision.case
    record = Record("c1", case.version + 1, at, "office-1", ProcessingRestricted(reason="已办结"))
    restricted = attrs.evolve(case, version=case.version + 1, updated=at, restricted=True)
    with storage.transaction() as transaction:
        transaction.write([sample_change(decision), sample_change(sample_history("c2", steps=1))])
    with storage.transaction() as transaction:
        transaction.write([Change(restricted, (record,))])
    lines = exported(storage)[0].splitlines()
    opened = {wire.from_json(line).get("case_id"): line for line in lines if "CaseOpened" in line}
    assert not any(name in opened["c1"] for name in NAMES)
    assert all(name in opened["c2"] for name in NAMES)


def test_what_an_export_says_of_itself() -> None:
    """The header names tenant and head; the digest is that of all lines but the last."""
    storage = sample_store()
    text, report = exported(storage)
    first, *_, last = text.splitlines(keepends=True)
    assert wire.from_json(first)["head"]["link"] == storage.head().link.hex()
    assert report.head == storage.head()
    assert report.sha256 == hashlib.sha256(text.removesuffix(last).encode()).hexdigest()
    assert restore_export(MemoryStorage("t"), io.StringIO(text)) == report


def test_an_empty_store() -> None:
    """A store without anything is exported and restored as one."""
    again = restored(exported(MemoryStorage("t"))[0])
    assert again.head() == MemoryStorage("t").head()


def test_progress_is_told() -> None:
    """Who asks is told how many records are done, up to all of them."""
    told: list[tuple[int, int]] = []
    storage, out = sample_store(), io.StringIO()
    export(storage, out, progress=lambda *n: told.append(n))
    restore_export(MemoryStorage("t"), out, progress=lambda *n: told.append(n))
    total = storage.head().position
    assert told == [(total, total)] * 2


def test_records_written_meanwhile_are_left_out() -> None:
    """An export is of the moment at which it began."""
    storage = sample_store()
    whole, end = storage.feed, storage.head().position

    def feed(after: int = 0, limit: int = 500) -> object:
        with storage.transaction() as transaction:
            name = f"new{after}"
            transaction.write([sample_change(sample_history(name, steps=len(STEPS)))])
        return whole(after, limit)

    storage.feed = feed  # type: ignore[method-assign, assignment]
    text, report = exported(storage)
    assert report.records == end
    assert restored(text).head().position == end


@pytest.mark.parametrize("kind", ["feed", "line_evidence"])
def test_a_store_that_is_not_whole(kind: str) -> None:
    """Where a record or a line is missing nothing is exported as if it were all: no trailer is written."""
    for missing in (0, 1, -1):
        storage = sample_store()
        whole = list(getattr(storage, kind)())
        del whole[missing]

        def shown(after: int = 0, limit: int = 500, whole: Sequence[Any] = whole) -> object:
            beyond = [x for x in whole if getattr(x, "position", getattr(x, "number", 0)) > after]
            return tuple(beyond[:limit])

        setattr(storage, kind, shown)
        out = io.StringIO()
        with pytest.raises(RefusedError) as caught:
            export(storage, out)
        assert caught.value.rule == "export.incomplete"
        assert '"sha256"' not in out.getvalue()


# --- Refused --------------------------------------------------------------------------------------


def test_only_into_an_empty_store() -> None:
    """A store that holds anything takes no export, and stays as it is."""
    text, _ = exported(sample_store())
    other = MemoryStorage("t")
    with other.transaction() as transaction:
        transaction.enter([Entry("run/x", START)])
    with pytest.raises(RefusedError) as caught:
        restore_export(other, io.StringIO(text))
    assert caught.value.rule == "restore.not_empty"
    assert (other.head().position, other.head().lines) == (0, 1)


def test_only_for_the_same_tenant() -> None:
    """Ids are a tenant's own: an export is not restored under another name."""
    text, _ = exported(sample_store())
    with pytest.raises(RefusedError) as caught:
        restored(text, "u")
    assert caught.value.rule == "restore.tenant"


Lines = list[str]


def _cut(lines: Lines, place: int) -> int:
    del lines[place:]
    return place


def _cut_within(lines: Lines, place: int) -> int:
    del lines[place + 1 :]
    lines[place] = lines[place][: len(lines[place]) // 2]
    return place + 1


def _drop(lines: Lines, place: int) -> int:
    del lines[place]
    return place + 1


def _double(lines: Lines, place: int) -> int:
    lines.insert(place, lines[place])
    return place + 2


def _swap(lines: Lines, place: int) -> int:
    lines[place - 1], lines[place] = lines[place], lines[place - 1]
    return place


def _edit(lines: Lines, place: int) -> int:
    lines[place] = lines[place].replace('"', '"x', 1)
    return place + 1


@pytest.mark.parametrize("way", [_cut, _cut_within, _drop, _double, _swap, _edit])
@pytest.mark.parametrize("place", [2, 5, -3, -2])
def test_a_falsified_file_is_refused_with_its_line(
    way: Callable[[Lines, int], int], place: int
) -> None:
    """A file that was cut, or of which a line was changed, moved, doubled or lost, names that line."""
    lines = exported(sample_store())[0].splitlines(keepends=True)
    where = way(lines, place % len(lines))
    storage = MemoryStorage("t")
    with pytest.raises(InputFaultsError) as caught:
        restore_export(storage, io.StringIO("".join(lines)))
    assert f"第{where}行" in [fault.path for fault in caught.value.faults]
    assert storage.head() == MemoryStorage("t").head()


def summed(documents: Sequence[dict[str, object]]) -> str:
    """A file whose sums are right, whatever it says: by somebody who knows the format."""
    last, lines, digest = "", list[str](), hashlib.sha256()
    for document in documents:
        document.pop("sum", None)
        if "sha256" in document:
            document["sha256"] = digest.hexdigest()
        text = wire.to_json(document)
        last = line_sum(last, text)
        lines.append(f'{text[:-1]},"sum":"{last}"}}\n')
        digest.update(lines[-1].encode())
    return "".join(lines)


Documents = list[dict[str, object]]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: d[0].update(format="other/1"), "不是 wenzheng.export/1 格式"),
        (lambda d: d[0].pop("tenant"), "首行的内容不全"),
        (lambda d: cast("dict[str, int]", d[0]["head"]).update(position=1), "首行所记条数"),
        (lambda d: d.pop(2), "位置不连续:应为 2,却是 3"),
        (lambda d: d[2].update(version=1), "版本不连续"),
        (lambda d: d[2].update(position="2"), "记录没有位置"),
        (lambda d: d[2].update(more=1), "不是本程序能读的记录"),
        (lambda d: d.pop(-2), "结尾行所记条数与文件不符"),
        (lambda d: d.pop(-3), "行号不连续"),
        (lambda d: d[-2].update(key=""), "不是记录,也不是值班日志"),
        (lambda d: d[-2].update(at="2025-03-03"), "不是记录,也不是值班日志"),
        (lambda d: d.append({"line": 9}), "结尾行之后还有内容"),
        (lambda d: d.insert(3, {}), "不是记录,也不是值班日志"),
    ],
)
def test_a_file_that_does_not_hold_together(
    change: Callable[[Documents], object], reason: str
) -> None:
    """Where the sums are right and the content is not, that is told, and nothing is written."""
    documents = [wire.from_json(line) for line in exported(sample_store())[0].splitlines()]
    assert summed(documents) == exported(sample_store())[0]
    change(documents)
    storage = MemoryStorage("t")
    with pytest.raises(InputFaultsError) as caught:
        restore_export(storage, io.StringIO(summed(documents)))
    assert reason in str(caught.value)
    assert storage.head().position == storage.head().lines == 0


def test_another_digest_in_the_trailer() -> None:
    """A trailer with a right sum and another file's digest is refused."""
    text, _ = exported(sample_store())
    body, trailer = text[: text.rindex('{"lines"')], wire.from_json(text.splitlines()[-1])
    trailer["sha256"] = "0" * 64
    before = wire.from_json(text.splitlines()[-2])["sum"]
    trailer.pop("sum")
    bare = wire.to_json(trailer)
    forged = f'{body}{bare[:-1]},"sum":"{line_sum(before, bare)}"}}\n'
    with pytest.raises(InputFaultsError, match="全文的摘要与结尾行所记不符"):
        restored(forged)


@pytest.mark.parametrize("text", ["", "\n", "留言\n", '[1],"sum":"' + "0" * 64 + '"}\n'])
def test_no_export(text: str) -> None:
    """Anything else is refused, from its first line on."""
    with pytest.raises(InputFaultsError, match="第1行"):
        restored(text)


def test_bytes_that_are_no_text() -> None:
    """A file in another encoding is refused at the line where it stops being UTF-8."""
    text = exported(sample_store())[0].encode("gbk")
    file = io.TextIOWrapper(io.BytesIO(text), encoding="utf-8", newline="\n")
    with pytest.raises(InputFaultsError, match="不是 UTF-8 文本"):
        restore_export(MemoryStorage("t"), file)


def test_an_opening_record_is_first() -> None:
    """A case that begins with anything but its opening is refused before anything is written."""
    documents = [wire.from_json(line) for line in exported(sample_store())[0].splitlines()]
    assert documents[1]["event"]["type"] == CaseOpened.__name__
    documents[1]["event"] = documents[2]["event"]
    with pytest.raises(InputFaultsError, match="第2行"):
        restored(summed(documents))
