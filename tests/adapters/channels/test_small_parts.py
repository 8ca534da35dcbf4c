"""The pieces that channels share: long texts, counting, a citizen's numbers, secrets, waiting."""

from __future__ import annotations

import pickle
import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wenzheng_channels.limits import Limit, Meter
from wenzheng_channels.parts import CUT, divide, json_size, numbered, utf8_size
from wenzheng_channels.privacy import require_impersonal
from wenzheng_channels.secrets import Secret
from wenzheng_channels.within import within
from wenzheng_core.ports import DeliveryError

NOW = datetime(2025, 3, 3, 1, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)

# --- Long texts -----------------------------------------------------------------------------------

TEXTS = st.text(st.sampled_from('灯𠮷a"\\\n '), max_size=300)
SIZES = st.sampled_from([len, utf8_size, json_size])


@given(TEXTS, st.integers(4, 80), SIZES)
def test_dividing_then_joining_gives_the_text(text: str, room: int, size: type) -> None:
    """Nothing is lost or added, and every piece fits, in whatever measure."""
    pieces = divide(text, room, 1000, size)
    assert "".join(pieces) == text
    assert all(size(piece) <= room for piece in pieces)
    assert all(pieces) or pieces == ("",)


@given(TEXTS, st.integers(130, 200), st.integers(1, 4), SIZES)
def test_what_is_cut_says_so(text: str, room: int, most: int, size: type) -> None:
    """Never more pieces than allowed; the last one ends with the note if, and only if, it is cut."""
    pieces = divide(text, room, most, size)
    assert len(pieces) <= most
    assert all(size(piece) <= room for piece in pieces)
    whole = "".join(pieces)
    assert whole == text or text.startswith(whole.removesuffix(CUT))
    assert (whole == text) is not whole.endswith(CUT)


def test_a_piece_ends_after_a_line_where_it_can() -> None:
    """A digest is read line by line; a line that would waste half of the room is broken."""
    assert divide("第一行\n第二行\n第三行", 9, 9) == ("第一行\n第二行\n", "第三行")
    assert divide("一\n二三四五六七八九十", 9, 9) == ("一\n二三四五六七八", "九十")


def test_pieces_are_numbered_if_there_are_several() -> None:
    """One alone needs no number."""
    assert numbered(("甲",)) == ("甲",)
    assert numbered(("甲", "乙")) == ("(1/2)甲", "(2/2)乙")


# --- Counting -------------------------------------------------------------------------------------


def _meter(*limits: Limit) -> Meter:
    return Meter(whom="某服务商", limits=limits or (Limit(2, 60 * SECOND),))


def _wait(meter: Meter, count: int, at: datetime, keys: tuple[str, ...] = ("",)) -> timedelta:
    with pytest.raises(DeliveryError, match="频率上限") as failed:
        meter.take(count, at, keys)
    assert failed.value.retry_after is not None
    return failed.value.retry_after


@given(st.lists(st.integers(0, 30), max_size=40), st.integers(1, 4))
def test_no_stretch_holds_more_than_the_limit(gaps: list[int], count: int) -> None:
    """However it is asked; and after the wait that was told there is room."""
    meter = _meter(Limit(count, 60 * SECOND))
    at, taken = NOW, []
    for gap in gaps:
        at += gap * SECOND
        try:
            meter.take(1, at)
        except DeliveryError as error:
            at += error.retry_after or timedelta(0)
            meter.take(1, at)
        taken.append(at)
    for first, last in zip(taken, taken[count:], strict=False):
        assert last - first >= 60 * SECOND
    assert all(one <= other for one, other in pairwise(taken))


def test_several_at_once_are_taken_whole_or_not_at_all() -> None:
    """The pieces of one text go together."""
    meter = _meter(Limit(3, 60 * SECOND))
    meter.take(2, NOW)
    assert _wait(meter, 2, NOW + 10 * SECOND) == 50 * SECOND
    meter.take(1, NOW + 10 * SECOND)


def test_each_key_is_counted_by_itself() -> None:
    """One member's limit is not another's; for both at once both must have room."""
    meter = _meter()
    meter.take(2, NOW, ("zhang",))
    assert _wait(meter, 1, NOW, ("zhang", "li")) == 60 * SECOND
    meter.take(2, NOW, ("li",))


