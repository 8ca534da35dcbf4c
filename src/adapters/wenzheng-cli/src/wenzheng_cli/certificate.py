"""The certificate of a policy: what was examined, how, what came of it, and what it does not say.

The same report gives the same certificate, to the letter: no date stands in it unless one is given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import attrs

from wenzheng_cli.policypage import absent, choices
from wenzheng_cli.rendering import Block, Grid, Heading, Items, Paragraph
from wenzheng_core import Calendar, City, Line, Policy, PolicyReport, Status
from wenzheng_core.domain.instants import show_day
from wenzheng_core.proofs.catalogue import Property
from wenzheng_core.proofs.reports import Counterexample
from wenzheng_core.proofs.subjects import EXAMPLES, QUICK
from wenzheng_core.proofs.verifying import known

TITLE = "规则检验证书"
FAMILIES = {
    "D": "期限",
    "PRX": "中止、重新起算与延期",
    "L": "督办阶梯",
    "W": "办理流程",
    "TY": "版本、决定与反例",
}
"""The parts of the catalogue, by the first letters of their ids."""

_READING = (
    "PROVED(逐一验证):把「检验范围」一栏写明的情形、日子、时刻或处境从头到尾逐一算过,没有一个例外,"
    "在该范围之内就是证明。SAMPLED(抽样):经过无穷多、不能逐一算完的,按固定的种子抽取所写数目的例子"
    "逐一重演,没有发现例外;同一种子可以原样重做,但抽样不是证明。两个词从不混用。「不涉及」是本办法没有"
    "规定这条性质所说的事;「未检验」是所选级别或所给日历没有到这一步。"
)
_NOT_PROVED = (
    "期限的天数、办理的单位和职务是否与原文相符、是否合适。检验不能证明「5日」就是原文所写的那个数字。",
    "原文与 policy.toml 是否一致,要靠 cases.toml 中逐例注明依据、在挂历上人工数出的实例。",
    "已公布放假安排以外的日子。那里的期限一律标为暂定,待安排公布后重算。",
    "标为 SAMPLED 的各条在所抽例子之外的情形,以及标为「不涉及」「未检验」「已豁免」的各条。",
    "宿主系统、短信等渠道、数据库和经办人是否照所定的规则办事。",
)


@attrs.frozen
class Certified:
    """One examined policy: its report, itself, its city, and the calendar it was examined by."""

    report: PolicyReport
    policy: Policy
    city: City
    calendar: Calendar | None = None


def certificate(examined: Sequence[Certified], day: date | None = None) -> Iterator[Block]:
    """The certificate of one policy, or of several one after the other."""
    yield Heading(1, TITLE)
    if day:
        yield Paragraph(f"出具日期:{show_day(day)}")
    yield Heading(2, "怎样读")
    yield Paragraph(_READING)
    for one in examined:
        yield from _policy(one)
    yield Heading(2, "本证书没有证明的")
    yield Items(_NOT_PROVED)


def conclusion(report: PolicyReport) -> str:
    """Whether the policy may be used, in one sentence."""
    failed = len(report.failed)
    if failed:
        return f"不通过:必须成立的性质有{failed}条不成立"
    skipped = sum(line.status is Status.NOT_RUN for line in report.lines)
    return "通过" + (f"(另有{skipped}条未检验)" if skipped else "")


def totals(report: PolicyReport) -> str:
    """How many properties came out how, and how many of those that hold are proved."""
    counts = Counter(line.status for line in report.lines)
    holding = Counter(
        line.outcome.grade.value for line in report.lines if line.status is Status.HOLDS
    )
    proved = "、".join(f"{grade} {number}条" for grade, number in sorted(holding.items()))
    parts = [f"{status.label}{counts[status]}条" for status in Status if counts[status]]
    if proved:
        parts[0] += f"({proved})"
    return f"共{len(report.lines)}条:{','.join(parts)}"


def extent(line: Line) -> str:
    """What was looked at, or why nothing was."""
    outcome = line.outcome
    if outcome.absent:
        return outcome.absent
    if not line.examined():
        return "所选级别不到这一步"
    return outcome.domain


def number(line: Line) -> str:
    """How many inputs were looked at; "" where none was."""
    return f"{line.outcome.checked:,}" if line.examined() else ""


def grade(line: Line) -> str:
    """PROVED or SAMPLED; nothing where nothing was looked at."""
    return line.outcome.grade.value if line.examined() else ""


def told(failure: Counterexample) -> str:
    """A counterexample in one line, with how many fail like it."""
    alike = f"(同样的共{failure.count:,}处,这是最早的一处)" if failure.count > 1 else ""
    return f"{failure.text}{alike}"


def mended(failure: Counterexample) -> str:
    """Where to look and what to do; "" if neither is known."""
    parts = (
        f"位置:{failure.where}" * bool(failure.where),
        f"改法:{failure.mend}" * bool(failure.mend),
    )
    return ";".join(filter(None, parts))


def _policy(one: Certified) -> Iterator[Block]:
    report, policy = one.report, one.policy
    yield Heading(2, f"{report.title}({report.policy},{report.version})")
    yield Paragraph(f"{conclusion(report)}。{totals(report)}。", strong=True)
    yield Grid(("检验的是", "内容"), list(_subject(one)))
    failing = [line for line in report.lines if line.outcome.failures]
    if failing:
        yield Heading(3, "不成立与提示")
        yield Items([text for line in failing for text in _failures(line)])
    marked = frozenset(line.property for line in report.lines if line.status is Status.FAILS)
    for letters, title in FAMILIES.items():
        rows = [_row(line) for line in report.lines if line.property[0] in letters]
        if rows:
            yield Heading(3, title)
            yield Grid(("编号", "性质", "结论", "证法", "检验范围", "次数"), rows, marked)
    yield from _listed("豁免", _waivers(one))
    yield from _listed("原文没有说清、由本办法作者选择", choices(policy))
    yield from _listed("原文没有写的", absent(policy))


def _listed(title: str, lines: Iterable[str]) -> Iterator[Block]:
    found = list(lines)
    yield Heading(3, title)
    yield Items(found) if found else Paragraph("无。")


def _subject(one: Certified) -> Iterator[tuple[str, str]]:
    report, calendar = one.report, one.calendar
    yield "办法", f"{report.policy},{report.version},自{show_day(one.policy.valid_from)}起施行"
    yield "依据", one.policy.basis
    yield "办法摘要", report.digest
    if calendar is None:
        yield "日历", f"{report.calendar}(没有安装,凡须逐日计算的都未检验)"
    else:
        yield (
            "日历",
            f"{report.calendar}:{show_day(calendar.first)}起,{show_day(calendar.settled_until)}以前",
        )
        yield "日历摘要", report.calendar_digest
    yield "性质目录", f"第{report.kit}版"
    yield "级别", profile(report.profile)
    yield "抽样种子", str(report.seed)


def profile(name: str) -> str:
    """A profile by its name and what it reaches."""
    if name == QUICK:
        return f"{name}:读文件即知的与可逐一列举的,不逐日计算,不抽样"
    return f"{name}:并逐日计算,并抽样每条{EXAMPLES[name]:,}例"


def _row(line: Line) -> tuple[str, ...]:
    of = known(line.property)
    return of.id, _claimed(of), line.status.label, grade(line), extent(line), number(line)


def _claimed(of: Property) -> str:
    return f"{of.title}{'' if of.required else '(提示性)'}:{of.statement.rstrip('。')}"


def _failures(line: Line) -> Iterator[str]:
    of = known(line.property)
    for failure in line.outcome.failures:
        tail = mended(failure)
        yield f"{line.status.label} {of.id} {of.title}:{told(failure)}{f'。{tail}' if tail else ''}"


def _waivers(one: Certified) -> Iterator[str]:
    for waiver in one.city.waivers:
        if waiver.version not in ("", one.policy.version):
            continue
        until = show_day(waiver.until)
        yield f"{waiver.property}:{waiver.reason};依据:{waiver.basis};至{until}止"
