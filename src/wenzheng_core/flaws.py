"""What an audit finds wrong in a store: kinds, places, and a bounded list of them."""

from __future__ import annotations

from enum import StrEnum

import attrs

SHOWN = 100
"""How many flaws a report holds; all are counted."""


class FlawKind(StrEnum):
    """What is wrong with a place of the store."""

    MISSING = "missing"
    ORDER = "order"
    CONTENT = "content"
    LINK = "link"
    DIGEST = "digest"
    UNREADABLE = "unreadable"
    HEAD = "head"
    CHECKPOINT = "checkpoint"
    SIGNATURE = "signature"
    CASE = "case"
    LOOKUP = "lookup"

    @property
    def label(self) -> str:
        """The Chinese words."""
        return _LABELS[self]


_LABELS = {
    FlawKind.MISSING: "此前的内容缺失",
    FlawKind.ORDER: "次序不对",
    FlawKind.CONTENT: "内容与链不符",
    FlawKind.LINK: "与前一条的链接不符",
    FlawKind.DIGEST: "摘要算法无法识别",
    FlawKind.UNREADABLE: "无法读取",
    FlawKind.HEAD: "链尾与登记的不符",
    FlawKind.CHECKPOINT: "与锚定不符",
    FlawKind.SIGNATURE: "锚定的签名不成立",
    FlawKind.CASE: "办件与其记录不符",
    FlawKind.LOOKUP: "办件的检索栏目与其内容不符",
}


@attrs.frozen(kw_only=True)
class Flaw:
    """One thing wrong, and where; ``str`` says it in Chinese.

    Attributes:
        kind: what is wrong.
        position: of the record, from 1; 0 if it is about no record.
        line: number of the line of the diary, from 1; 0 if it is about none.
        case_id: of which case; "" for none.
        version: of which version of it; 0 for the case as a whole.
        detail: more words, in Chinese; never a citizen's.
    """

    kind: FlawKind
    position: int = 0
    line: int = 0
    case_id: str = ""
    version: int = 0
    detail: str = ""

    def __str__(self) -> str:
        places = (
            f"位置 {self.position}" if self.position else "",
            f"值班日志第 {self.line} 行" if self.line else "",
            f"办件 {self.case_id}" if self.case_id else "",
            f"第 {self.version} 版" if self.version else "",
        )
        where = ",".join(filter(None, places)) or "整体"
        tail = f"({self.detail})" if self.detail else ""
        return f"{where}:{self.kind.label}{tail}"


@attrs.define
class Flaws:
    """Flaws as they are found: the first :data:`SHOWN` are kept, all are counted."""

    kept: list[Flaw] = attrs.field(factory=list)
    count: int = 0

    def add(self, flaw: Flaw) -> None:
        """Take one more."""
        self.count += 1
        if len(self.kept) < SHOWN:
            self.kept.append(flaw)
