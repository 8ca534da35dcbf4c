"""The suites of channels and sources fail where they must; what the page shows passes them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest

from wenzheng_core.domain.messages import RecordedMessage, RejectedRow
from wenzheng_core.memory import MemoryChannel
from wenzheng_core.ports import DeliveryError
from wenzheng_core.testing import (
    Arrived,
    ChannelBench,
    SourceBench,
    channel_suite,
    source_suite,
)
from wenzheng_core.testing.channel_laws import TEXTS, ChannelLaws
from wenzheng_core.testing.source_laws import SourceLaws

PAGE = (Path(__file__).parents[1] / "docs" / "write-an-adapter.md").read_text("utf-8")
SHOWN: dict[str, Any] = {}
for _block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
    exec(compile(_block, "write-an-adapter.md", "exec"), SHOWN)

TestMemoryOfThePage = SHOWN["TestMemory"]
TestSmsOfThePage = SHOWN["TestSms"]
TestLinesOfThePage = SHOWN["TestLines"]


def laws_of(laws: type) -> list[str]:
    """The names of the laws of a class."""
    return [name for name in vars(laws) if name.startswith("test_")]


def test_each_suite_has_fresh_tests() -> None:
    """Every law, under its name, and no function is that of another suite."""
    for made, laws in (
        (lambda: channel_suite(SHOWN["bench"]), ChannelLaws),
        (lambda: source_suite(SHOWN["TestLines"]), SourceLaws),
    ):
        one, other = made(), made()
        assert len(laws_of(laws)) >= 9
        assert laws_of(one) == laws_of(laws)
        for name in laws_of(laws):
            assert vars(one)[name] is not vars(other)[name]
            assert vars(one)[name].__doc__


# --- Channels -------------------------------------------------------------------------------------


class Broken(MemoryChannel):
    """A channel that does one thing wrong."""

    def __init__(self, wrong: Callable[..., str]) -> None:
        super().__init__()
        self.wrong = wrong

    def send(self, to: str, text: str, keys: Sequence[str]) -> str:
        """Wrongly."""
        return self.wrong(super().send, to, text, keys)


def bench_of(channel: MemoryChannel) -> ChannelBench:
    """The channel with its provider."""
    return ChannelBench(
        channel,
        arrived=lambda: [Arrived(x.to, x.text, x.keys) for x in channel.sent],
        refuse=lambda: channel.fail_next(10**6),
        accept=lambda: channel.fail_next(0),
    )


def breaks(law: str, bench: Any, **more: Any) -> bool:
    """Whether a law fails on a bench; a DeliveryError where none may come is a failure, too."""
    laws = ChannelLaws() if isinstance(bench, ChannelBench) else SourceLaws()
    try:
        getattr(laws, law)(bench, **more)
    except (AssertionError, pytest.fail.Exception, DeliveryError, RuntimeError):
        return True
    return False


def quiet(send: Any, *args: Any) -> str:
    """Swallows a refusal, and says nothing."""
    try:
        return str(send(*args))
    except DeliveryError:
        return ""


def loud(send: Any, *args: Any) -> str:
    """Raises what the provider's library raises."""
    try:
        return str(send(*args))
    except DeliveryError:
        raise RuntimeError("HTTP 503") from None


def once(send: Any, to: str, text: str, keys: Sequence[str]) -> str:
    """Refuses a key that it has seen."""
    seen = send.__self__.__dict__.setdefault("seen", set())
    if seen & set(keys):
        raise DeliveryError("重复")
    seen.update(keys)
    return str(send(to, text, keys))


WRONG_CHANNELS: dict[str, Callable[..., str]] = {
    "test_what_is_accepted_has_a_receipt": lambda send, *args: (send(*args), "")[1],
    "test_the_text_is_not_altered": lambda send, to, text, keys: send(to, text[:70], keys),
    "test_the_addressee_is_not_altered": lambda send, to, text, keys: send("office", text, keys),
    "test_the_keys_go_with_it": lambda send, to, text, keys: send(to, text, keys[:1]),
    "test_what_is_refused_is_a_delivery_error": quiet,
    "test_what_was_refused_goes_later": loud,
    "test_the_same_key_may_come_again": once,
    "test_a_key_may_come_in_other_company": once,
    "test_the_outbox_is_emptied_through_it": quiet,
}


