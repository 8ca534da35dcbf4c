"""``wenzheng policy check``: what holds for a policy, property by property, and its certificate."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from wenzheng_cli.certificate import (
    TITLE,
    Certified,
    certificate,
    conclusion,
    extent,
    grade,
    mended,
    number,
    profile,
    told,
    totals,
)
from wenzheng_cli.errors import BadInputError
from wenzheng_cli.options import Json
from wenzheng_cli.reading import read_day, read_text
from wenzheng_cli.rendering import Grid, markdown, page
from wenzheng_cli.terminal import Sheet, terminal
from wenzheng_cli.writing import line as short
from wenzheng_cli.writing import print_json, print_lines
from wenzheng_core import (
    City,
    Plugins,
    Policy,
    PolicyReport,
    Status,
    SystemClock,
    load_plugins,
    verify,
)
from wenzheng_core.cities import make_city, read_policy
from wenzheng_core.domain.instants import local_day
from wenzheng_core.proofs.reportdocument import document
from wenzheng_core.proofs.subjects import CI, QUICK, SEED, THOROUGH
from wenzheng_core.proofs.verifying import CATALOGUE, known

WIDTH = 48
"""How many characters of what was looked at the table shows; the certificate has all of it."""


class Profile(StrEnum):
    """How hard to look."""

    QUICK = QUICK
    CI = CI
    THOROUGH = THOROUGH


def check_policy(  # noqa: PLR0913, PLR0917 - every option of the command
    name: Annotated[
        str,
        typer.Argument(
            metavar="CITY|CITY@VERSION|FILE", help="办法:编号、编号@版本,或 policy.toml。"
        ),
    ],
    profile: Annotated[
        Profile, typer.Option("--profile", help="quick 不逐日计算;ci;thorough 多抽样。")
    ] = Profile.CI,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="只检验这一条,如 D7;可多次给出。")
    ] = None,
    failed: Annotated[bool, typer.Option("--failed", help="表中只列不成立的和提示的。")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="把证书写入此文件:.md 或 .html。")
    ] = None,
    day: Annotated[
        str | None, typer.Option("--date", help="证书上的日期;豁免也以此日为准。不写即无日期。")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="抽样的种子。")] = SEED,
    as_json: Json = False,
) -> int:
    """Examine a policy; 0 if every required property holds, 1 if not."""
    _require_known(only or ())
    suffix = _suffix(out)
    dated = read_day(day, "--date") if day else None
    plugins = load_plugins()
    city, policy = _chosen(plugins, name)
    report = verify(
        policy,
        city=city,
        profile=profile.value,
        seed=seed,
        only=only or (),
        plugins=plugins,
        today=dated or local_day(SystemClock().now()),
    )
    calendar = plugins.calendar(policy.calendar) if report.calendar_digest else None
    one = Certified(report, policy, city, calendar)
    if out:
        blocks = list(certificate([one], dated))
        text = markdown(blocks) if suffix == ".md" else page(f"{policy.title} {TITLE}", blocks)
        out.write_text(text, "utf-8", newline="\n")
    if as_json:
        print_json(document(report, calendar))
    else:
        _print(one, failed=failed)
        print_lines(*([f"证书:{out}"] if out else []))
    return 0 if report.sound else 1


def list_properties() -> None:
    """Every property in the catalogue's words, as a table in Markdown."""
    rows = [
        (each.id, each.title, each.statement.rstrip("。"), "必须" if each.required else "提示")
        for each in CATALOGUE
    ]
    print_lines(markdown([Grid(("编号", "性质", "所主张的", "要求"), rows)]).rstrip())


def _require_known(only: list[str] | tuple[str, ...]) -> None:
    ids = [each.id for each in CATALOGUE]
    for asked in only:
        if asked not in ids:
            raise BadInputError("--only", asked, f"不是性质的编号;可用:{'、'.join(ids)}")


def _suffix(out: Path | None) -> str:
    suffix = out.suffix.lower() if out else ".md"
    if suffix not in (".md", ".html"):
        raise BadInputError("--out", str(out), "的格式不能写", "certificate.html(或 .md)")
    return suffix


def _chosen(plugins: Plugins, name: str) -> tuple[City, Policy]:
    """The city and the version that are meant; a city that is refused may be examined all the same."""
    if name.endswith(".toml"):
        policy = read_policy(read_text(Path(name), "FILE"), name)
        return make_city([policy]), policy
    city_id, _, version = name.partition("@")
    city = plugins.unchecked(city_id)
    if not version:
        return city, city.versions.latest
    for policy in city.versions.versions:
        if policy.version == version:
            return city, policy
    known_ones = "、".join(f"{city_id}@{policy.version}" for policy in city.versions.versions)
    raise BadInputError("CITY", name, f"不是已安装的版本;现有:{known_ones}")


def _print(one: Certified, *, failed: bool) -> None:
    report = one.report
    console = terminal()
    for text in _head(one):
        console.print(text, soft_wrap=True)
    sheet = Sheet("", ("编号", "性质", "结论", "证法", "检验范围", "次数"), numbers=1)
    for line in report.lines:
        if not failed or line.status in (Status.FAILS, Status.WARNS, Status.WAIVED):
            title, shown = known(line.property).title, short(extent(line), WIDTH)
            label = line.status.label
            sheet.add(line.property, title, label, grade(line), shown, number(line))
    if sheet.rows:
        sheet.show(console)
    print_lines(*_counterexamples(report), f"{totals(report)}。{conclusion(report)}")


def _head(one: Certified) -> Iterator[str]:
    report, calendar = one.report, one.calendar
    yield f"{report.title}({report.policy},{report.version});摘要 {report.digest}"
    days = (
        f"{calendar.first.isoformat()} 起,{calendar.settled_until.isoformat()} 以前;"
        f"摘要 {calendar.digest}"
        if calendar
        else "没有安装,不逐日计算"
    )
    yield f"日历 {report.calendar}:{days}"
    yield f"性质目录第{report.kit}版;{profile(report.profile)};种子 {report.seed}"


def _counterexamples(report: PolicyReport) -> Iterator[str]:
    for line in report.lines:
        if not line.outcome.failures:
            continue
        of = known(line.property)
        yield f"{line.status.label} {of.id} {of.title}:{of.statement.rstrip('。')}"
        for failure in line.outcome.failures:
            yield f"  {told(failure)}"
            if tail := mended(failure):
                yield f"  {tail}"
        if line.waiver:
            yield f"  豁免:{line.waiver}"
