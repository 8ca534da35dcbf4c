"""``wenzheng import``: what goes in, what does not, and that twice is once."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date, datetime, time, timedelta
from pathlib import Path

import chinese_calendar
import openpyxl
import pytest

DATA = Path(__file__).parents[4] / "shared" / "data" / "hongwang_changsha_replied.xlsx"
COUNTS = (
    "messages", "published", "within_limit", "late", "yellow_cards", "red_cards", "declined",
    "rejected_rows", "units", "unrouted",
)  # fmt: skip


def test_a_board_is_lived_again(wenzheng, board, db):
    """One in time, one late, one open; cards at their own instants."""
    ran = wenzheng(
        "import", board, "--city", "changsha", "--db", db, "--replay", "--until", "2021-03-02",
        "--json",
    )  # fmt: skip
    found = ran.json
    assert ran.code == 0
    assert (found["messages"], found["published"], found["within_limit"]) == (3, 2, 1)
    assert (found["yellow_cards"], found["red_cards"], found["declined"]) == (2, 2, 0)
    assert (found["opened"], found["unchanged"], found["unrouted"]) == (3, 0, 0)
    assert sorted(u["unit"] for u in found["units"]) == ["wangcheng", "yuelu", "yuhua"]
    assert "望城区委办公室" in {u["name"] for u in found["units"]}
    assert {"part", "whole", "percent"} == set(found["units"][0]["on_time_rate"])


def test_importing_again_changes_nothing(wenzheng, board, db, tmp_path):
    """The counts are the same and not a byte of what happened differs."""
    arguments = (
        "import", board, "--city", "changsha", "--db", db, "--replay", "--until", "2021-03-02",
        "--json",
    )  # fmt: skip
    first = wenzheng(*arguments).json
    before = _dump(tmp_path / "store.db")
    second = wenzheng(*arguments).json
    assert {key: first[key] for key in COUNTS} == {key: second[key] for key in COUNTS}
    assert (second["opened"], second["unchanged"]) == (0, 3)
    assert before == _dump(tmp_path / "store.db")


def test_what_was_posted_after_until_is_left_for_later(wenzheng, board, db):
    """A past is lived only up to the instant that is asked for."""
    arguments = ("import", board, "--city", "changsha", "--db", db, "--replay", "--json")
    early = wenzheng(*arguments, "--until", "2021-02-19 12:00").json
    assert (early["messages"], early["published"], early["after_until"]) == (1, 0, 2)
    assert [row["row"] for row in early["rejected_rows"]] == [3, 4]
    assert all("晚于补录的截止时间" in row["reason"] for row in early["rejected_rows"])


NOISE = ("1", "a", "望城区空调太吵", "2021/2/19 10:00:00", "噪声")
LATER = (*NOISE, "已处理", "2021/3/1 9:00:00")


def test_a_reply_that_a_later_export_brings_is_lived_on(wenzheng, workbook, db):
    """The first file has no reply; the second one publishes it, and a third run changes nothing."""
    arguments = ("--city", "changsha", "--db", db, "--replay", "--until")
    first = wenzheng("import", workbook((*NOISE, None, None)), *arguments, "2021-02-25 12:00")
    assert first.code == 0
    again = ("import", workbook(LATER), *arguments, "2021-03-02", "--json")
    found = wenzheng(*again).json
    assert (found["opened"], found["unchanged"], found["unanswered_in_store"]) == (0, 1, 0)
    assert (found["published"], found["yellow_cards"], found["red_cards"]) == (1, 1, 1)
    third = wenzheng(*again).json
    assert {key: third[key] for key in COUNTS} == {key: found[key] for key in COUNTS}


def test_an_open_case_is_swept_on_with_its_file(wenzheng, workbook, db):
    """What is late has its cards, however often the same file comes."""
    board = workbook((*NOISE, None, None))
    arguments = ("import", board, "--city", "changsha", "--db", db, "--replay", "--json", "--until")
    early, late = wenzheng(*arguments, "2021-02-20").json, wenzheng(*arguments, "2021-03-02").json
    assert (early["late"], early["red_cards"]) == (0, 0)
    assert (late["late"], late["yellow_cards"], late["red_cards"]) == (1, 1, 1)


def test_a_reply_that_cannot_be_put_in_is_said(wenzheng, workbook, db):
    """Received without --replay, somebody has it in hand: untouched, counted, said in Chinese."""
    arguments = ("import", workbook(LATER), "--city", "changsha", "--db", db)
    wenzheng(*arguments, "--until", "2021-02-19 12:00")
    replayed = (*arguments, "--replay", "--until", "2021-03-02")
    found = wenzheng(*replayed, "--json").json
    assert (found["published"], found["unanswered_in_store"]) == (0, 1)
    assert "1 件已在库,其公开回复未能补录:" in wenzheng(*replayed).out


def test_what_names_no_unit_is_counted_in_the_run_that_opens_it(wenzheng, workbook, db):
    """A second run hands nothing to anybody."""
    board = workbook(("1", "a", "路灯不亮", "2021/2/19 10:00:00", "不亮", None, None))
    arguments = ("import", board, "--city", "changsha", "--db", db, "--replay", "--json")
    assert [wenzheng(*arguments).json["unrouted"] for _ in range(2)] == [1, 0]


def test_missing_facts_are_said_once(wenzheng, board, db, tmp_path):
    """Exit 2 before the first transaction, one message, no store; given, all goes in."""
    arguments = ("import", board, "--city", "shantou", "--db", db)
    ran = wenzheng(*arguments, "--replay")
    assert (ran.code, ran.out, ran.err.count("请先确定")) == (2, "", 1)
    assert not (tmp_path / "store.db").exists()
    assert wenzheng(*arguments, "--until", "2021-03-02").code == 0  # received, to be classified


def test_a_file_of_which_no_row_goes_in_is_exit_code_1(wenzheng, workbook, db):
    """The rows are listed all the same; a file without any row is no failure."""
    arguments = ("--city", "changsha", "--db", db, "--replay", "--json")
    path = workbook(("1", "a", "早", "2009/2/19 10:00", "不亮", None, None))
    ran = wenzheng("import", path, *arguments)
    assert (ran.code, len(ran.json["rejected_rows"]), ran.json["messages"]) == (1, 1, 0)
    assert wenzheng("import", workbook(), *arguments).code == 0


def test_without_replay_messages_are_only_received(wenzheng, board, db):
    """Nothing is published, nothing assigned; and twice is once."""
    arguments = ("import", board, "--city", "changsha", "--db", db, "--json")
    found = wenzheng(*arguments).json
    assert (found["messages"], found["published"], found["yellow_cards"]) == (3, 0, 0)
    assert (wenzheng(*arguments).json["opened"], found["opened"]) == (0, 3)
    listed = wenzheng("case", "list", "--city", "changsha", "--db", db, "--json").json["cases"]
    assert {"received"} == {case["state"] for case in listed}


def test_broken_rows_are_listed_and_the_rest_goes_in(wenzheng, workbook, db):
    """Each with its row as the spreadsheet counts, and the reason; still exit 0."""
    path = workbook(
        ("1", "a", "望城区路灯", "2021/2/19 10:00", "不亮", "好", "2021/2/20 10:00"),
        ("2", "b", "时间坏了", "2021/2/30 10:00", "不亮", None, None),
        ("", "c", "没有编号", "2021/2/19 10:00", "不亮", None, None),
        ("4", "d", "早于施行", "2009/2/19 10:00", "不亮", None, None),
    )
    arguments = ("import", path, "--city", "changsha", "--db", db, "--replay")
    ran = wenzheng(*arguments, "--json")
    assert (ran.code, ran.json["messages"]) == (0, 1)
    reasons = {row["row"]: row["reason"] for row in ran.json["rejected_rows"]}
    assert {3, 4, 5} == set(reasons)
    assert "留言时间" in reasons[3]
    assert "此前没有规定" in reasons[5]
    text = wenzheng(*arguments).out
    assert "第 3 行未收:" in text


def test_units_of_another_list(wenzheng, board, db, tmp_path):
    """--units replaces the city's own; --unit says who takes what names nobody."""
    units = tmp_path / "units.toml"
    units.write_text(
        'schema = "wenzheng.units/1"\n[[unit]]\nid = "a"\nname = "甲局"\nareas = ["望城区"]\n'
        '[[unit]]\nid = "b"\nname = "乙局"\n',
        "utf-8",
    )
    arguments = ("import", board, "--city", "changsha", "--db", db, "--replay", "--json")
    found = wenzheng(*arguments, "--units", units, "--unit", "b").json
    assert {u["name"]: u["handled"] for u in found["units"]} == {"甲局": 1, "乙局": 2}
    assert found["unrouted"] == 2


