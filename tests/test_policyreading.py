"""What a policy's words mean: tables without gap or overlap, and every word known."""

from __future__ import annotations

import pytest

from wenzheng_core.cities import read_policy
from wenzheng_core.domain.errors import Fault, InputFaultsError

GOOD = """
schema = "wenzheng.policy/1"
id = "li"
title = "例市办法"
version = "1"
valid_from = 2024-01-01
basis = "例府办〔2024〕1号"
calendar = "cn"
main_clock = "handle"

[columns.category]
values = ["咨询", "投诉"]
aliases = { "询问" = "咨询" }

[columns.grade]
values = ["一般", "重大"]
default = "一般"

[[clock]]
id = "handle"
title = "办结"
starts = "assigned"
stops = "reported"

[[clock.limit]]
id = "simple"
when = { category = "咨询", grade = "一般" }
within = "5个工作日"
basis = "三(一)"

[[clock.limit]]
id = "complaint"
when = { category = "投诉", grade = ["一般"] }
within = "10个工作日"
basis = "三(二)"

[[clock.limit]]
id = "grave"
when = { grade = "重大", category = "*" }
no_limit = "原文未规定"
basis = "三(三)"
"""
RUNG = '[[rung]]\nid = "late"\nclock = "handle"\nat = "到期"\ndo = "remind"\nto = ["liaison"]\n'
GATE = '[[gate]]\nid = "go"\nact = "approve"\nby = "市长"\nbasis = "二"\n'
DECLINE = '[[decline]]\ncode = "twice"\ntitle = "重复"\nanswer = "您好!"\nbasis = "二"\n'
PAUSE = '[[pause]]\ncode = "lab"\ntitle = "鉴定"\nat_most = "30日"\nbasis = "四"\n'
EXTENSION = (
    '[[extension]]\nclock = "handle"\ntimes = 1\nat_most = "5个工作日"\n'
    'approver = "office"\nbasis = "五"\n'
)
WHOLE = GOOD + RUNG + 'basis = "六"\n' + GATE + DECLINE + PAUSE + EXTENSION


def _faults(text: str) -> tuple[Fault, ...]:
    with pytest.raises(InputFaultsError) as caught:
        read_policy(text)
    return caught.value.faults


def _swap(*pairs: tuple[str, str]) -> str:
    text = WHOLE
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def test_every_part_is_read() -> None:
    """A sound file keeps each of its parts."""
    policy = read_policy(WHOLE)

    assert 1 == len(policy.rungs) == len(policy.gates) == len(policy.extensions)
    assert 1 == len(policy.decline_reasons) == len(policy.pause_reasons)
    assert policy.limit("handle", {"category": "投诉", "grade": "重大"}).row == "grave"


