"""Suggestions on a proposed reply: vague words, missing parts, tone. An officer judges, not this.

Which words count is a policy's data, each list with its basis, or with the reason of the choice
where somebody chose. Words are looked for in normalised text and sentence by sentence; nothing here
understands a sentence, so a remark says what to look at and never stops a reply.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import attrs

from wenzheng_core.domain.texts import normalise

_SENTENCE = re.compile(r"[^。!?;！？；…\r\n]+[。!?;！？；…]*")
# A number one can call: with or without its area code, or a hotline such as 12345; no netizen's
# number (UU0081234), no sum of money.
_TELEPHONE = re.compile(
    r"(?<![A-Za-z\d])(?<!\d\.)(?:0\d{2,3}-?\d{7,8}|1\d{10}|[2-9]\d{6,7}|12[1-3]\d\d)(?!\.?\d|[号年元万])"
)


@attrs.frozen
class ReplyRemark:
    """One thing to look at before a reply is approved.

    Attributes:
        code: stable name, such as ``vague`` or ``missing.contact``.
        text: what to do, for the officer.
        where: the sentence as it stands in the reply; "" if something is missing.
    """

    code: str
    text: str
    where: str = ""


@attrs.frozen(kw_only=True)
class Wording:
    """Words that a reply should avoid or, for a part of it, the cues of which it should hold one.

    Attributes:
        code: the code of the remark.
        title: the Chinese name.
        words: as a policy lists them; none means that nothing is checked by words.
        telephone: a telephone number is a cue.
        basis: the article or document.
        choice: why these words, where the text names none.
    """

    code: str
    title: str
    words: tuple[str, ...] = ()
    telephone: bool = False
    basis: str = ""
    choice: str = ""

    def found_in(self, plain: str) -> tuple[str, ...]:
        """Those of the words that a normalised text holds."""
        return tuple(word for word in self.words if normalise(word) in plain)

    def met_by(self, plain: str) -> bool:
        """Whether a normalised text holds any cue; where no cue is named, nothing is asked."""
        if not self.words and not self.telephone:
            return True
        by_number = self.telephone and _TELEPHONE.search(plain) is not None
        return by_number or bool(self.found_in(plain))


@attrs.frozen(kw_only=True)
class ReplyChecks:
    """What a policy has its replies looked through for; the empty value looks for nothing.

    Attributes:
        avoided: words better not used, each list with its own remark (vague, reproachful).
        parts: what a reply should hold.
        courtesy: forms of address, one of which a reply should hold.
    """

    avoided: tuple[Wording, ...] = ()
    parts: tuple[Wording, ...] = ()
    courtesy: tuple[Wording, ...] = ()

    def remarks(self, reply: str) -> tuple[ReplyRemark, ...]:
        """What to look at: first what is missing, then what stands there, in reading order."""
        return (*self._missing(normalise(reply)), *self._avoidable(reply))

    def _missing(self, plain: str) -> Iterator[ReplyRemark]:
        for asked in (*self.courtesy, *self.parts):
            if not asked.met_by(plain):
                yield ReplyRemark(f"missing.{asked.code}", f"没有看到「{asked.title}」,请核对")

    def _avoidable(self, reply: str) -> Iterator[ReplyRemark]:
        for sentence in _SENTENCE.findall(reply):
            plain = normalise(sentence)
            for wording in self.avoided:
                for word in wording.found_in(plain):
                    text = f"「{word}」属于{wording.title},请改写"
                    yield ReplyRemark(wording.code, text, sentence.strip())


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

GREETING = Wording(
    code="greeting",
    title="问候或称呼",
    words=("您好", "你好", "尊敬的"),
    choice="来源文件要求态度诚恳,未列用语;由本项目选定",
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
    choice="来源文件要求态度诚恳,未列用语;由本项目选定",
)

SUGGESTED_CHECKS = ReplyChecks(
    avoided=(YUEQING_VAGUE, REPROACH), parts=WUHU_PARTS, courtesy=(GREETING,)
)
