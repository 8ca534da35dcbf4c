"""Worked examples from a city's source, read from ``cases.toml``: what must come of which input.

Reading is pure, and lists all faults of the file at once. Whether the policy gives what an example
says is looked at by :mod:`wenzheng_core.goldenchecks`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

import attrs

from wenzheng_core import casesfile as f
from wenzheng_core.cityfiles import (
    beijing,
    check_basis,
    check_instants,
    read_file,
    require_sound,
)
from wenzheng_core.domain.frozen import FrozenDict, frozen
from wenzheng_core.namechecks import check_names
from wenzheng_core.policywords import Words

T = TypeVar("T")

SINGLE = ("time", "routing", "ranking", "supervision", "retention")
_OWN = frozenset({"id", "basis", "version", "note", *SINGLE})
KINDS = tuple(x.name for x in attrs.fields(f.ExpectTable) if x.name not in _OWN)
"""The kinds of entries of which an example may say what they are, and the tables of which there is
one."""

_RATE = re.compile(r"[0-9]+(\.[0-9]+)?%|—")


@attrs.frozen(kw_only=True)
class GoldenCase:
    """What the source says comes of an input; instants are aware.

    One of ``due_day``, ``due`` and ``no_limit``; ``rungs`` by id; ``known_on`` reckons by the
    calendar as published then.
    """

    id: str
    clock: str
    start: datetime
    basis: str
    due_day: date | None
    due: datetime | None
    row: str
    facts: dict[str, str]
    rungs: dict[str, datetime]
    known_on: date | None
    no_limit: bool = False


@attrs.frozen(kw_only=True)
class GoldenRun:
    """In which run of a schedule a receipt is spoken of; ``handed_over`` None if the text is silent."""

    id: str
    schedule: str
    received: datetime
    run: datetime
    handed_over: datetime | None
    basis: str


@attrs.frozen(kw_only=True)
class GoldenDuty:
    """How many log-ins a day lacks of its duty."""

    id: str
    schedule: str
    day: date
    logins: tuple[datetime, ...]
    missing: int
    basis: str


@attrs.frozen(kw_only=True)
class GoldenRate:
    """A rate as the source writes it, of counts; ``declined`` by the codes of declining."""

    id: str
    measure: str
    counts: Mapping[str, int] = attrs.field(converter=frozen)
    declined: Mapping[str, int] = attrs.field(default=FrozenDict(), converter=frozen)
    value: str
    basis: str


@attrs.frozen(kw_only=True)
class GoldenBelonging:
    """Whether a message belongs to a campaign."""

    id: str
    campaign: str
    posted: datetime
    text: str
    belongs: bool
    basis: str


@attrs.frozen(kw_only=True)
class GoldenEntries:
    """What entries of a version say, in the keys of ``policy.toml``: by kind, then by id.

    ``version`` is "" for the newest; a table of which there is one is known by "".
    """

    id: str
    version: str
    basis: str
    entries: Mapping[str, Mapping[str, Mapping[str, Any]]]


@attrs.frozen(kw_only=True)
class Examples:
    """Worked examples of other things than deadlines."""

    runs: tuple[GoldenRun, ...] = ()
    duties: tuple[GoldenDuty, ...] = ()
    rates: tuple[GoldenRate, ...] = ()
    belongings: tuple[GoldenBelonging, ...] = ()
    entries: tuple[GoldenEntries, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.runs or self.duties or self.rates or self.belongings)


def read_cases(text: str, subject: str = "cases.toml") -> tuple[tuple[GoldenCase, ...], Examples]:
    """The golden cases and other examples of a TOML text. Raises InputFaultsError with every fault."""
    shape, words = read_file(text, subject, f.CasesFile, f.CASES_SCHEMA)
    file = shape.value
    check_names(file, words)
    for index, case in enumerate(file.case):
        _check_case(words, case, f"$.case[{index}]")
    for index, run in enumerate(file.run):
        check_instants(
            words,
            f"$.run[{index}]",
            received=run.received,
            run=run.run,
            handed_over=run.handed_over,
        )
    for index, duty in enumerate(file.duty):
        _check_duty(words, duty, f"$.duty[{index}]")
    for index, rate in enumerate(file.rate):
        _check_rate(words, rate, f"$.rate[{index}]")
    for index, belongs in enumerate(file.belongs):
        check_instants(words, f"$.belongs[{index}]", posted=belongs.posted)
    for index, expect in enumerate(file.expect):
        _check_expect(words, expect, f"$.expect[{index}]")
    for name in ("case", "run", "duty", "rate", "belongs", "expect"):
        tables = getattr(file, name)
        words.unique([table.id for table in tables], f"$.{name}")
        for index, table in enumerate(tables):
            check_basis(words, table.basis, f"$.{name}[{index}]")
    require_sound(subject, *shape.faults, *words.faults)
    examples = Examples(
        runs=_made(GoldenRun, file.run),
        duties=_made(GoldenDuty, file.duty),
        rates=_made(GoldenRate, file.rate),
        belongings=_made(GoldenBelonging, file.belongs),
        entries=tuple(map(_entries, file.expect)),
    )
    return _made(GoldenCase, file.case), examples


def read_golden(text: str, subject: str = "cases.toml") -> tuple[GoldenCase, ...]:
    """The golden cases of deadlines alone. Raises InputFaultsError with every fault."""
    return read_cases(text, subject)[0]


def _check_case(words: Words, case: f.CaseTable, path: str) -> None:
    said = [case.due_day is not None, case.due is not None, case.no_limit]
    spoilt = any(words.is_lost(f"{path}.{key}") for key in ("due_day", "due", "no_limit"))
    if sum(said) != 1 and not spoilt:
        mend = (
            "到期为一整天的写 due_day = 2020-10-12;到某时刻的写 due = 2020-10-12T16:00:00;"
            "原文没有时限的写 no_limit = true"
        )
        words.fault("due_day、due 与 no_limit 须写且只写一个", path, mend)
    if case.no_limit and case.rungs:
        words.fault("没有时限的实例没有阶梯", f"{path}.rungs", "删去 rungs,或写到期日")
    check_instants(words, path, start=case.start, due=case.due)
    check_instants(words, f"{path}.rungs", **case.rungs)


def _check_duty(words: Words, duty: f.DutyTable, path: str) -> None:
    for place, login in enumerate(duty.logins):
        check_instants(words, path, **{f"logins[{place}]": login})
    if duty.missing < 0:
        words.fault("所缺次数不能小于0", f"{path}.missing", "次数够了写 0")


def _check_rate(words: Words, rate: f.RateTable, path: str) -> None:
    if not _RATE.fullmatch(rate.value):
        words.fault(f"「{rate.value}」不是比率", f"{path}.value", "写作 95.83%;没有分母的写 —")
    for part in ("counts", "declined"):
        for name, count in getattr(rate, part).items():
            if count < 0:
                words.fault("件数不能小于0", f"{path}.{part}.{name}", "写不小于0的整数")


def _check_expect(words: Words, expect: f.ExpectTable, path: str) -> None:
    kinds = attrs.asdict(expect, recurse=False)
    if not any(kinds[kind] for kind in KINDS) and not any(kinds[one] is not None for one in SINGLE):
        words.fault(
            "没有写任何条目", path, '如 rung.red = { at = "到期", … },键与 policy.toml 相同'
        )


def _entries(expect: f.ExpectTable) -> GoldenEntries:
    found = {kind: getattr(expect, kind) for kind in KINDS}
    single = {one: getattr(expect, one) for one in SINGLE}
    found |= {one: {"": keys} for one, keys in single.items() if keys is not None}
    return GoldenEntries(
        id=expect.id,
        version=expect.version,
        basis=expect.basis,
        entries={kind: entries for kind, entries in found.items() if entries},
    )


def _made(kind: type[T], tables: Iterable[Any]) -> tuple[T, ...]:
    """Each table as a value of the kind, whose fields bear the same names."""
    names = [field.name for field in attrs.fields(kind)]  # type: ignore[arg-type]
    return tuple(kind(**{name: _aware(getattr(t, name)) for name in names}) for t in tables)


def _aware(value: Any) -> Any:
    match value:
        case datetime():
            return beijing(value)
        case tuple():
            return tuple(map(_aware, value))
        case dict():
            return {name: _aware(item) for name, item in value.items()}
        case _:
            return value