ROW = "$.clock[0].limit"
FAULTS = [
    ("policy/1", "policy/9", "$.schema", "不认识的格式"),
    ('basis = "例府办〔2024〕1号"', "", "$.basis", "缺少依据"),
    ('basis = "三(一)"', 'basis = " "', f"{ROW}[0].basis", "缺少依据"),
    ('main_clock = "handle"', 'main_clock = "x"', "$.main_clock", "没有名为 x 的时限"),
    # Columns
    ('["咨询", "投诉"]', '["咨询", "投诉", "咨询"]', "$.columns.category.values[2]", "重复"),
    ('["一般", "重大"]', '["一般", "重大", "*"]', "$.columns.grade.values[2]", "「*」"),
    ('= "咨询" }', '= "讯问" }', "$.columns.category.aliases.询问", "别名指向的「讯问」"),
    ('"询问" = ', '"投诉" = ', "$.columns.category.aliases.投诉", "本身就是取值"),
    ('default = "一般"', 'default = "小"', "$.columns.grade.default", "默认值「小」"),
    # Clocks
    ('stops = "reported"', 'stops = "assigned"', "$.clock[0].stops", "同一事件"),
    ('stops = "reported"', 'stops = "received"', "$.clock[0].stops", "先于"),
    ('stops = "reported"', 'stops = "reported"\nper = "each"', "$.clock[0].per", "each"),
    ('"assigned"', '"received"\nper = "unit"', "$.clock[0].starts", "按单位计的时限"),
    # Limits
    ("5个工作日", "×个工作日", f"{ROW}[0].within", "「×个工作日」无法识别"),
    ("5个工作日", "五天左右", f"{ROW}[0].within", "「五天左右」无法识别"),
    ("5个工作日", "0个工作日", f"{ROW}[0].within", "「0个工作日」无法识别"),
    ("5个工作日", "16个工作小时", f"{ROW}[0].within", "须先规定办公时间"),
    ('within = "5个工作日"', "", f"{ROW}[0]", "须写且只写一个"),
    ("no_limit", 'within = "7日"\nno_limit', f"{ROW}[2]", "须写且只写一个"),
    ('id = "complaint"', 'id = "simple"', f"{ROW}[1].id", "编号 simple 重复"),
    ("no_limit", 'promise = "date"\nno_limit', f"{ROW}[2]", "须写且只写一个"),
    ('within = "5个工作日"', 'promise = "soon"', f"{ROW}[0].promise", '不能是文字 "soon"'),
    ('"三(一)"', '"三"\nstops = "accepted"', f"{ROW}[0].stops", "受理先于交办"),
    ('"三(一)"', '"三"\nstarts = "published"', f"{ROW}[0].starts", "反馈先于公开回复"),
    ('"三(一)"', '"三"\nstarts = "reported"', f"{ROW}[0].starts", "同一事件"),
    ('"三(一)"', '"三"\nstarts = "published"\nstops = "posted"', f"{ROW}[0].stops", "先于"),
    ("5个工作日", "2024-01-15", f"{ROW}[0].within", "固定日期"),
    ('stops = "reported"', 'stops = "reviewed"', "$.clock[0].stops", "没有「审核」这一步"),
    ('stops = "reported"', 'stops = "forwarded"', "$.clock[0].stops", "没有「报送上级」这一步"),
    ('starts = "assigned"', 'starts = "instructed"', "$.clock[0].starts", "没有「领导批示」这一步"),
    ('"三(一)"', '"三"\nstops = "reviewed"', f"{ROW}[0].stops", "没有「审核」这一步"),
    # Ids and titles
    ('id = "li"', 'id = "l i"', "$.id", "编号「l i」含有空格"),
    ('id = "li"', 'id = ""', "$.id", "编号不能为空白"),
    ('title = "例市办法"', 'title = " "', "$.title", "不能为空白"),
    ('version = "1"', 'version = ""', "$.version", "不能为空白"),
    ('calendar = "cn"', 'calendar = ""', "$.calendar", "不能为空白"),
    ('id = "simple"', 'id = "a@b"', f"{ROW}[0].id", "编号「a@b」含有"),
    ('id = "go"', 'id = "a/b"', "$.gate[0].id", "编号「a/b」含有"),
    ('code = "twice"', 'code = " "', "$.decline[0].code", "编号不能为空白"),
    ('title = "重复"', 'title = ""', "$.decline[0].title", "不能为空白"),
    ("[columns.grade]", '[columns." "]\nvalues = ["甲"]\n[columns.grade]', "$.columns. ", "空白"),
    ('["一般", "重大"]', '["一般", "重大", " "]', "$.columns.grade.values[2]", "不能为空白"),
    # Conditions
    ('{ category = "咨询"', '{ catgory = "咨询"', f"{ROW}[0].when.catgory", "没有「catgory」一栏"),
    ('{ category = "咨询"', '{ category = "询问"', f"{ROW}[0].when.category", "「询问」这一项"),
    ('grade = ["一般"]', 'grade = ["一般", "小"]', f"{ROW}[1].when.grade[1]", "「小」这一项"),
    ('grade = ["一般"]', "grade = []", f"{ROW}[1].when.grade", "没有列出任何取值"),
    ('grade = ["一般"]', "grade = 1", f"{ROW}[1].when.grade", "「1」这一项"),
    ('within = "5', 'also = [{ grade = "小" }]\nwithin = "5', f"{ROW}[0].also[0].grade", "「小」"),
    ('["一般", "重大"]', '["一般", "重大", "特大"]', ROW, "有 2 种情形没有规则"),
    ("三(二)", '三"\noverrides = ["gone"]\nchoice = "', f"{ROW}[1].overrides[0]", "「gone」"),
    ('at = "到期"', 'at = "快到期"', "$.rung[0].at", "「快到期」无法识别"),
    ('clock = "handle"\nat', 'clock = "handel"\nat', "$.rung[0].clock", "没有名为 handel 的时限"),
    ('to = ["liaison"]', "to = []", "$.rung[0].to", "没有写明告知谁"),
    ('basis = "六"', "", "$.rung[0].basis", "缺少依据"),
    ('by = "市长"', 'by = ""', "$.gate[0].by", "须写明由谁"),
    ('answer = "您好!"', 'answer = ""', "$.decline[0].answer", "不受理也要答复"),
    ('title = "重复"\nanswer = "您好!"', 'title = "重复"', "$.decline[0]", "缺少必填项 answer"),
    ('at_most = "30日"', 'at_most = "久"', "$.pause[0].at_most", "「久」无法识别"),
    ('"鉴定"', '"鉴定"\nclocks = ["handle", "x"]', "$.pause[0].clocks[1]", "没有名为 x"),
    ('at_most = "30日"', 'at_most = "当日"', "$.pause[0].at_most", "不能是「当日」"),
    ('at_most = "30日"', 'at_most = "2024-5-1"', "$.pause[0].at_most", "不能是「2024-5-1」"),
    ('at_most = "5个工作日"', 'at_most = "当日"', "$.extension[0].at_most", "不能是「当日」"),
    ('when = { category = "咨询", grade = "一般" }', 'when = "*"', f"{ROW}[0].when", "应为表"),
    ('at = "到期"', 'at = "到期前5个工作日"', "$.rung[0].at", "对规则「simple」(5个工作日)总在"),
    ("times = 1", "times = 0", "$.extension[0].times", "至少为 1"),
    ('at_most = "5个工作日"', 'at_most = "5日"', "$.extension[0].at_most", "单位不同"),
    ('approver = "office"', 'approver = ""', "$.extension[0].approver", "由谁批准"),
]


