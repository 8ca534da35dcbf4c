"""Reply checks to test with: words that two towns name, cues and courtesies that were chosen.

No city's policy holds these; each brings its own words in ``[reply]`` of its ``policy.toml``.
"""

from __future__ import annotations

from wenzheng_core.domain.replychecks import ReplyChecks, Wording

YUEQING_VAGUE = Wording(
    code="vague",
    title="模糊用语(应写明时间、措施)",
    words=("近期", "尽快", "即将"),
    basis="乐清市网络问效:回复不得使用「近期、尽快、即将」等模糊用语(据公开转载)",
)

_WUHU = (
    "芜政办秘〔2008〕137号:答复应有核实情况、法规政策、处理情况、下一步措施和联系电话(据公开转载)"
)
_CUES = "办法只列内容,未列用语;线索词由本项目选定"

WUHU_PARTS = (
    Wording(
        code="facts",
        title="核实情况",
        words=("核实", "核查", "经查", "调查", "查看", "查明", "了解", "现场", "情况如下"),
        basis=_WUHU,
        choice=_CUES,
    ),
    Wording(
        code="ground",
        title="法规政策",
        words=("根据", "依据", "按照", "依照", "依法", "规定", "条例", "办法", "政策", "《"),
        basis=_WUHU,
        choice=_CUES,
    ),
    Wording(
        code="action",
        title="处理情况",
        words=("已", "处理", "整改", "责令", "要求", "督促", "组织", "协调", "开展", "解决"),
        basis=_WUHU,
        choice=_CUES,
    ),
    Wording(
        code="next_step",
        title="下一步措施",
        words=("下一步", "下阶段", "将", "后续", "继续", "计划", "预计"),
        basis=_WUHU,
        choice=_CUES,
    ),
    Wording(
        code="contact",
        title="联系电话",
        telephone=True,
        basis=_WUHU,
        choice="只认电话号码:「经电话联系」不是联系方式",
    ),
)

_TONE = "武汉市教育局只要求回复「有态度、有温度、有回应、有情感」(据长江日报),未列用语;由本项目选定"

GREETING = Wording(
    code="greeting",
    title="问候或称呼",
    words=("您好", "你好", "尊敬的"),
    choice=_TONE,
)

REPROACH = Wording(
    code="reproach",
    title="责备用语",
    words=(
        "无理取闹",
        "胡搅蛮缠",
        "无中生有",
        "别有用心",
        "恶意攻击",
        "不予理睬",
        "自作自受",
        "素质低",
        "与我们无关",
        "与我单位无关",
    ),
    choice=_TONE,
)

SUGGESTED_CHECKS = ReplyChecks(
    avoided=(YUEQING_VAGUE, REPROACH), parts=WUHU_PARTS, courtesy=(GREETING,)
)
