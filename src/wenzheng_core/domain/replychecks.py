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
        basis: the article or document that asks for it, "" if none does.
        choice: why it is looked at, or why by these words, where somebody chose.
    """

    code: str
    text: str
    where: str = ""
    basis: str = ""
    choice: str = ""


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

    def remark(self, code: str, text: str, where: str = "") -> ReplyRemark:
        """A remark that rests on this."""
        return ReplyRemark(code, text, where, self.basis, self.choice)

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
                yield asked.remark(f"missing.{asked.code}", f"没有看到「{asked.title}」,请核对")

    def _avoidable(self, reply: str) -> Iterator[ReplyRemark]:
        for sentence in _SENTENCE.findall(reply):
            plain = normalise(sentence)
            for wording in self.avoided:
                for word in wording.found_in(plain):
                    text = f"「{word}」属于{wording.title},请改写"
                    yield wording.remark(wording.code, text, sentence.strip())