@pytest.mark.parametrize(("old", "new", "path", "reason"), FAULTS)
def test_a_fault(old: str, new: str, path: str, reason: str) -> None:
    """Each fault is told at its place, in Chinese, with what to do about it."""
    (fault,) = _faults(_swap((old, new)))

    assert path == fault.path
    assert reason in fault.reason
    assert fault.mend


@pytest.mark.parametrize(
    ("array", "key"),
    [(RUNG + 'basis = "六"\n', "id"), (GATE, "id"), (DECLINE, "code"), (PAUSE, "code")],
)
def test_ids_are_given_once(array: str, key: str) -> None:
    """Two tables of one array may not bear one name."""
    (fault,) = _faults(WHOLE + array)

    assert fault.path.endswith(f"[1].{key}")


@pytest.mark.parametrize(
    ("time", "path"),
    [
        ('office_hours = [[12:00:00, 09:00:00]]\nbasis = "七"', "$.time.office_hours[0]"),
        (
            'office_hours = [[09:00:00, 12:00:00], [11:00:00, 18:00:00]]\nbasis = "七"',
            "$.time.office_hours[1]",
        ),
        ('office_hours = [[9, 12:00:00]]\nbasis = "七"', "$.time.office_hours[0][0]"),
        ('day_end = 00:00:00\nbasis = "七"', "$.time.day_end"),
        ("cutoff = 17:30:00", "$.time.basis"),
        ('cutoff = "17:30"\nbasis = "七"', "$.time.cutoff"),
    ],
)
def test_time_rules(time: str, path: str) -> None:
    """Office hours are pairs in order, a day does not end as it begins, and all has a basis."""
    assert [path] == [fault.path for fault in _faults(f"{WHOLE}[time]\n{time}\n")]


@pytest.mark.parametrize(("by", "path"), [('["speed"]', "$.ranking.by[0]"), ("[]", "$.ranking.by")])
def test_ranking(by: str, path: str) -> None:
    """A bulletin ranks by measures that there are."""
    (fault,) = _faults(f'{WHOLE}[ranking]\nby = {by}\nbasis = "八"\n')

    assert path == fault.path
    assert "completion_rate" in fault.mend


LABELS = [
    ('act = "approve"', 'act = "批示"', "$.gate[0].act", '写 "instruct"(批示)'),
    ('do = "remind"', 'do = "黄牌"', "$.rung[0].do", '写 "yellow_card"(黄牌)'),
    ('starts = "assigned"', 'starts = "交办"', "$.clock[0].starts", '写 "assigned"(交办)'),
    ('within = "5个工作日"', 'promise = "限期"', f"{ROW}[0].promise", '写 "date"(限期'),
    ('do = "remind"', 'do = "黑牌"', "$.rung[0].do", '可用的值:"group_notice"(群内点名)、'),
    ('act = "approve"\n', "", "$.gate[0]", '请补写 act = …;可用的值:"instruct"(批示)、'),
    ('to = ["liaison"]', "", "$.rung[0]", '请补写 to = ["文字"]'),
]


