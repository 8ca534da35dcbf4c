"""What a policy says of gates, routing, campaigns, rates, schedules and replies."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest

from wenzheng_core.cities import read_policy
from wenzheng_core.domain.cadences import Daily
from wenzheng_core.domain.errors import Fault, InputFaultsError
from wenzheng_core.domain.gates import GateAct, Point
from wenzheng_core.domain.limits import WorkingDays
from wenzheng_core.domain.provisions import COUNTS, WITHIN
from wenzheng_core.domain.timelimits import Counting

WHOLE = """
schema = "wenzheng.policy/1"
id = "li"
title = "例市办法"
version = "1"
valid_from = 2024-01-01
basis = "例府办〔2024〕1号"
calendar = "cn"
main_clock = "handle"
systems = ["S11"]
silent = ["原文未写由谁督办"]

[columns.topic]
values = ["消夏", "其他"]
aliases = { "度夏" = "消夏" }
default = "其他"

[time]
counting = "civil"
basis = "民法典第203条"

[routing]
principles = ["先例", "法定职责"]
principle_required = true
send_back_within = "1个工作日"
send_back_times = 1
basis = "routing"

[supervision]
issuers = ["市委督查室", "市政府督查室"]
basis = "supervision"

[[clock]]
id = "handle"
title = "办结"
starts = "received"
stops = "published"
[[clock.limit]]
id = "usual"
within = "7日"
basis = "limit"

[[checklist]]
id = "four"
title = "四把关"
items = ["政策关", "事实关"]
basis = "checklist"

[[gate]]
id = "first"
act = "instruct"
by = "leader"
before = "assign"
title = "阅批"
parallel = true
overrides_routing = true
basis = "first"

[[gate]]
id = "signed"
act = "approve"
by = "leader"
checklists = ["four"]
when = { topic = "消夏" }
also = [{ topic = "其他" }]
basis = "signed"

[[gate]]
id = "called"
act = "call_back"
by = "office"
attempts = 2
basis = "called"

[[last_step]]
to = "市政府综合一科"
when = { topic = "消夏" }
basis = "last"

[[rung]]
id = "seen"
clock = "handle"
at = "逾期1日"
do = "on_site"
to = ["unit_head"]
when = { topic = "消夏" }
also = [{ topic = "其他" }]
basis = "rung"

[[accountability]]
code = "false"
title = "弄虚作假"
basis = "cause"

[[decline]]
code = "law"
title = "涉法涉诉"
answer = "您好!"
diverts_to = "向人民法院起诉"
basis = "decline"

[[campaign]]
id = "summer"
title = "清爽度夏"
column = "topic"
value = "消夏"
from = 2024-06-01
through = 2024-08-31
tag = "【清爽度夏】"
basis = "campaign"

[[measure]]
id = "done"
title = "办结率"
part = "resolved"
whole = "valid"
excluding = ["law"]
digits = 1
target = "95"
basis = "measure"

[[schedule]]
id = "list"
kind = "daily_list"
every = "每日11:20"
closes = 11:00:00
closes_inclusive = true
handed_over = 11:30:00
to = ["office"]
basis = "schedule"

[[reply.avoid]]
code = "vague"
title = "模糊用语"
words = ["尽快"]
basis = "avoid"

[[reply.part]]
code = "contact"
title = "联系电话"
telephone = true
choice = "只认号码"

