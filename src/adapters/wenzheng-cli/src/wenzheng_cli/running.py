"""``wenzheng run``: the worker as a process; a signal stops it cleanly."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from enum import StrEnum
from types import FrameType
from typing import Annotated

import typer

from wenzheng_cli.options import CityId, Db, Tenant, UnitsFile, chosen_city, opened_office
from wenzheng_cli.writing import print_lines
from wenzheng_core import Act, ClockGuard, OfficeStep, StepReport, Worker, load_plugins
from wenzheng_core.domain.instants import show_instant

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Duty(StrEnum):
    """What a worker does where two share the work."""

    SWEEP = "sweep"
    DELIVER = "deliver"


def run(  # noqa: PLR0913, PLR0917 - every option of the command
    city: CityId,
    db: Db,
    once: Annotated[bool, typer.Option("--once", help="只做一轮就结束。")] = False,
    idle: Annotated[float, typer.Option("--idle", min=0.05, help="两轮之间等几秒。")] = 5,
    lease: Annotated[float, typer.Option("--lease", min=1, help="一次租约几秒。")] = 30,
    accept_clock: Annotated[
        bool, typer.Option("--accept-clock", help="系统时钟跳变时也照常工作。")
    ] = False,
    only: Annotated[
        Duty | None, typer.Option("--only", help="只巡查(sweep),或只发送(deliver)。")
    ] = None,
    units: UnitsFile = None,
    tenant: Tenant = None,
) -> int:
    """Sweep and deliver until a signal comes; with ``--once`` 1 if something needs a person."""
    plugins = load_plugins()
    office = opened_office(plugins, chosen_city(plugins, city, units), db, tenant)
    worker = Worker(
        offices=[office],
        lease=timedelta(seconds=lease),
        idle=timedelta(seconds=idle),
        guard=ClockGuard(accept=accept_clock),
        sweeps=only is not Duty.DELIVER,
        delivers=only is not Duty.SWEEP,
    )
    failures: list[bool] = []

    def told(report: StepReport) -> None:
        _tell(report)
        failures.append(_needs_a_person(report))
        if once:
            stop.set()

    with closing(office.storage), _stopped_by_signals() as stop:
        if not once:
            print_lines(f"值守开始:{office.city.versions.latest.title}")
            sys.stdout.flush()
        worker.run(stop, told)
    return 1 if once and any(failures) else 0


@contextmanager
def _stopped_by_signals() -> Iterator[threading.Event]:
    """An event that a signal sets; the signals do again what they did when the block ends."""
    stop = threading.Event()

    def ask(_: int, __: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, ask) for number in _SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _needs_a_person(report: StepReport) -> bool:
    return report.jump is not None or any(
        step.failed
        or (step.swept and (step.swept.unheard or step.swept.failed))
        or (step.delivered and (step.delivered.failed or step.delivered.dead))
        for step in report.offices
    )


def _tell(report: StepReport) -> None:
    """One line for a step in which something was done or went wrong."""
    if not report.busy:
        return
    said = [] if report.jump is None else [f"系统时钟偏差 {report.jump},暂停巡查和发送"]
    said += [text for step in report.offices if step.busy for text in _said(step)]
    print_lines(f"{show_instant(report.at)}:{';'.join(said)}")
    sys.stdout.flush()


def _said(step: OfficeStep) -> Iterator[str]:
    if step.failed:
        yield f"未能完成:{step.failed}"
    if swept := step.swept:
        fired = "、".join(f"{Act(act).label} {n}" for act, n in swept.fired.items())
        counted = {
            "到点办件 {} 件": swept.cases,
            "按新日历改定 {} 件": swept.settled,
            "按日程作出 {} 份": len(swept.made),
            "无人可通知 {} 项": len(swept.unheard),
            "未能处理 {} 项": len(swept.failed),
        }
        yield from (words.format(n) for words, n in counted.items() if n)
        yield from [fired] if fired else []
        yield from _first_of(swept.failed)
    if sent := step.delivered:
        counted = {
            "已发送 {} 项": sent.sent,
            "未发出待重试 {} 项": len(sent.failed) - len(sent.dead),
            "已停止重试 {} 项": len(sent.dead),
            "回执未能记入办件 {} 项": len(sent.unnoted),
        }
        yield from (words.format(n) for words, n in counted.items() if n > 0)
        yield from _first_of(sent.failed)
        if sent.failed:
            yield "详见 wenzheng outbox"


def _first_of(reasons: Sequence[str]) -> Iterator[str]:
    """The first reason as an example, on one line."""
    if reasons:
        yield f"例如 {' '.join(reasons[0].split())}"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run", help="值守:不停地巡查和发送,收到信号即停;可同时开多个。")(run)
