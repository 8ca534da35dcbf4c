"""The entries of a policy and their fields in Chinese, and their values as an officer writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from enum import Enum
from typing import Any

from wenzheng_core.domain.cadences import Cadence, write_cadence
from wenzheng_core.domain.escalation import Moment, write_moment
from wenzheng_core.domain.instants import show_day, show_instant
from wenzheng_core.domain.limits import Limit, write_limit

KIND_LABELS = {
    "policy": "办法",
    "time": "计算规则",
    "columns": "分类",
    "clock": "时限",
    "clock.limit": "时限规定",
    "gate": "关口",
    "checklist": "清单",
    "routing": "分办",
    "last_step": "报送",
    "rung": "阶梯",
    "decline": "不予受理情形",
    "pause": "中止情形",
    "extension": "延期",
    "campaign": "专项活动",
    "schedule": "日程",
    "measure": "统计指标",
    "ranking": "排名",
    "supervision": "督办单",
    "accountability": "问责情形",
    "retention": "保存期限",
    "reply": "回复用语",
}
"""The tables of ``policy.toml``, each with its Chinese word, in the order in which they are told."""

FIELD_LABELS = {
    "id": "编号",
    "title": "名称",
    "version": "版本",
    "valid_from": "施行日期",
    "valid_from_choice": "施行日期的选择",
    "basis": "依据",
    "choice": "选择的理由",
    "truncated": "原文缺失",
    "silent": "原文没有写的",
    "systems": "来源系统",
    "calendar": "日历",
    "main_clock": "主时限",
    "counting": "算法",
    "cutoff": "收件截止钟点",
    "day_end": "到期日止于",
    "office_hours": "办公时间",
    "values": "取值",
    "severity": "由重到轻",
    "baseline": "上级办法",
    "default": "未写明时",
    "aliases": "同义词",
    "starts": "起",
    "stops": "止",
    "per_unit": "各单位分计",
    "inside": "须在何时限之内",
    "leaving": "须留出",
    "within": "时限",
    "no_limit": "没有时限的说明",
    "soft": "一般要求",
    "promise": "承诺",
    "office_may_shorten": "可另定更短",
    "conditions": "情形",
    "overrides": "取代",
    "act": "事项",
    "by": "由谁",
    "before": "在何事之前",
    "blocks": "拦截",
    "overrides_routing": "可改定牵头单位",
    "attempts": "联系几次未果可过",
    "checklists": "清单",
    "items": "各项",
    "clock": "时限",
    "at": "时点",
    "to": "告知或报送",
    "fallback": "无人时改告",
    "channel": "渠道",
    "code": "编号",
    "answer": "答复",
    "counts_as_replied": "计入回复率",
    "diverts_to": "引导至",
    "at_most": "累计至多",
    "clocks": "可中止的时限",
    "approver": "批准",
    "times": "次数",
    "kind": "内容",
    "cadence": "周期",
    "closes": "截止",
    "closes_inclusive": "含截止钟点",
    "handed_over": "交办钟点",
    "part": "分子",
    "whole": "分母",
    "excluding": "不计",
    "digits": "小数位数",
    "target": "目标",
    "column": "归入栏目",
    "value": "归入取值",
    "first": "自",
    "until": "止于(不含)",
    "tag": "标签",
    "principles": "原则",
    "principle_required": "须写明原则",
    "send_back_within": "退件期限",
    "send_back_times": "退件次数",
    "issuers": "签发",
    "words": "词语",
    "telephone": "电话可作数",
    "years": "保存年数",
    "ranked_by": "依次比较",
    "order": "先后",
}
"""The fields of the entries, each with its Chinese word."""


def write_value(value: Any) -> str:
    """A value of an entry as an officer writes it."""
    if value is None or value in ("", ()):
        return "无"
    if value == ({},):
        return "一律"
    written = (write(value) for kind, write in _WRITERS if isinstance(value, kind))
    return next(written, str(value))


def _members(value: Any) -> str:
    return "/".join(sorted(value)) if isinstance(value, frozenset) else write_value(value)


def _several(values: tuple[Any, ...]) -> str:
    between = " 或 " if isinstance(values[0], Mapping) else "、"
    if isinstance(values[0], tuple):
        return "、".join("至".join(map(write_value, pair)) for pair in values)
    return between.join(map(write_value, values))


_WRITERS: tuple[tuple[Any, Callable[[Any], str]], ...] = (
    (bool, lambda value: "是" if value else "否"),
    (Enum, lambda value: str(getattr(value, "label", value.value))),
    (Moment, write_moment),
    (time, "{:%H:%M}".format),
    (datetime, show_instant),
    (date, show_day),
    (
        Mapping,
        lambda value: ",".join(f"{name}={_members(found)}" for name, found in value.items()),
    ),
    (tuple, _several),
    (Limit, write_limit),
    (Cadence, write_cadence),
)