def test_every_limit_holds() -> None:
    """The minute's and the hour's."""
    meter = _meter(Limit(1, 60 * SECOND), Limit(2, 3600 * SECOND))
    meter.take(1, NOW)
    assert _wait(meter, 1, NOW + SECOND) == 59 * SECOND
    meter.take(1, NOW + 60 * SECOND)
    assert _wait(meter, 1, NOW + 180 * SECOND) == 3420 * SECOND


@pytest.mark.parametrize("back", [timedelta(days=30), timedelta(hours=2)])
def test_a_clock_that_was_set_back_silences_nobody(back: timedelta) -> None:
    """What was counted in a future that did not come counts no more."""
    meter = _meter()
    meter.take(2, NOW)
    meter.hold(60 * SECOND, NOW)
    meter.take(2, NOW - back)


def test_a_clock_that_was_set_back_by_little_silences_for_little() -> None:
    """The minute's limit forgets what lies beyond its minute, though the hour's still counts it."""
    meter = _meter(Limit(2, 60 * SECOND), Limit(5, 3600 * SECOND))
    meter.take(2, NOW)
    meter.take(2, NOW - 1800 * SECOND)
    assert _wait(meter, 2, NOW - 900 * SECOND) == 2700 * SECOND


def test_what_was_held_is_free_after_its_time() -> None:
    """The provider's own word, for as long as it said."""
    meter = _meter()
    meter.hold(600 * SECOND, NOW)
    assert _wait(meter, 1, NOW + 599 * SECOND) == SECOND
    meter.take(1, NOW + 600 * SECOND)


def test_two_threads_do_not_share_the_last_place() -> None:
    """Of many that ask at once, as many get a place as there are."""
    meter = _meter(Limit(5, 60 * SECOND))
    together = threading.Barrier(16)
    taken: list[int] = []

    def ask() -> None:
        together.wait(10)
        try:
            meter.take(1, NOW)
        except DeliveryError:
            return
        taken.append(1)

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 5


# --- A citizen's numbers --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "请联系13812345678。",
        "电话:138 1234 5678",
        "电话138-1234-5678",
        "+8613812345678",
        "0086 13812345678",
        "13812345678",
        "手机/19912345678",
        "１３８１２３４５６７８",
        "身份证11010519491231002X。",
        "身份证 440524188001010014",
        "(11010519491231002x)",
    ],
)
def test_a_mobile_or_identity_number_is_refused_for_good(text: str) -> None:
    """However it is spaced or spelt; the number is not repeated."""
    with pytest.raises(DeliveryError, match=r"手机号|身份证号") as failed:
        require_impersonal("某机器人", text)
    assert failed.value.permanent
    assert not any(sign.isdecimal() for sign in str(failed.value))


@pytest.mark.parametrize(
    "text",
    [
        "留言 hongwang/13812345678 的「承办」时限为2025年3月3日24时,请抓紧办理。",
        "留言 12345/20250303123456789 已超期",
        "共 13812345 件",
        "编号 1381234567890123",
        "编号 202503031530150001",
        "座机 0731-88880000",
        "2025年3月3日 13:08:12",
        "",
    ],
)
def test_other_numbers_pass(text: str) -> None:
    """A message's number on its platform is no telephone: or its red card would reach nobody."""
    require_impersonal("某机器人", text)


# --- Secrets and waiting --------------------------------------------------------------------------


def test_a_secret_shows_nowhere() -> None:
    """Not in a repr, a text, a format or a list."""
    secret = Secret("hunter2")
    shown = f"{secret} {secret!r} {[secret]} {secret!s:>20} " + "%s" % secret  # noqa: UP031
    assert "hunter2" not in shown
    assert secret.reveal() == "hunter2"
    assert pickle.loads(pickle.dumps(secret)) == secret


def test_waiting_gives_the_result_or_the_error() -> None:
    """As the call itself would."""
    assert within(10, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        within(10, lambda: 1 // 0)


def test_waiting_ends() -> None:
    """With a TimeoutError, and the call goes on by itself."""
    go, gone = threading.Event(), threading.Event()

    def call() -> None:
        go.wait(10)
        gone.set()

    with pytest.raises(TimeoutError):
        within(0.01, call)
    go.set()
    assert gone.wait(10)
