"""Telling a story: walking through its days, sweeping at every midnight, saying what happens."""

from __future__ import annotations

from datetime import datetime, timedelta

from rich.cells import chop_cells
from rich.console import Console
from rich.text import Text

from wenzheng_cli.casepage import clock_lines
from wenzheng_cli.demostories import Deed, Receipt, Story
from wenzheng_cli.terminal import terminal
from wenzheng_core import (
    BEIJING,
    Case,
    Decline,
    FixedClock,
    Office,
    Publish,
    Record,
    RefusedError,
    show_due,
)
from wenzheng_core.domain.events import ClockStarted
from wenzheng_core.domain.instants import local
from wenzheng_core.domain.reasons import reason
from wenzheng_core.notices import addressee

WIDTH = 100
"""Columns of the story where no terminal is: it is laid out, stamps on the left."""
_INDENT = 13


class Telling:
    """One story on one office; ``sent`` is what the text message channel has sent so far."""

    def __init__(self, office: Office, clock: FixedClock, sent: list[tuple[str, str]]) -> None:
        self._office = office
        self._clock = clock
        self._sent = sent
        self._console: Console = terminal(WIDTH)
        self._cases: dict[str, str] = {}

    def tell(self, story: Story) -> None:
        """The whole story, to the instant at which the ranking is made."""
        self._console.rule(story.title, align="left")
        for place, step in enumerate(story.steps):
            self._walk(step.at)
            if isinstance(step, Receipt):
                self._receive(step)
            else:
                self._do(step, f"{story.city}-{place}")
        self._walk(story.ends)

    def explanations(self) -> list[str]:
        """Why every clock of every message of the story is due when it is."""
        lines: list[str] = []
        for number, case_id in self._cases.items():
            case = self._office.case(case_id)
            for clock in case.clocks:
                title = self._office.policy_of(case).title_of(clock.id)
                lines += [f"{number}「{title}」", *clock_lines(self._office, case, clock), ""]
        return lines

    def _walk(self, until: datetime) -> None:
        """Sweep and deliver at every midnight on the way, and stop at ``until``."""
        while (midnight := _next_midnight(self._clock.at)) <= until:
            self._clock.move_to(midnight)
            self._office.sweep()
            self._deliver()
        self._clock.move_to(until)

    def _deliver(self) -> None:
        before = len(self._sent)
        self._office.deliver()
        for to, text in self._sent[before:]:
            style = "bold red" if "红牌" in text else "yellow"
            self._say(f"短信→{addressee(to, self._office.city.units)}:{text}", style)

    def _receive(self, step: Receipt) -> None:
        outcome = self._office.receive(step.message)
        number = step.message.external_id
        self._cases[number] = outcome.case.id
        self._say(f"{number} 收到:{step.message.title}", "bold")
        if ends := self._ends(outcome.case, outcome.records):
            self._below("时限:" + ";".join(ends), "cyan")

    def _do(self, deed: Deed, key: str) -> None:
        case_id = self._cases[deed.number]
        try:
            outcome = self._office.execute(case_id, deed.command, actor=deed.actor, key=key)
        except RefusedError as refused:
            if not deed.refused:
                raise
            self._say(f"{deed.number} {deed.says},被拒绝:{refused.reason}", "magenta")
            return
        case = outcome.case
        if isinstance(deed.command, Publish | Decline):
            answer = case.reply or self._answer(case)
            self._say(f"{deed.number} {deed.says}:{answer}", "green")
            self._office.deliver()
        elif deed.says:
            self._say(";".join((f"{deed.number} {deed.says}", *self._ends(case, outcome.records))))
        if deed.explained:
            self._explain(case, deed.explained)

    def _answer(self, case: Case) -> str:
        return self._office.policy_of(case).decline_reason(case.decline_reason).answer

    def _ends(self, case: Case, records: tuple[Record, ...]) -> list[str]:
        """The deadlines that these records started, each with its clock's name."""
        policy = self._office.policy_of(case)
        started = (r.event for r in records if isinstance(r.event, ClockStarted))
        return [
            f"{policy.title_of(event.clock)} {show_due(event.due)}"
            for event in started
            if event.due
        ]

    def _explain(self, case: Case, clock_id: str) -> None:
        clock = case.main_clock_of(clock_id)
        why = reason(clock, self._office.rules_of(case)).explanation if clock else None
        if clock and why:
            self._below(f"为什么?{clock.row} 一档;依据:{clock.basis}", "dim")
            for text in why.lines[1:-1]:
                self._below(text, "dim")

    def _say(self, text: str, style: str = "") -> None:
        stamp = local(self._clock.at).strftime("%m-%d %H:%M")
        self._print(f"{stamp}  ", text, style)

    def _below(self, text: str, style: str) -> None:
        self._print("", text, style)

    def _print(self, stamp: str, text: str, style: str) -> None:
        """The text beside its stamp, broken at the edge: Chinese has no spaces to break at."""
        for part in chop_cells(text, self._console.width - _INDENT):
            self._console.print(Text.assemble((stamp.ljust(_INDENT), "dim"), (part, style)))
            stamp = ""


def _next_midnight(instant: datetime) -> datetime:
    here = local(instant) + timedelta(days=1)
    return datetime(here.year, here.month, here.day, tzinfo=BEIJING)
