"""Duplicates: suggestions that are found, measured, and the same every time."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wenzheng_core.domain.duplicates import (
    DuplicateIndex,
    Suggestion,
    clusters,
    find_duplicates,
    grouped,
    most_similar,
    shingles,
    similarity,
)
from wenzheng_core.domain.texts import normalise

SHARED = Path(__file__).parents[2].parent / "shared"
ANTHOLOGY = SHARED / "seeds" / "004_2a786eabb42374a6.txt"
BOARD = SHARED / "data" / "hongwang_changsha_open.xlsx"
needs_seeds = pytest.mark.skipif(not ANTHOLOGY.is_file(), reason="needs ../shared/seeds")
needs_data = pytest.mark.skipif(not BOARD.is_file(), reason="needs ../shared/data")

FIRST = (
    "小区楼下的烧烤店每晚营业到凌晨两点\n我住在新桥路的河畔小区,楼下的烧烤店把桌椅摆到人行道上,"
    "每晚营业到凌晨两点,油烟直接排到楼上,老人和孩子都无法休息。社区来过两次,人一走又照旧。"
    "请有关部门依法查处,还我们一个安静的晚上。"
)
REWORDED = FIRST.replace("每晚", "天天夜里").replace("老人和孩子都", "一家老小").replace("依法", "")
RETYPED = FIRST.replace(",", "，").replace("。", "．").replace("\n", " \n")
OTHER = (
    "建议在东湖公园北门设公交站\n每到周末,去东湖公园的市民很多,最近的公交站在一公里以外,"
    "带孩子的家庭很不方便。建议在北门设站,让18路绕行一站。"
)

texts = st.text(st.sampled_from("网民留言办理问政。, a1"), max_size=40)
boards = st.lists(texts, max_size=12)


def _numbered(board: list[str]) -> list[tuple[str, str]]:
    return [(f"m{number:02}", text) for number, text in enumerate(board)]


def _pairs(found: tuple[Suggestion, ...]) -> set[frozenset[str]]:
    return {frozenset((one.key, one.earlier)) for one in found}


@given(texts, texts)
def test_similarity_is_symmetric(one: str, other: str) -> None:
    """Neither text comes first, and a text is wholly like itself."""
    assert similarity(one, other) == similarity(other, one)
    assert 0 <= similarity(one, other) <= 1
    assert similarity(one, one) == 1


@given(boards, st.data())
def test_exact_duplicates_are_always_found(board: list[str], data: st.DataObject) -> None:
    """A copy of any earlier message is suggested as exact, whatever came between."""
    copied = data.draw(st.sampled_from([*board, "留言"]))
    index = DuplicateIndex()
    first = {}
    for key, text in _numbered([*board, "留言"]):
        index.add(key, text)
        first.setdefault(normalise(text), key)
    assert index.add("copy", f" {copied}\n") == (
        Suggestion("copy", first[normalise(copied)], 1.0, exact=True),
    )


@given(boards)
def test_what_is_suggested_is_measured(board: list[str]) -> None:
    """Every suggestion names an earlier message and its true similarity, at least the threshold."""
    text = dict(_numbered(board))
    for found in find_duplicates(text.items()):
        assert found.earlier < found.key
        assert found.similarity == similarity(text[found.key], text[found.earlier]) >= 0.5
        assert found.exact is (normalise(text[found.key]) == normalise(text[found.earlier]))


@given(boards, st.randoms())
def test_clusters_do_not_depend_on_the_order_of_arrival(board: list[str], random: Random) -> None:
    """The same messages fall into the same groups in whatever order they came."""
    items = _numbered(board)
    shuffled = random.sample(items, len(items))
    assert set(clusters(find_duplicates(items))) == set(clusters(find_duplicates(shuffled)))


@given(boards)
def test_clusters_are_what_suggestions_connect(board: list[str]) -> None:
    """No message is in two groups, and both of every suggestion are in one."""
    found = find_duplicates(_numbered(board))
    groups = clusters(found)
    members = list(itertools.chain(*groups))
    assert len(members) == len(set(members))
    assert all(any(pair <= set(group) for group in groups) for pair in _pairs(found))


@given(boards, st.data(), st.integers(0, 4))
def test_the_most_similar_are_those_that_measuring_all_would_give(
    board: list[str], data: st.DataObject, limit: int
) -> None:
    """Each is measured truly, placed before or after the message, and none that is left out is better."""
    items = _numbered([*board, "留言办理"])
    key, text = data.draw(st.sampled_from(items))
    found = most_similar(key, items, text, limit)
    alike = {other: similarity(text, its) for other, its in items if other != key}
    near = sorted((value for value in alike.values() if value >= 0.5), reverse=True)
    assert [one.similarity for one in found] == near[:limit]
    for one in found:
        other = one.earlier if one.key == key else one.key
        assert (alike[other], one.earlier < one.key) == (one.similarity, True)
        assert one.exact is (normalise(dict(items)[other]) == normalise(text))


def test_of_equally_similar_ones_the_earlier_comes_first() -> None:
    """And an exact copy before a text that merely has the same shingles."""
    items = [("a", "好好好好"), ("b", "好好好"), ("c", "好好好好"), ("d", "好好好")]
    found = most_similar("d", items, "好好好", 3)
    assert [(one.earlier, one.exact) for one in found] == [("b", True), ("a", False), ("c", False)]


@given(boards)
def test_groups_are_the_clusters_in_the_order_of_their_messages(board: list[str]) -> None:
    """The same groups, each in order, by their first."""
    items = _numbered(board)
    found = grouped(items)
    assert set(found) == set(clusters(find_duplicates(items)))
    assert list(found) == sorted(found)


def test_copies_retyped_and_reworded_are_suggested_and_others_not() -> None:
    """Other punctuation is the same text, other words a near one, another matter neither."""
    found = find_duplicates(
        [("first", FIRST), ("other", OTHER), ("retyped", RETYPED), ("reworded", REWORDED)]
    )
    retyped, reworded = found
    assert retyped == Suggestion("retyped", "first", 1.0, exact=True)
    assert (reworded.key, reworded.earlier, reworded.exact) == ("reworded", "first", False)
    assert 0.5 <= reworded.similarity < 1
    assert similarity(FIRST, OTHER) < 0.1
    assert clusters(found) == (("first", "retyped", "reworded"),)


def test_the_most_similar_comes_first() -> None:
    """An officer sees the best match on top."""
    index = DuplicateIndex(threshold=0.3)
    index.add("reworded", REWORDED)
    index.add("first", FIRST)
    found = index.add("longer", f"{FIRST}谢谢。")
    assert [one.earlier for one in found] == ["first", "reworded"]


def test_short_texts_are_their_own_shingle() -> None:
    """A text of less than three characters can still be compared."""
    assert shingles("好") == {"好"}
    assert shingles("") == {""}
    assert similarity("好", "坏") == 0


def test_a_flood_of_look_alikes_stays_cheap_and_in_one_cluster() -> None:
    """Each of 200 copies with its own number is compared with a few, and all are joined."""
    found = find_duplicates([(f"m{n}", f"{FIRST}第{n}次反映") for n in range(200)])
    assert max(Counter(one.key for one in found).values()) <= 32
    (whole,) = clusters(found)
    assert len(whole) == 200


def test_suggestions_are_the_same_under_any_hash_seed() -> None:
    """A process with other string hashes finds the same, in the same order."""
    program = (
        "from wenzheng_core.domain.duplicates import find_duplicates as find;"
        f"print(find([(str(n), {FIRST!r}[n:] + 'x' * n) for n in range(40)]))"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-X", "utf8", "-c", program],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1
    assert printed.pop().count(b"Suggestion") > 100


@pytest.mark.parametrize("threshold", [0, -1, 1.1])
def test_a_threshold_outside_its_range_is_refused(threshold: float) -> None:
    """Nothing would be near, or everything."""
    with pytest.raises(ValueError, match="threshold"):
        DuplicateIndex(threshold)


def test_a_key_names_one_message() -> None:
    """The same key again is the caller's mistake, not a duplicate of itself."""
    index = DuplicateIndex()
    index.add("m1", FIRST)
    with pytest.raises(ValueError, match="m1"):
        index.add("m1", OTHER)