def test_facts_for_every_message(wenzheng, board, db):
    """汕头 needs a category before it can give a limit."""
    arguments = ("import", board, "--city", "shantou", "--db", db, "--replay", "--json")
    found = wenzheng(*arguments, "--fact", "category=咨询", "--until", "2021-03-02").json
    assert (found["messages"], found["rejected_rows"]) == (3, [])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"--city": "atlantis"}, "没有名为「atlantis」的城市办法"),
        ({"--db": "redis://here"}, "没有名为「redis」的存储"),
        ({"--unit": "nobody"}, "没有名为「nobody」的承办单位"),
        ({"--fact": "field=烹饪"}, "没有「烹饪」"),
        ({"--until": "2021-02-30"}, "--until"),
        ({"--units": "missing.toml"}, "--units"),
        ({"--reader": "fax"}, "没有名为「fax」的来源"),
    ],
)
def test_a_wrong_option_leaves_nothing_behind(wenzheng, board, db, tmp_path, change, says):
    """Exit 2, one message, and no store was made."""
    options = {"--city": "changsha", "--db": db} | change
    ran = wenzheng("import", board, "--replay", *(x for pair in options.items() for x in pair))
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err
    assert not (tmp_path / "store.db").exists()


def _missing_columns(folder: Path) -> Path:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["留言编号", "留言主题"])
    path = folder / "columns.xlsx"
    book.save(path)
    return path