[[reply.courtesy]]
code = "greeting"
title = "问候"
words = ["您好"]
basis = "courtesy"
"""


def _faults(*pairs: tuple[str, str]) -> tuple[Fault, ...]:
    text = WHOLE
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    with pytest.raises(InputFaultsError) as caught:
        read_policy(text)
    return caught.value.faults


def test_what_comes_before_and_after_the_handling() -> None:
    """Gates, lists, routing and the last step are kept as they are written."""
    policy = read_policy(WHOLE)

    first, signed, called = policy.gates
    assert (first.act, first.before, first.label) == (GateAct.INSTRUCT, Point.ASSIGN, "阅批")
    assert (first.blocks, first.overrides_routing) == (False, True)
    assert (signed.blocks, signed.before, signed.checklists) == (True, Point.PUBLISH, ("four",))
    assert [set(condition["topic"]) for condition in signed.conditions] == [{"消夏"}, {"其他"}]
    assert called.attempts == 2
    assert policy.checklists[0].items == ("政策关", "事实关")
    routing = policy.routing
    assert (routing.principles, routing.principle_required) == (("先例", "法定职责"), True)
    assert (routing.send_back_within, routing.send_back_times) == (WorkingDays(1), 1)
    last = policy.last_step({"topic": "消夏"})
    assert last is not None
    assert (last.to, policy.last_step({"topic": "其他"})) == ("市政府综合一科", None)


def test_what_is_counted_and_reported() -> None:
    """Campaigns, rates, schedules, causes and words are kept; days of a campaign are instants."""
    policy = read_policy(WHOLE)

    (campaign,), (measure,), (schedule,) = policy.campaigns, policy.measures, policy.schedules
    assert campaign.first == datetime(2024, 5, 31, 16, tzinfo=UTC)
    assert campaign.until == datetime(2024, 8, 31, 16, tzinfo=UTC)
    assert (measure.part, measure.whole, measure.excluding) == ("resolved", "valid", ("law",))
    assert (measure.digits, measure.target) == (1, "95")
    assert (schedule.cadence, schedule.closes) == (Daily((time(11, 20),)), time(11))
    assert (schedule.closes_inclusive, schedule.handed_over) == (True, time(11, 30))
    assert policy.supervision.issuers == ("市委督查室", "市政府督查室")
    assert policy.accountability[0].code == "false"
    assert policy.decline_reasons[0].diverts_to == "向人民法院起诉"
    assert policy.rungs[0].applies({"topic": "其他"})
    remarks = policy.reply.remarks("我局将尽快处理。")
    assert [r.code for r in remarks] == ["missing.greeting", "missing.contact", "vague"]
    assert (policy.systems, policy.silent) == (("S11",), ("原文未写由谁督办",))
    assert policy.time.counting is Counting.CIVIL


def test_what_is_not_written_asks_nothing() -> None:
    """A policy without any of these tables has none of these rules."""
    short = WHOLE[: WHOLE.index("[routing]")] + WHOLE[WHOLE.index("[[clock]]") :]
    policy = read_policy(short[: short.index("[[checklist]]")])

    assert (policy.routing.principles, policy.routing.send_back_times) == ((), None)
    tables = (policy.gates, policy.campaigns, policy.measures, policy.supervision.issuers)
    assert not any(tables)
    assert policy.reply.remarks("尽快") == ()


FAULTS = [
    ('["S11"]', '["S1"]', "$.systems[0]", "「S1」不是制度编号"),
    ('["S11"]', '["S11", "S11"]', "$.systems[1]", "重复"),
    ('["原文未写由谁督办"]', '[""]', "$.silent[0]", "不能为空"),
    ('basis = "民法典第203条"', "", "$.time.basis", "缺少依据"),
    # Routing
    ('"法定职责"]', '"先例"]', "$.routing.principles[1]", "「先例」重复"),
    ('["先例", "法定职责"]', "[]", "$.routing.principles", "没有列出可以写明的原则"),
    ('= "1个工作日"', '= "尽早"', "$.routing.send_back_within", "「尽早」无法识别"),
    ('= "1个工作日"', '= "2个工作小时"', "$.routing.send_back_within", "须先规定办公时间"),
    ('= "1个工作日"', '= "2024-5-1"', "$.routing.send_back_within", "须是一段时间"),
    ("send_back_times = 1", "send_back_times = 0", "$.routing.send_back_times", "至少为 1"),
    ('basis = "routing"', "", "$.routing.basis", "缺少依据"),
    ('basis = "last"', "", "$.last_step[0].basis", "缺少依据"),
    ('to = "市政府综合一科"', 'to = ""', "$.last_step[0].to", "没有写明报送谁"),
    ('科"\nwhen = { topic', '科"\nwhen = { tipoc', "$.last_step[0].when.tipoc", "没有「tipoc」"),
    ('{ topic = "消夏" }\nbasis = "last"', '{}\nalso = [{ topic = "消夏" }]\nbasis = "last"',
     "$.last_step[0].also", "等于一律适用"),
    (('principles = ["先例", "法定职责"]\nprinciple_required = true\nsend_back_within = "1个工作日"\n'
     "send_back_times = 1\n"), "", "$.routing", "没有规定任何事项"),
    # Gates
    ('before = "assign"', "", "$.gate[0].before", "「批示」不能排在公开回复之前"),
    ('before = "assign"', 'before = "report"', "$.gate[0].before", "不能排在反馈之前"),
    ('before = "assign"', 'before = "claim"', "$.gate[0].before", '不能是文字 "claim"'),
    ('by = "leader"\nbefore', 'by = " "\nbefore', "$.gate[0].by", "须写明由谁"),
    ('basis = "first"', "", "$.gate[0].basis", "缺少依据"),
    ('basis = "first"', 'basis = "first"\nattempts = 1', "$.gate[0].attempts", "「批示」没有"),
    ('basis = "signed"', 'basis = "s"\nparallel = true', "$.gate[1].parallel", "「审定」没有"),
    ('basis = "signed"', 'basis = "s"\noverrides_routing = true', "$.gate[1].overrides_routing",
     "「审定」没有"),
    ('["four"]', '["five"]', "$.gate[1].checklists[0]", "没有名为 five 的清单"),
    ('["four"]', '["four", "four"]', "$.gate[1].checklists[1]", "重复"),
    ("attempts = 2", "attempts = -1", "$.gate[2].attempts", "不能是负数"),
    ("attempts = 2", 'attempts = 2\nchecklists = ["four"]', "$.gate[2].checklists", "没有人逐项核对"),
    ("attempts = 2", "", "$.gate[2].attempts", "没有写明几次"),
    ("attempts = 2", "attempts = 0", "$.gate[2].attempts", "没有写明几次"),
    ('checklists = ["four"]\n', "", "$.checklist[0]", "没有哪一关用到清单「four」"),
    ('also = [{ topic = "其他" }]\nbasis = "signed"', 'also = [{ topic = "别的" }]\nbasis = "s"',
     "$.gate[1].also[0].topic", "「别的」这一项"),
    ('["政策关", "事实关"]', '["政策关", "政策关"]', "$.checklist[0].items[1]", "重复"),
    ('basis = "checklist"', "", "$.checklist[0].basis", "缺少依据"),
    # The ladder, supervision, accountability
    ('also = [{ topic = "其他" }]\nbasis = "rung"', 'also = [{ topic = "别的" }]\nbasis = "r"',
     "$.rung[0].also[0].topic", "「别的」这一项"),
    ('"市政府督查室"]', '"市委督查室"]', "$.supervision.issuers[1]", "重复"),
    ('["市委督查室", "市政府督查室"]', "[]", "$.supervision.issuers", "没有写明由谁签发"),
    ('basis = "supervision"', "", "$.supervision.basis", "缺少依据"),
    ('basis = "cause"', "", "$.accountability[0].basis", "缺少依据"),
    # Campaigns
    ('column = "topic"', 'column = "theme"', "$.campaign[0].column", "没有「theme」一栏"),
    ('value = "消夏"', 'value = "度夏"', "$.campaign[0].value", "「度夏」这一项"),
    ('value = "消夏"', 'value = "*"', "$.campaign[0].value", "不能是「*」"),
    ('from = 2024-06-01\nthrough = 2024-08-31\ntag = "【清爽度夏】"', "", "$.campaign[0]",
     "没有写明哪些留言"),
    ("through = 2024-08-31", "through = 2024-05-31", "$.campaign[0].through", "早于第一日"),
    ("through = 2024-08-31", "through = 9999-12-31", "$.campaign[0].through", "超出"),
    ("from = 2024-06-01", "from = 0001-01-01", "$.campaign[0].from", "超出"),
    ("from = 2024-06-01", 'from = "六月"', "$.campaign[0].from", "应为日期"),
    ('basis = "campaign"', "", "$.campaign[0].basis", "缺少依据"),
    # Rates
    ('id = "done"', 'id = "handled"', "$.measure[0].id", "已是「办理量」"),
    ('part = "resolved"', 'part = "solved"', "$.measure[0].part", "没有「solved」"),
    ('whole = "valid"', 'whole = "all"', "$.measure[0].whole", "没有「all」"),
    ('excluding = ["law"]', 'excluding = ["lax"]', "$.measure[0].excluding[0]", "没有「lax」"),
    ('excluding = ["law"]', 'excluding = ["law", "law"]', "$.measure[0].excluding[1]", "重复"),
    ('part = "resolved"', 'part = "valid"', "$.measure[0].whole", "不是「有效留言」的一部分"),
    ('part = "resolved"', 'part = "received"', "$.measure[0].whole", "「收到留言」不是"),
    ('part = "resolved"', 'part = "satisfied"', "$.measure[0].whole", "「满意」不是"),
    ('part = "resolved"', 'part = "declined"', "$.measure[0].whole", "「不予受理」不是"),
    ('whole = "valid"', 'whole = "on_time"', "$.measure[0].whole", "「办结」不是「按时」"),
    ("digits = 1", "digits = 7", "$.measure[0].digits", "0 至 6"),
    ("digits = 1", "digits = -1", "$.measure[0].digits", "0 至 6"),
    ('target = "95"', 'target = "95%"', "$.measure[0].target", "不能是「95%」"),
    ('target = "95"', 'target = "950"', "$.measure[0].target", "不能是「950」"),
    ('basis = "measure"', "", "$.measure[0].basis", "缺少依据"),
    # Schedules
    ('kind = "daily_list"', 'kind = "list"', "$.schedule[0].kind", '不能是文字 "list"'),
    ('"每日11:20"', '"常常"', "$.schedule[0].every", "「常常」无法识别"),
    ('"每日11:20"', '"每日8:00、20:00"', "$.schedule[0]", "不另设截止"),
    ('"每日11:20"', '"每年2月30日"', "$.schedule[0].every", "「每年2月30日」无法识别"),
    ('"每日11:20"', '"每日11:40"', "$.schedule[0].handed_over", "交办钟点 11:30 早于成稿的 11:40"),
    ('"每日11:20"', '"每周一12:00"', "$.schedule[0].handed_over", "早于成稿"),
    ('"每日11:20"', '"每月1日12:00"', "$.schedule[0].handed_over", "早于成稿"),
    ('"每日11:20"', '"每年5月1日12:00"', "$.schedule[0].handed_over", "早于成稿"),
    ('kind = "daily_list"', 'kind = "周报"', "$.schedule[0].kind", '不能是文字 "周报"'),
    ('kind = "daily_list"', 'kind = "poll_duty"', "$.schedule[0].every", "须写明每日几次"),
    ('kind = "daily_list"', 'kind = "special"', "$.schedule[0].every", "「专题呈报」是随时的"),
    ("closes = 11:00:00", "closes = 11:00:01", "$.schedule[0]", "整分"),
    ('to = ["office"]', "to = []", "$.schedule[0].to", "没有写明送给谁"),
    ('basis = "schedule"', "", "$.schedule[0].basis", "缺少依据"),
    # Replies
    ('basis = "avoid"', "", "$.reply.avoid[0].basis", "缺少依据"),
    ('choice = "只认号码"', "", "$.reply.part[0].basis", "缺少依据"),
    ('words = ["尽快"]', "", "$.reply.avoid[0].words", "没有写明找什么"),
    ("telephone = true", "", "$.reply.part[0].words", "没有写明找什么"),
    ('words = ["您好"]', 'words = ["您好", " "]', "$.reply.courtesy[0].words[1]", "不能为空"),
    ('words = ["尽快"]', 'words = ["尽快"]\ntelephone = true', "$.reply.avoid[0].telephone",
     "不是应避免的用语"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "path", "reason"), FAULTS)
def test_a_fault(old: str, new: str, path: str, reason: str) -> None:
    """Each fault is told once, at its place, in Chinese, with what to do about it."""
    (fault,) = _faults((old, new))

    assert path == fault.path
    assert reason in fault.reason
    assert fault.mend


@pytest.mark.parametrize(
    ("head", "key"),
    [
        ("[[checklist]]", "id"),
        ("[[accountability]]", "code"),
        ("[[campaign]]", "id"),
        ("[[measure]]", "id"),
        ("[[schedule]]", "id"),
        ("[[reply.avoid]]", "code"),
        ("[[reply.part]]", "code"),
        ("[[reply.courtesy]]", "code"),
    ],
)
def test_ids_are_given_once(head: str, key: str) -> None:
    """Two tables of one array may not bear one name."""
    table = head + WHOLE.split(head)[1].split("\n\n", maxsplit=1)[0]
    (fault,) = _faults((table, f"{table}\n\n{table}"))

    assert fault.path == f"$.{head.strip('[]')}[1].{key}"
    assert "重复" in fault.reason


def test_a_duty_is_for_nobody_else() -> None:
    """Who must look so often a day is told of nothing; anything else goes to somebody."""
    hours = "closes = 11:00:00\ncloses_inclusive = true\nhanded_over = 11:30:00\nto = "
    text = WHOLE.replace("每日11:20", "每日4次").replace(f'{hours}["office"]', "")

    assert read_policy(text.replace("daily_list", "poll_duty")).schedules[0].to == ()


SCHEDULES = [
    ("daily_list", "每日4次", "不能只写次数"),
    ("site_visit", "每日4次", ""),
    ("poll_duty", "每日4次", ""),
    ("daily_list", "随时", "不能随时进行"),
    ("poll_duty", "随时", "须写明每日几次"),
    ("special", "随时", ""),
    ("bulletin", "随时", ""),
    ("consultation", "随时", ""),
    ("assessment", "随时", ""),
    ("site_visit", "每周一9:00", ""),
]


@pytest.mark.parametrize(("kind", "every", "reason"), SCHEDULES)
def test_what_is_counted_and_what_is_made_for_cause(kind: str, every: str, reason: str) -> None:
    """So many times a day, and whenever there is cause, are for the kinds that are so made."""
    hours = "closes = 11:00:00\ncloses_inclusive = true\nhanded_over = 11:30:00\n"
    text = WHOLE.replace("每日11:20", every).replace(hours, "").replace("daily_list", kind)

    if not reason:
        assert read_policy(text).schedules[0].kind == kind
        return
    with pytest.raises(InputFaultsError) as caught:
        read_policy(text)
    (fault,) = caught.value.faults
    assert (fault.path, reason in fault.reason) == ("$.schedule[0].every", True)


def _again(table: str, *pairs: tuple[str, str]) -> str:
    """The policy with a second table of an array, which differs in this."""
    head = f"[[{table}]]"
    more = head + WHOLE.split(head)[1].split("\n\n", maxsplit=1)[0]
    for old, new in pairs:
        assert old in more
        more = more.replace(old, new)
    return f"{WHOLE}\n{more}\n"


OTHER = ('id = "summer"', 'id = "late"')
LATER = [
    ("last_step", [("市政府综合一科", "市委办")], True),
    ("last_step", [("消夏", "其他")], False),
    ("campaign", [OTHER], True),
    ("campaign", [OTHER, ("2024-06-01", "2024-07-01"), ("2024-08-31", "2024-07-31")], True),
    ("campaign", [OTHER, ("【清爽度夏】", "【清爽度夏】第二批")], True),
    ("campaign", [OTHER, ("2024-08-31", "2024-09-01")], False),
    ("campaign", [OTHER, ("2024-06-01", "2024-05-31")], False),
    ("campaign", [OTHER, ("【清爽度夏】", "【暖冬】")], False),
    ("campaign", [OTHER, ('tag = "【清爽度夏】"\n', "")], False),
    ("campaign", [OTHER, ("through = 2024-08-31\n", "")], False),
    ("campaign", [OTHER, ("from = 2024-06-01\n", "")], False),
]


@pytest.mark.parametrize(("table", "pairs", "idle"), LATER)
def test_what_never_applies(table: str, pairs: list[tuple[str, str]], idle: bool) -> None:
    """A later table of which the first already covers every case is told; one that adds is not."""
    text = _again(table, *pairs)
    if not idle:
        assert read_policy(text).id == "li"
        return
    with pytest.raises(InputFaultsError) as caught:
        read_policy(text)
    (fault,) = caught.value.faults
    assert (fault.path, "永远用不到" in fault.reason) == (f"$.{table}[1]", True)


def test_rates_of_every_count() -> None:
    """Every count is a part of counts that there are, and of none that is a part of it."""
    assert COUNTS.keys() == WITHIN.keys()
    for part, wholes in WITHIN.items():
        assert wholes <= COUNTS.keys()
        assert not any(part in WITHIN[whole] for whole in wholes)


CONSEQUENCES = [
    ('values = ["消夏", "其他"]', "values = 3", "$.columns.topic.values"),
    ('id = "four"\n', "", "$.checklist[0]"),
    ('id = "four"', 'idd = "four"', "$.checklist[0].idd"),
    ('code = "law"', "code = 3", "$.decline[0].code"),
    ('act = "instruct"', 'act = "indicate"', "$.gate[0].act"),
    ('tag = "【清爽度夏】"', "tag = 3", "$.campaign[0].tag"),
    ("telephone = true", 'telephone = "是"', "$.reply.part[0].telephone"),
    ('choice = "只认号码"', "choice = 3", "$.reply.part[0].choice"),
    ('to = ["office"]', 'to = "office"', "$.schedule[0].to"),
    ('["先例", "法定职责"]', '"先例"', "$.routing.principles"),
    ('counting = "civil"', 'counting = "lunar"', "$.time.counting"),
]


@pytest.mark.parametrize(("old", "new", "path"), CONSEQUENCES)
def test_a_stand_in_is_not_judged(old: str, new: str, path: str) -> None:
    """What is lost to a fault of shape leads to no second fault, here or elsewhere."""
    shape = WHOLE
    if path == "$.campaign[0].tag":  # the only sign by which messages would belong
        shape = shape.replace("from = 2024-06-01\nthrough = 2024-08-31\n", "")
    with pytest.raises(InputFaultsError) as caught:
        read_policy(shape.replace(old, new, 1))

    told = {fault.path for fault in caught.value.faults}
    missing = {"$.checklist[0]"} if "idd" in new else set()
    assert told == {path} | missing
