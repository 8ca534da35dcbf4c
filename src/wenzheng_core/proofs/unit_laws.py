"""D16: units are types."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterator, Mapping

from wenzheng_core.domain.limits import Limit, SameDay, write_limit
from wenzheng_core.domain.policies import Policy
from wenzheng_core.proofs.reports import Counterexample, Outcome
from wenzheng_core.proofs.subjects import Subject
from wenzheng_core.proofs.sweep import placed_limits


def check_units(subject: Subject) -> Outcome:
    """D16: nothing adds or orders limits of different units without a calendar."""
    limits = placed_limits(subject.policy)
    failures = [*_ordered_by_number(limits), *_mixed_extensions(subject.policy)]
    extensions = len(subject.policy.extensions)
    if len(limits) < 2 and not extensions:
        return Outcome(absent="没有两种时限可比,也没有延期规定")
    mixed = [
        pair for pair in itertools.combinations(limits, 2) if type(pair[0]) is not type(pair[1])
    ]
    example = "、".join(f"「{write_limit(limit)}」" for limit in mixed[0]) if mixed else ""
    told = f",其中{len(mixed)}对单位不同(如{example}),只能逐日比较" if mixed else ""
    return Outcome(
        checked=len(limits) * (len(limits) - 1) // 2 + extensions,
        domain=f"{len(limits)}种时限两两之间{told};{extensions}项延期规定",
        failures=tuple(failures),
    )


def _ordered_by_number(limits: Mapping[Limit, str]) -> Iterator[Counterexample]:
    for one, other in itertools.permutations(limits, 2):
        if type(one) is type(other):
            continue
        for sign, does in (("<", operator.lt), ("+", operator.add)):
            try:
                does(one, other)
            except TypeError:
                continue
            word = "比出先后" if sign == "<" else "相加"
            yield Counterexample(
                text=f"「{write_limit(one)}」与「{write_limit(other)}」单位不同,却不看日历就能{word}",
                where=limits[one],
                mend="不同单位的时限只能由日历逐日比较",
            )


def _mixed_extensions(policy: Policy) -> Iterator[Counterexample]:
    for index, rule in enumerate(policy.extensions):
        for clock in policy.clocks:
            if clock.id != rule.clock:
                continue
            for row in clock.limits.winners_with(rule.conditions):
                within = row.value.within
                if within is None or (
                    type(within) is type(rule.at_most) and not isinstance(within, SameDay)
                ):
                    continue
                yield Counterexample(
                    text=(
                        f"时限「{clock.title}」的规则「{row.id}」为「{write_limit(within)}」,"
                        f"延期却以「{write_limit(rule.at_most)}」为限:单位不同,无从相加"
                    ),
                    where=f"$.extension[{index}].at_most",
                    mend="延期用原时限的单位,或用 when 写明只对哪些情形可以延期",
                )