def _empty(folder: Path) -> Path:
    path = folder / "empty.xlsx"
    path.touch()
    return path


def _text(folder: Path) -> Path:
    path = folder / "board.csv"
    path.write_text("留言编号\n", "utf-8")
    return path


def _absent(folder: Path) -> Path:
    return folder / "absent.xlsx"


@pytest.mark.parametrize("make", [_missing_columns, _empty, _text, _absent])
def test_a_bad_file_is_one_message_and_leaves_nothing_behind(wenzheng, tmp_path, db, make):
    """A missing column, an empty file, a wrong extension, no file at all: all faults, exit 2."""
    path = make(tmp_path)
    arguments = ("import", path, "--city", "changsha", "--db", db, "--replay")
    ran = wenzheng(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert path.name in ran.err
    assert str(tmp_path) not in ran.err
    assert wenzheng(*arguments, "--json").json["faults"]
    assert not (tmp_path / "store.db").exists()


def test_a_file_that_breaks_off_in_the_middle_leaves_nothing_behind(
    wenzheng, board, db, tmp_path, monkeypatch
):
    """The whole file is read before anything is written."""
    from wenzheng_core import Fault, InputFaultsError  # noqa: PLC0415
    from wenzheng_sources.workbook import WorkbookSource  # noqa: PLC0415

    read = WorkbookSource.read

    def broken(self, path, source="hongwang"):
        yield next(read(self, path, source))
        raise InputFaultsError(path.name, (Fault("工作簿已损坏", path.name),))

    monkeypatch.setattr(WorkbookSource, "read", broken)
    ran = wenzheng("import", board, "--city", "changsha", "--db", db, "--replay")
    assert ran.code == 2
    assert not (tmp_path / "store.db").exists()


def test_all_faults_of_a_units_file_are_listed_at_once(wenzheng, board, db, tmp_path):
    """Five mistakes, five faults, each with its place."""
    units = tmp_path / "units.toml"
    units.write_text(
        'schema = "wenzheng.units/9"\n[[unit]]\nid = "a"\nname = "甲"\nparent = "x"\n'
        '[[unit]]\nid = "a"\nname = "乙"\nparent = "y"\n[[unit]]\nid = "b"\nname = "丙"\n'
        'parent = "z"\n',
        "utf-8",
    )
    arguments = ("--city", "changsha", "--db", db, "--units", units, "--json")
    ran = wenzheng("import", board, *arguments)
    assert ran.code == 2
    assert len(ran.json["faults"]) == 5
    assert all(fault["path"].startswith("$") for fault in ran.json["faults"])


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_file(), reason="the real messages are not here (../shared/data)")
def test_the_real_board_agrees_with_an_independent_count(wenzheng):
    """1,408 messages: 541 in time, 948 yellow and 867 red cards, as counted day by day."""
    found = wenzheng(
        "import", DATA, "--city", "changsha", "--db", "memory://", "--replay", "--json"
    ).json
    cards = (found["within_limit"], found["yellow_cards"], found["red_cards"])
    assert (found["messages"], found["published"], found["rejected_rows"]) == (1408, 1408, [])
    assert cards == (541, 948, 867)
    assert cards == _counted_day_by_day()


def _counted_day_by_day() -> tuple[int, int, int]:
    book = openpyxl.load_workbook(DATA, read_only=True)
    rows = book.worksheets[0].iter_rows(min_row=2, values_only=True)
    within = yellow = red = 0
    for row in rows:
        posted, _ = _time(row[3])
        answered, day_only = _time(row[6])
        if day_only:
            answered = datetime.combine(answered.date(), time(23, 59, 59))
        due = posted.date()
        for _ in range(5):
            due += timedelta(1)
            while not chinese_calendar.is_workday(due):
                due += timedelta(1)
        within += answered < _midnight(due) + timedelta(1)
        yellow += answered >= _midnight(due)
        red += answered >= _midnight(due) + timedelta(1)
    book.close()
    return within, yellow, red


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0))


def _time(value: object) -> tuple[datetime, bool]:
    if isinstance(value, datetime):
        return value, value.time() == time(0)
    for form in ("%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d"):
        try:
            return datetime.strptime(str(value).strip(), form), form.endswith("%d")  # noqa: DTZ007
        except ValueError:
            continue
    raise AssertionError(value)


def _dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as database, database:
        lines = list(database.iterdump())
    database.close()
    return lines
