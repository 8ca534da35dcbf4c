"""Every error that the core raises: one root, and attributes instead of prose to be parsed.

What an officer or a policy author may read is Chinese; the attributes are for programs.
"""

from __future__ import annotations

from datetime import date, datetime

import attrs


class WenzhengError(Exception):
    """The root: catching it catches everything that the core raises on purpose."""


@attrs.frozen
class Fault:
    """One thing wrong with an input: what, where, and how to mend it."""

    reason: str
    path: str
    mend: str = ""

    def __str__(self) -> str:
        line = f"{self.reason} @ {self.path}"
        return f"{line}({self.mend})" if self.mend else line


class InputFaultsError(WenzhengError):
    """A file or record is not acceptable; ``faults`` holds all its faults, not just the first."""

    def __init__(self, subject: str, faults: tuple[Fault, ...]) -> None:
        self.subject = subject
        self.faults = faults
        lines = "\n".join(f"  {fault}" for fault in faults)
        super().__init__(f"{subject}:共 {len(faults)} 处错误\n{lines}")


class KeyAbsentError(WenzhengError):
    """What is sealed cannot be opened, for the key is not at hand; nothing shows that it is spoilt."""


def wants_key(error: BaseException | None) -> bool:
    """Whether something could not be read because a key is not at hand."""
    while error is not None and not isinstance(error, KeyAbsentError):
        error = error.__cause__
    return error is not None


class NaiveTimeError(WenzhengError, ValueError):
    """An instant came without a time zone, so it names no moment."""

    def __init__(self, value: datetime) -> None:
        self.value = value
        super().__init__(f"时间 {value.isoformat()} 没有时区;请给出时区,例如 +08:00(北京时间)")


class ArgumentError(WenzhengError, TypeError, ValueError):
    """A program handed over something of another kind, or nothing; ``name`` is the argument's."""

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.reason = reason
        super().__init__(f"参数 {name}:{reason}")


def require_kind(value: object, kind: type, name: str, example: str) -> None:
    """Raise ArgumentError unless the value is of the kind; never shows what the value holds."""
    if not isinstance(value, kind):
        came = f"类 {value.__name__} 本身" if isinstance(value, type) else type(value).__name__
        raise ArgumentError(name, f"应为 {kind.__name__},如 {example};得到的是 {came}")


def require_text(value: object, name: str) -> None:
    """Raise ArgumentError unless the value is a text with something in it."""
    require_kind(value, str, name, '"文字"')
    if not str(value).strip():
        raise ArgumentError(name, "不能为空")


class LimitSyntaxError(WenzhengError, ValueError):
    """A text is not a time limit."""

    def __init__(self, text: str, reason: str) -> None:
        self.text = text
        self.reason = reason
        super().__init__(f"时限「{text}」无法识别:{reason}")


class LimitUseError(WenzhengError, ValueError):
    """A limit is well formed but cannot be used as asked, such as mixing units that never mix."""


class OutsideCalendarError(WenzhengError, LookupError):
    """A day lies where the calendar has neither an arrangement nor an expectation."""

    def __init__(self, calendar: str, day: date | None, first: date, last: date) -> None:
        self.calendar = calendar
        self.day = day
        self.first = first
        self.last = last
        asked = day.isoformat() if day else "所求日期"
        super().__init__(
            f"{asked} 超出日历「{calendar}」的范围({first.isoformat()} 至 {last.isoformat()});"
            "请补充相应年度的放假安排"
        )


class RefusedError(WenzhengError):
    """A command was refused; nothing changed. ``rule`` is stable, ``reason`` is for the officer."""

    def __init__(self, rule: str, reason: str, basis: str = "") -> None:
        self.rule = rule
        self.reason = reason
        self.basis = basis
        tail = f"(依据:{basis})" if basis else ""
        super().__init__(f"{reason}{tail}")


class UnknownError(WenzhengError, LookupError):
    """Something was asked for by a name that nobody has: a city, a case, a unit, a calendar."""

    def __init__(self, kind: str, name: str, known: tuple[str, ...] = (), mend: str = "") -> None:
        self.kind = kind
        self.name = name
        self.known = known
        text = f"没有名为「{name}」的{kind}"
        if known:
            text += f";现有:{'、'.join(known)}"
        super().__init__(f"{text};{mend}" if mend else text)


class ConflictError(WenzhengError):
    """Somebody else wrote to the case first; load it again and decide again."""

    def __init__(self, case_id: str, expected: int) -> None:
        self.case_id = case_id
        self.expected = expected
        super().__init__(f"办件 {case_id} 已被他人更新(预期版本 {expected});请重新读取后再办")


class KeyReusedError(WenzhengError):
    """An idempotency key came back with another command; neither is carried out again."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"幂等键「{key}」已用于另一条指令;每条指令须用自己的键")


class PluginError(WenzhengError):
    """A plugin is missing, misspelt, or claims a name that another one has."""
