"""D10, D18, D20: what the text of a policy must say, and that reading it loses nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import time
from typing import Any

import attrs

from wenzheng_core.cities import read_policy
from wenzheng_core.domain.errors import InputFaultsError
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.provisions import RankingRule, Routing, SupervisionRule
from wenzheng_core.domain.timelimits import TimeRules
from wenzheng_core.proofs.dumping import policy_data, toml_text
from wenzheng_core.proofs.reports import Counterexample, Outcome
from wenzheng_core.proofs.subjects import Subject

_YEAR = re.compile(r"[〔(\[]((?:19|20)\d\d)[〕)\]]|((?:19|20)\d\d)年")
_ARRAYS = {
    "gates": "gate",
    "checklists": "checklist",
    "last_steps": "last_step",
    "rungs": "rung",
    "decline_reasons": "decline",
    "pause_reasons": "pause",
    "extensions": "extension",
    "measures": "measure",
    "accountability": "accountability",
    "campaigns": "campaign",
    "schedules": "schedule",
}


def check_day_end(subject: Subject) -> Outcome:
    """D10: one end of the day, said with its basis, that agrees with the other times of day."""
    policy, rules = subject.policy, subject.policy.time
    failures = []
    ends = rules.day_end
    if ends is not None:
        if not policy.time_basis.strip():
            text = f"一日止于{ends:%H:%M}而不是24时,没有写明依据(民法典第203条第二款)"
            failures.append(Counterexample(text=text, where="$.time.basis", mend="写明依据"))
        if ends == time(0):
            text = "一日止于零时,等于前一日24时"
            failures.append(Counterexample(text=text, where="$.time.day_end", mend="删去 day_end"))
        if rules.cutoff is not None and rules.cutoff > ends:
            text = (
                f"一日止于{ends:%H:%M},截止时点却是{rules.cutoff:%H:%M}:"
                "其间收到的仍算当日,当日却已经结束"
            )
            mend = "截止时点不晚于一日之止"
            failures.append(Counterexample(text=text, where="$.time.cutoff", mend=mend))
        if rules.office_hours and rules.office_hours[-1][1] > ends:
            closes = rules.office_hours[-1][1]
            text = f"一日止于{ends:%H:%M},办公时间却到{closes:%H:%M}"
            mend = "两处写同一下班时间"
            failures.append(Counterexample(text=text, where="$.time.office_hours", mend=mend))
    shown = "24:00" if ends is None else f"{ends:%H:%M}"
    return Outcome(
        checked=1, domain=f"一日止于{shown},所有以日计的时限一律如此", failures=tuple(failures)
    )


def check_round_trip(subject: Subject) -> Outcome:
    """D18: written out and read again, it is the same, in any order of keys."""
    policy = subject.policy
    data = policy_data(policy)
    failures: list[Counterexample] = []
    try:
        found = read_policy(toml_text(data))
        turned = read_policy(toml_text(_turned(data)))
    except InputFaultsError as error:
        fault = error.faults[0]
        text = f"写成文件再读,读不回来:{fault.reason}"
        failures.append(
            Counterexample(text=text, where=fault.path, mend=fault.mend, count=len(error.faults))
        )
    else:
        changed = [
            field.name
            for field in attrs.fields(Policy)
            if field.name != "digest" and getattr(found, field.name) != getattr(policy, field.name)
        ]
        if changed:
            text = f"写成文件再读,{'、'.join(changed)}与原来不同"
            failures.append(Counterexample(text=text, count=len(changed)))
        if attrs.evolve(turned, digest="") != attrs.evolve(found, digest=""):
            failures.append(Counterexample(text="换了键的先后,读出的规则就不同"))
        if turned.digest != found.digest:
            text = f"换了键的先后,摘要由 {found.digest} 变为 {turned.digest}"
            failures.append(Counterexample(text=text))
    return Outcome(checked=2, domain="本办法写成文件再读、键序颠倒后再读", failures=tuple(failures))


def _turned(value: Any) -> Any:
    """The same data with the keys of every table but ``columns`` in the opposite order."""
    if isinstance(value, Mapping):
        pairs = list(value.items())
        return {k: _turned(v) if k != "columns" else v for k, v in reversed(pairs)}
    return [_turned(item) for item in value] if isinstance(value, list) else value


def check_basis(subject: Subject) -> Outcome:
    """D20: whatever obliges anybody says where it stands written."""
    failures, cited = [], 0
    for where, what, basis, choice in _cited(subject.policy):
        cited += 1
        if not basis.strip():
            text = f"{what}没有写明依据"
            mend = '写明文件条款;原文没有的,写明选择并加 choice = "理由"'
            failures.append(Counterexample(text=text, where=f"{where}.basis", mend=mend))
        if choice and not choice.strip():
            text = f"{what}的 choice 是空白:自定之处须写明理由"
            failures.append(Counterexample(text=text, where=f"{where}.choice", mend="写明理由"))
    failures += _backdated(subject.policy)
    return Outcome(
        checked=cited, domain=f"{cited}处须有依据之处与施行日期", failures=tuple(failures)
    )


def _backdated(policy: Policy) -> Iterator[Counterexample]:
    """In force from before the year that its own document bears, and no reason given."""
    years = [int(a or b) for a, b in _YEAR.findall(policy.basis)]
    if years and policy.valid_from.year < min(years) and not policy.valid_from_choice.strip():
        text = f"自 {policy.valid_from.isoformat()} 起施行,而依据「{policy.basis}」是其后才有的文件"
        mend = '改 valid_from,或加 valid_from_choice = "理由"'
        yield Counterexample(text=text, where="$.valid_from", mend=mend)


def _cited(policy: Policy) -> Iterator[tuple[str, str, str, str]]:
    """Where, what, its basis, its choice: whatever a policy says that must stand somewhere."""
    yield "$", "办法本身", policy.basis, policy.valid_from_choice
    if policy.time != TimeRules():
        yield "$.time", "计算规则([time])", policy.time_basis, policy.time_choice
    for c, clock in enumerate(policy.clocks):
        for r, row in enumerate(clock.limits.rows):
            where = f"$.clock[{c}].limit[{r}]"
            what = f"时限「{clock.title}」的规则「{row.id}」"
            yield where, what, row.value.basis, row.value.choice
    for name, key in _ARRAYS.items():
        for index, item in enumerate(getattr(policy, name)):
            yield f"$.{key}[{index}]", f"{key}「{_named(item)}」", item.basis, item.choice
    singles: tuple[tuple[str, Any, Any], ...] = (
        ("routing", policy.routing, Routing()),
        ("supervision", policy.supervision, SupervisionRule()),
        ("ranking", policy.ranking, RankingRule()),
        ("retention", policy.retention, None),
    )
    for name, single, usual in singles:
        if single != usual:
            yield f"$.{name}", name, single.basis, single.choice
    for key, words in (
        ("avoid", policy.reply.avoided),
        ("part", policy.reply.parts),
        ("courtesy", policy.reply.courtesy),
    ):
        for index, word in enumerate(words):
            where = f"$.reply.{key}[{index}]"
            yield where, f"答复用语「{word.title}」", word.basis or word.choice, word.choice


def _named(item: Any) -> str:
    for name in ("id", "code", "clock", "to"):
        if found := getattr(item, name, ""):
            return str(found)
    return ""