@pytest.mark.parametrize(("old", "new", "path", "mend"), LABELS)
def test_a_label_is_answered_with_its_word(old: str, new: str, path: str, mend: str) -> None:
    """Whoever writes the Chinese label is told how it is spelt in files."""
    (fault,) = _faults(_swap((old, new)))

    assert (fault.path, fault.mend.startswith(mend)) == (path, True)


def test_missing_tables_are_shown_by_their_heads() -> None:
    """A clock without limits, and a policy without clocks."""
    (limits,) = _faults(GOOD[: GOOD.index("[[clock.limit]]")])
    assert (limits.path, limits.mend) == ("$.clock[0]", "请补写 [[clock.limit]]")
    (clocks,) = _faults(GOOD[: GOOD.index("[[clock]]")])
    assert (clocks.path, clocks.mend) == ("$", "请补写 [[clock]]")


@pytest.mark.parametrize("limit", ["五天左右", "2024-01-15"])
def test_no_date_is_offered_for_a_limit(limit: str) -> None:
    """A row of a clock is for all days, so its mend names lengths alone."""
    (fault,) = _faults(_swap(("5个工作日", limit)))

    assert "「5个工作日」" in fault.mend
    assert "2020" not in fault.mend


def test_a_rung_that_never_fires_in_its_cases() -> None:
    """Its ``when`` may leave a rung nothing but limits that it spares, or none."""
    graver = 'do = "remind"\nwhen = { grade = "重大" }'
    (none,) = _faults(_swap(('do = "remind"', graver)))
    assert (none.path, "没有期限" in none.reason) == ("$.rung[0].when", True)

    soft = _swap(('within = "5个工作日"', 'within = "5个工作日"\nsoft = true'))
    asks = 'do = "red_card"\nwhen = { category = "咨询" }'
    (red,) = _faults(soft.replace('do = "remind"', asks))
    assert (red.path, "不会走到「红牌」" in red.reason) == ("$.rung[0].do", True)
    assert read_policy(soft.replace('do = "remind"', asks.replace("咨询", "投诉"))).rungs


CARDS = [
    ("到期前2个工作日", "到期前1个工作日", True),
    ("到期前1个工作日", "到期前2个工作日", False),
    ("到期前2日", "到期前1个工作日", False),  # it depends on the day
    ("到期前1日", "到期", True),
    ("到期前1小时", "到期日零时", False),
    ("到期日零时", "到期", True),
    ("到期", "到期", False),
    ("到期", "逾期1日", True),
    ("逾期1日", "逾期5日", True),
    ("逾期5日", "逾期1日", False),
]


def _cards(red: str, yellow: str, more: str = "") -> str:
    rungs = (("red", red, "red_card", ""), ("yellow", yellow, "yellow_card", more))
    return GOOD + "".join(
        f'[[rung]]\nid = "{name}"\nclock = "handle"\nat = "{at}"\ndo = "{act}"\n'
        f'to = ["liaison"]\nbasis = "六"\n{when}\n'
        for name, at, act, when in rungs
    )


@pytest.mark.parametrize(("red", "yellow", "inverted"), CARDS)
def test_no_red_card_before_the_yellow_one(red: str, yellow: str, inverted: bool) -> None:
    """Where the order is the same on every day, a red card that comes first is told."""
    if inverted:
        (fault,) = _faults(_cards(red, yellow))
        assert (fault.path, "早于黄牌「yellow」" in fault.reason) == ("$.rung[0].at", True)
    else:
        assert len(read_policy(_cards(red, yellow)).rungs) == 2


def test_cards_of_different_cases_have_no_order() -> None:
    """A yellow card for other cases than the red one may come later."""
    red = _cards("到期", "逾期1日", 'when = { category = "咨询" }').replace(
        'do = "red_card"\n', 'do = "red_card"\nwhen = { category = "投诉" }\n'
    )
    assert len(read_policy(red).rungs) == 2


def test_an_extension_of_nothing() -> None:
    """Where its cases have no limit, nothing can be extended; where they have one, in its unit."""
    graver = f'{EXTENSION}when = {{ grade = "重大" }}\n'
    (fault,) = _faults(WHOLE.replace(EXTENSION, graver))
    assert (fault.path, "没有期限" in fault.reason) == ("$.extension[0].when", True)