@pytest.mark.parametrize(("law", "wrong"), WRONG_CHANNELS.items(), ids=WRONG_CHANNELS)
def test_a_broken_channel_fails_its_law(law: str, wrong: Callable[..., str]) -> None:
    """Each law fails on a channel that breaks it, and holds on one that does not."""
    texts = list(TEXTS.values()) if law == "test_the_text_is_not_altered" else [None]
    for channel, expected in ((Broken(wrong), True), (MemoryChannel(), False)):
        found = [
            breaks(law, bench_of(channel), **({"text": t} if t else {}))
            for t in texts[2:3] or texts
        ]
        assert found == [expected]


def test_a_channel_without_a_name_fails() -> None:
    """A blank name, and one with space around it."""
    for name, expected in (("", True), (" sms", True), ("sms", False)):
        assert breaks("test_it_has_a_name", bench_of(MemoryChannel(name))) is expected


def test_every_law_of_channels_is_broken_here() -> None:
    """No law that nothing fails."""
    assert {*WRONG_CHANNELS, "test_it_has_a_name"} == set(laws_of(ChannelLaws))


# --- Sources --------------------------------------------------------------------------------------

LINES = SHOWN["Lines"]


class Wrong(LINES):  # type: ignore[misc, valid-type]
    """A source that does one thing wrong."""

    def __init__(self, **wrong: Any) -> None:
        self.__dict__.update(wrong)

    def read(self, path: Path, source: str) -> Iterator[RecordedMessage | RejectedRow]:
        """Wrongly, where it says how."""
        change = self.__dict__.get("change", lambda rows, path: rows)
        return change(super().read(path, source), path)  # type: ignore[no-any-return]


def _retold(**changes: Any) -> Any:
    def change(rows: Any, path: Path) -> Any:
        for row in rows:
            if isinstance(row, RecordedMessage):
                yield attrs.evolve(row, message=attrs.evolve(row.message, **changes))
            else:
                yield row

    return change


def _silent(rows: Any, path: Path) -> Any:
    return (attrs.evolve(x, reason=" ") if isinstance(x, RejectedRow) else x for x in rows)


def _remembers() -> Any:
    seen: set[Path] = set()

    def change(rows: Any, path: Path) -> Any:
        if path in seen:
            return iter(())
        seen.add(path)
        return rows

    return change


def _anyway(rows: Any, path: Path) -> Any:
    try:
        yield from rows
    except Exception:
        return


def _pretends(rows: Any, path: Path) -> Any:
    found = list(rows)
    yield from found or [RejectedRow(row=1, reason="没有留言")]


WRONG_SOURCES: dict[str, dict[str, Any]] = {
    "test_it_says_what_it_is": {"suffixes": (".JSONL",)},
    "test_messages_come_as_they_were_written": {"change": _retold(title="?")},
    "test_rows_come_in_the_order_of_the_file": {
        "change": lambda rows, path: iter(sorted(rows, key=lambda x: x.message.external_id))
    },
    "test_a_rejected_row_says_why": {"change": _silent},
    "test_an_empty_export_is_no_fault": {"change": _pretends},
    "test_it_reads_the_same_every_time": {"change": _remembers()},
    "test_the_count_is_about_right": {"count": lambda path: 1_000},
    "test_memory_is_bounded": {"change": lambda rows, path: iter(list(rows))},
    "test_a_file_that_is_none_is_refused": {"change": _anyway},
}


@pytest.mark.parametrize(("law", "wrong"), WRONG_SOURCES.items(), ids=WRONG_SOURCES)
def test_a_broken_source_fails_its_law(law: str, wrong: dict[str, Any], tmp_path: Path) -> None:
    """Each law fails on a source that breaks it, and holds on one that does not."""
    asks = inspect.signature(getattr(SourceLaws, law)).parameters
    more = {"many": 40} if "many" in asks else {}
    for source, expected in ((Wrong(**wrong), True), (LINES(), False)):
        folder = tmp_path / str(expected)
        folder.mkdir()
        bench = SourceBench(source, SHOWN["write"])
        assert breaks(law, bench, tmp_path=folder, **more) is expected


def test_every_law_of_sources_is_broken_here() -> None:
    """No law that nothing fails."""
    assert set(WRONG_SOURCES) == set(laws_of(SourceLaws))
