"""What became of the mutants of a policy, counted and told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum

import attrs

from wenzheng_core.mutants.mutators import Mutant
from wenzheng_core.mutants.suggesting import Suggestion

FORM = "wenzheng.mutation/1"
"""The version of the form in which a score is written as JSON."""


class By(StrEnum):
    """Who killed a mutant, in the order in which they are asked; or that nobody did."""

    LOAD = "load"
    GOLDEN = "golden"
    STORY = "story"
    QUICK = "quick"
    EQUIVALENT = "equivalent"
    ENTRIES = "entries"
    CI = "ci"
    SURVIVED = "survived"

    @property
    def label(self) -> str:
        """The Chinese words."""
        return _LABELS[self]


_LABELS = {
    By.LOAD: "装载",
    By.GOLDEN: "实例",
    By.STORY: "事例",
    By.QUICK: "即时检验",
    By.EQUIVALENT: "等价",
    By.ENTRIES: "条目",
    By.CI: "逐日检验",
    By.SURVIVED: "存活",
}


@attrs.frozen(kw_only=True)
class Fate:
    """What became of a mutant: ``why`` is the first that noticed it; ``suggestion`` if none did."""

    mutant: Mutant
    by: By
    why: str = ""
    suggestion: Suggestion | None = None


@attrs.frozen(kw_only=True)
class Score:
    """The fates of all mutants of one version of a policy."""

    policy: str
    version: str
    digest: str
    fates: tuple[Fate, ...]

    def count(self, by: By) -> int:
        """How many met that fate."""
        return sum(fate.by is by for fate in self.fates)

    @property
    def survivors(self) -> tuple[Fate, ...]:
        """Mutants that nobody notices, though they change something."""
        return tuple(fate for fate in self.fates if fate.by is By.SURVIVED)

    @property
    def able(self) -> int:
        """How many mutants change something."""
        return len(self.fates) - self.count(By.EQUIVALENT)

    @property
    def killed(self) -> int:
        """How many of them are noticed."""
        return self.able - len(self.survivors)

    @property
    def per_cent(self) -> str:
        """The score; never rounded up to 100%."""
        if not self.able:
            return "—"
        return f"{self.killed * 1000 // self.able / 10:g}%"

    def tally(self) -> Mapping[str, Mapping[By, int]]:
        """By operator, how many met which fate."""
        found: dict[str, Counter[By]] = {}
        for fate in self.fates:
            found.setdefault(fate.mutant.operator, Counter())[fate.by] += 1
        return found


_HEAD = ("编号", "版本", "改动", "等价", "装载", "输入", "条目", "存活", "得分")
_BY_INPUT = (By.GOLDEN, By.STORY, By.QUICK, By.CI)


def markdown(scores: Iterable[Score]) -> list[str]:
    """The scores as a table: noticed when read, by what comes of an input, by a second writing."""
    rows = [_HEAD, ("---",) * len(_HEAD), *map(_row, scores)]
    return [f"| {' | '.join(row)} |" for row in rows]


def _row(score: Score) -> tuple[str, ...]:
    by_input = sum(map(score.count, _BY_INPUT))
    counts = (
        len(score.fates), score.count(By.EQUIVALENT), score.count(By.LOAD), by_input,
        score.count(By.ENTRIES), len(score.survivors),
    )  # fmt: skip
    return score.policy, score.version, *map(str, counts), score.per_cent