SIMPLE = 'when = { category = "咨询" }\n'
LATER = [
    (EXTENSION, EXTENSION, True),
    (EXTENSION, EXTENSION + SIMPLE, True),
    (EXTENSION + SIMPLE, EXTENSION + SIMPLE, True),
    (EXTENSION + SIMPLE, EXTENSION + 'when = { category = "咨询", grade = "一般" }\n', True),
    (EXTENSION + SIMPLE, EXTENSION, False),
    (EXTENSION + SIMPLE, EXTENSION + 'when = { category = "投诉" }\n', False),
    (EXTENSION + SIMPLE, EXTENSION + SIMPLE + 'also = [{ category = "投诉" }]\n', False),
]


@pytest.mark.parametrize(("earlier", "later", "idle"), LATER)
def test_an_extension_that_never_applies(earlier: str, later: str, idle: bool) -> None:
    """The first that holds decides, so one that holds in no other case is never asked."""
    if idle:
        (fault,) = _faults(GOOD + earlier + later)
        assert (fault.path, "永远用不到" in fault.reason) == ("$.extension[1]", True)
    else:
        assert len(read_policy(GOOD + earlier + later).extensions) == 2


def test_a_rung_that_never_fires() -> None:
    """A red card over soft limits, or a rung over no limit at all, is told instead of silent."""
    soft = WHOLE.replace('工作日"\nbasis = "三', '工作日"\nsoft = true\nbasis = "三')
    (red,) = _faults(soft.replace('do = "remind"', 'do = "red_card"'))
    assert (red.path, "不会走到「红牌」" in red.reason) == ("$.rung[0].do", True)

    none = WHOLE.replace('within = "5个工作日"', 'no_limit = "无"', 1)
    none = none.replace('within = "10个工作日"', 'no_limit = "无"').replace(EXTENSION, "")
    (idle,) = _faults(none)
    assert (idle.path, "没有期限" in idle.reason) == ("$.rung[0].clock", True)


BEFORE = [
    ("5个工作日", "到期前4个工作日", True),
    ("5个工作日", "到期前5个工作日", False),
    ("5日", "到期前4日", True),
    ("5日", "到期前30日", False),
    ("5日(顺延)", "到期前30日", True),  # it depends on the holidays: the suite counts it out
    ("5小时", "到期前299分钟", True),
    ("5小时", "到期前5小时", False),
    ("5个工作日", "到期前5日", True),
    ("5个工作日", "逾期30个工作日", True),
]


def _rows_with_rung(within: str, at: str, more: str = "") -> str:
    text = _swap(("5个工作日", within), ('at = "到期"', f'at = "{at}"{more}')).replace(
        EXTENSION, ""
    )
    return text.replace('within = "10个工作日"', 'no_limit = "无"')


@pytest.mark.parametrize(("within", "at", "sound"), BEFORE)
def test_a_rung_before_the_start(within: str, at: str, sound: bool) -> None:
    """Within one unit, a rung as far before the due day as the limit is long is told."""
    text = _rows_with_rung(within, at)

    if sound:
        assert read_policy(text).rungs
    else:
        (fault,) = _faults(text)
        assert (fault.path, "永远不会走到" in fault.reason) == ("$.rung[0].at", True)


def test_a_rung_before_the_start_of_some_rows() -> None:
    """All rows that the rung meets and outruns are named; a ``when`` that spares them mends it."""
    (fault,) = _faults(_swap(('at = "到期"', 'at = "到期前30个工作日"')))
    assert fault.reason == (
        "「到期前30个工作日」对规则「simple」(5个工作日)、「complaint」(10个工作日)总在起算之前,永远不会走到"
    )

    long = 'at = "到期前7个工作日"\nwhen = { category = "投诉" }'
    assert read_policy(_swap(('at = "到期"', long))).rungs


def test_a_cut_off_leaves_one_day_more() -> None:
    """What comes after the cut-off counts from the next day, so such a rung does fire in time."""
    cutoff = '[time]\ncutoff = 17:00:00\nbasis = "七"\n'

    assert read_policy(_rows_with_rung("5个工作日", "到期前5个工作日") + cutoff).rungs
    (fault,) = _faults(_rows_with_rung("5个工作日", "到期前6个工作日") + cutoff)
    assert fault.path == "$.rung[0].at"