@needs_seeds
def test_the_three_copies_of_one_report_are_found() -> None:
    """Original, synonym-spun copy and truncated copy find each other; another report does not."""
    lines = ANTHOLOGY.read_text(encoding="utf-8").splitlines()
    original, spun, cut, unrelated = (
        "\n".join(lines[first - 1 : last])
        for first, last in ((179, 201), (348, 370), (376, 396), (536, 566))
    )
    found = find_duplicates(
        [("original", original), ("unrelated", unrelated), ("spun", spun), ("cut", cut)]
    )
    assert clusters(found) == (("cut", "original", "spun"),)
    assert _pairs(found) == {
        frozenset(pair) for pair in itertools.combinations(("original", "spun", "cut"), 2)
    }
    measured = [similarity(original, spun), similarity(original, cut), similarity(spun, cut)]
    assert measured == pytest.approx(
        [0.637, 0.904, 0.615], abs=0.01
    )  # difflib's neighbours: DOMAIN
    assert similarity(original, unrelated) < 0.05


def _board() -> list[tuple[str, str]]:
    source = pytest.importorskip("wenzheng_sources").WorkbookSource()  # the core may stand alone
    messages = [row.message for row in source.read(BOARD)]
    return [(message.external_id, f"{message.title}\n{message.body}") for message in messages]


@pytest.mark.slow
@needs_data
def test_a_whole_board_gives_what_comparing_all_would() -> None:
    """Of 2,163 real messages every near pair is found: 11 exact and 95 near ones in 86 groups."""
    found = find_duplicates(_board())
    assert sum(one.exact for one in found) == 11
    assert len(found) == 106
    assert len(clusters(found)) == 86


@pytest.mark.slow
@needs_data
def test_nothing_near_is_missed_among_messages_of_a_board() -> None:
    """Comparing each with each of 300 real messages finds no other pair."""
    items = _board()[:300]
    sets = [(key, shingles(text)) for key, text in items]
    near = {
        frozenset((one, other))
        for (one, a), (other, b) in itertools.combinations(sets, 2)
        if len(a & b) >= 0.5 * len(a | b)
    }
    assert near
    assert _pairs(find_duplicates(items)) == near