def test_the_codes_leave_a_rung_more_time() -> None:
    """A last day that rolls, or an hour that is not counted, lets a rung fire after the start."""
    counting = '[time]\ncounting = "{}"\nbasis = "七"\n'
    days = _rows_with_rung("5日", "到期前5日")
    hours = _rows_with_rung("5小时", "到期前5小时")

    assert read_policy(days + counting.format("civil")).rungs
    assert read_policy(hours + counting.format("procedure")).rungs
    (fault,) = _faults(hours + counting.format("civil"))
    assert fault.path == "$.rung[0].at"


def test_rows_that_override_each_other() -> None:
    """A circle of overrides is one fault of its own, not a gap in every cell that it swallows."""
    two = _swap(
        ('basis = "三(一)"', 'basis = "三(一)"\noverrides = ["complaint"]'),
        ('{ category = "投诉", grade = ["一般"] }', '{ grade = "一般" }\noverrides = ["simple"]'),
    )
    (fault,) = _faults(two)
    assert (f"{ROW}[1].overrides[0]", "规则「simple」、「complaint」相互取代") == (
        fault.path,
        fault.reason,
    )

    three = _swap(
        ('basis = "三(一)"', 'basis = "三(一)"\noverrides = ["complaint"]'),
        ('basis = "三(二)"', 'basis = "三(二)"\noverrides = ["grave"]'),
        ('basis = "三(三)"', 'basis = "三(三)"\noverrides = ["simple"]'),
    )
    (fault,) = _faults(three)
    assert (f"{ROW}[2].overrides[0]", True) == (fault.path, "「grave」相互取代" in fault.reason)


def test_an_overlap_names_both_rows() -> None:
    """Every pair of rows that meet is a fault of its own, with a cell in which they do."""
    text = _swap(
        ('{ category = "咨询", grade = "一般" }', '{ category = "咨询" }'),
        ('{ category = "投诉", grade = ["一般"] }', '{ category = "投诉" }'),
    )

    assert [fault.reason for fault in _faults(text)] == [
        "时限「handle」的规则「simple」、「grave」在 1 种情形下同时适用:category=咨询、grade=重大",
        "时限「handle」的规则「complaint」、「grave」在 1 种情形下同时适用:category=投诉、grade=重大",
    ]


def test_a_dead_row() -> None:
    """A row that another one always overrides is told at its place."""
    text = _swap(
        ('{ category = "投诉", grade = ["一般"] }', '{ grade = "一般" }\noverrides = ["simple"]')
    )

    (fault,) = _faults(text)
    assert (f"{ROW}[0]", "规则「simple」在任何情形下都不适用") == (fault.path, fault.reason)


def test_tables_are_checked_beside_other_faults() -> None:
    """A fault elsewhere, or a row's bad number, hides no gap and no condition."""
    text = _swap(
        ('["一般", "重大"]', '["一般", "重大", "特大"]'),
        ("5个工作日", "×个工作日"),
        ('at = "到期"', 'at = "快到期"\nwhen = { grade = "小" }'),
        ('title = "例市办法"', 'titel = "例市办法"'),
    )

    paths = {fault.path for fault in _faults(text)}
    assert {ROW, f"{ROW}[0].within", "$.rung[0].at", "$.rung[0].when.grade", "$.titel"} < paths


def test_consequences_are_not_told() -> None:
    """One slip is one fault: its consequences elsewhere are left out."""
    gone = _swap(('values = ["咨询", "投诉"]', "values = 3"))
    nameless = WHOLE.replace('id = "handle"\n', "", 1)

    assert [fault.path for fault in _faults(gone)] == ["$.columns.category.values"]
    assert [fault.path for fault in _faults(nameless)] == ["$.clock[0]"]


def test_a_table_too_big_to_walk() -> None:
    """A table of more cells than can be walked is refused instead of half checked."""
    names = [f"c{i}" for i in range(6)]
    columns = "".join(f"[columns.{c}]\nvalues = {[*'0123456789']}\n" for c in names)
    when = ", ".join(f'{c} = "1"' for c in names)
    text = WHOLE.replace("[[clock]]", f"{columns}[[clock]]", 1)
    (fault,) = _faults(text.replace("when = { category", f"when = {{ {when}, category", 1))

    assert fault.path == ROW
    assert "超过 100000" in fault.reason
