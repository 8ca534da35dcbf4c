"""The case (办件): what all its events come to.

A :class:`Case` is a fold of events (:mod:`wenzheng_core.domain.evolving`) and never changes by any
other way. What is asked of it here is pure and cheap: which clocks run, when it must be looked at
next, who holds it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime

import attrs

from wenzheng_core.domain.escalation import Act, Scheduled
from wenzheng_core.domain.frozen import FrozenDict, frozen, frozen_words
from wenzheng_core.domain.gates import GateAct, Point
from wenzheng_core.domain.instants import end_of
from wenzheng_core.domain.limits import Limit
from wenzheng_core.domain.messages import Message, Relation, Revision
from wenzheng_core.domain.milestones import ANSWERED, Milestone
from wenzheng_core.domain.timelimits import Interval
from wenzheng_core.domain.workflow import FINAL, State


def _milestones(reached: Mapping[Milestone, datetime]) -> FrozenDict[Milestone, datetime]:
    return frozen(reached)


@attrs.frozen(kw_only=True)
class Clock:
    """One start of one clock; what ``ClockStarted`` said of it, kept up to date.

    ``stopped`` is None while it runs; ``met`` says whether its stop event ended it; ``reopened`` is
    when it was last let run on after a return: rungs of before that stay silent. ``policy`` is the
    digest of the version whose table chose the row, ``candidates`` how its rows fared; ``migrated``
    is when the clock came under another version, ``floor`` and ``ceiling`` what that bounds.
    ``opening`` says in which opening of the case it began, ``returns`` after how many returned
    answers: what counts from an answer that went back has not begun.
    """

    id: str
    unit: str
    epoch: int
    row: str
    limit: Limit | None
    soft: bool
    basis: str
    started: datetime
    due: datetime | None
    stops: Milestone
    cut_by: str = ""
    cut_from: datetime | None = None
    not_before: datetime | None = None
    awaits: int | None = None
    rungs: tuple[Scheduled, ...] = ()
    fired: tuple[str, ...] = ()
    facts: Mapping[str, str] = attrs.field(default=FrozenDict(), converter=frozen_words)
    candidates: tuple[str, ...] = ()
    policy: str = ""
    calendar: str = ""
    floor: datetime | None = None
    ceiling: datetime | None = None
    migrated: datetime | None = None
    pauses: tuple[Interval, ...] = ()
    paused_since: datetime | None = None
    extensions: tuple[Limit, ...] = ()
    stopped: datetime | None = None
    met: bool = False
    cause: str = ""
    reopened: datetime | None = None
    opening: int = 1
    returns: int = 0

    @property
    def key(self) -> tuple[str, str, int]:
        """What names this start of this clock within its case."""
        return self.id, self.unit, self.epoch

    @property
    def running(self) -> bool:
        """Whether it has begun and not ended; a paused clock counts as running."""
        return self.stopped is None

    def breached(self, as_of: datetime) -> bool:
        """Whether its due instant had come by ``as_of`` with the clock still open.

        A paused clock is not due: while it stands still nothing is reached. Nor is a provisional
        one: nobody is late on a guess.
        """
        if self.due is None or self.awaits is not None:
            return False
        end = self.stopped if self.stopped and self.stopped <= as_of else as_of
        if self.paused_since is not None:
            end = min(end, self.paused_since)
        return end >= self.due

    def next_rung(self) -> Scheduled | None:
        """The first rung that has not fired; None while paused or ended."""
        if not self.running or self.paused_since is not None:
            return None
        return next((rung for rung in self.rungs if rung.rung not in self.fired), None)


@attrs.frozen(kw_only=True)
class Holding:
    """The time for which one unit held the case: [``since``, ``until``)."""

    unit: str
    lead: bool
    round: int
    since: datetime
    until: datetime | None = None
    cause: str = ""
    claimed: datetime | None = None
    begun: datetime | None = None
    reported: datetime | None = None
    resolved: datetime | None = None


@attrs.frozen(kw_only=True)
class Fired:
    """A rung that fired; a card is one with the act of a yellow or red card.

    ``whom`` is the unit that it reproaches or reminds; "" for the office.
    """

    rung: str
    clock: str
    unit: str
    epoch: int
    act: Act
    scheduled: datetime
    whom: str = ""
    withdrawn: str = ""
    withdrawn_at: datetime | None = None


@attrs.frozen(kw_only=True)
class ExtensionRequest:
    """An open request for more time."""

    clock: str
    unit: str
    by: Limit
    reason: str
    asked: datetime
    asked_by: str


@attrs.frozen(kw_only=True)
class ActivePause:
    """The pause that is on: its ground, the clocks it holds, and when it ends by itself."""

    reason: str
    clocks: tuple[str, ...]
    since: datetime
    until: datetime


@attrs.frozen(kw_only=True)
class PastPause:
    """A pause that has ended: its ground, and [``first``, ``until``)."""

    reason: str
    first: datetime
    until: datetime


@attrs.frozen(kw_only=True)
class Commitment:
    """A promise with its day; ``clock`` is the one whose due day it sets, "" for none.

    ``replaced``: another promise for that clock has taken its place, so nobody is held to it.
    """

    id: str
    text: str = attrs.field(repr=False)
    due: date
    by: str
    clock: str = ""
    fulfilled: datetime | None = None
    lapsed: bool = False
    replaced: bool = False

    @property
    def open(self) -> bool:
        """Whether it is still waited for."""
        return self.fulfilled is None and not (self.lapsed or self.replaced)

    @property
    def ends(self) -> datetime:
        """The exclusive instant at which its day ends."""
        return end_of(self.due)


@attrs.frozen(kw_only=True)
class Contacted:
    """One attempt to reach the citizen."""

    at: datetime
    unit: str
    reached: bool
    channel: str


@attrs.frozen(kw_only=True)
class PassedGate:
    """A gate that stands passed."""

    gate: str
    act: GateAct
    before: Point
    at: datetime


@attrs.frozen(kw_only=True)
class Called:
    """One call back to the citizen; ``unit`` is "" where the office called."""

    at: datetime
    reached: bool
    unit: str = ""


@attrs.frozen(kw_only=True)
class InterimMeasure:
    """A measure taken until the matter is settled; ``commitment`` names the promise it is for."""

    at: datetime
    unit: str
    measure: str = attrs.field(repr=False)
    disputed: bool = False
    commitment: str = ""


@attrs.frozen(kw_only=True)
class CaseLink:
    """What this case has to do with another one."""

    to: str
    relation: Relation


@attrs.frozen(kw_only=True)
class Case:
    """Everything that is known of one case after ``version`` events.

    ``answer_ready``: since when the proposed answer stands; None before, and once it went back.
    ``message`` is as it first came, ``revisions`` are its later texts. ``restricted``: the case is
    stored and nothing else; ``erased``: which parts of the citizen's data are gone from it.
    """

    id: str
    version: int
    state: State
    message: Message
    policy: str
    policy_version: str
    policy_digest: str
    opened: datetime
    updated: datetime
    facts: Mapping[str, str] = attrs.field(default=FrozenDict(), converter=frozen_words)
    labels: Mapping[str, str] = attrs.field(default=FrozenDict(), converter=frozen_words)
    reached: Mapping[Milestone, datetime] = attrs.field(default=FrozenDict(), converter=_milestones)
    reached_again: Mapping[Milestone, datetime] = attrs.field(
        default=FrozenDict(), converter=_milestones
    )
    epoch: int = 1
    round: int = 0
    holdings: tuple[Holding, ...] = ()
    letter: str = ""
    clocks: tuple[Clock, ...] = ()
    ladder: tuple[Fired, ...] = ()
    pause: ActivePause | None = None
    past_pauses: tuple[PastPause, ...] = ()
    requests: tuple[ExtensionRequest, ...] = ()
    gates: tuple[PassedGate, ...] = ()
    instructed_lead: str = ""
    designated_lead: str = ""
    decided: bool = False
    send_backs: int = 0
    returns: tuple[datetime, ...] = ()
    proposed_reply: str = attrs.field(default="", repr=False)
    answer_ready: datetime | None = None
    reply: str = attrs.field(default="", repr=False)
    public: bool = True
    decline_reason: str = ""
    declined: datetime | None = None
    merged_into: str = ""
    merged: datetime | None = None
    contacts: tuple[Contacted, ...] = ()
    calls: tuple[Called, ...] = ()
    interim: tuple[InterimMeasure, ...] = ()
    links: tuple[CaseLink, ...] = ()
    forwarded_to: str = ""
    rating: int | None = None
    rated: datetime | None = None
    commitments: tuple[Commitment, ...] = ()
    spared: tuple[str, ...] = ()
    revisions: tuple[Revision, ...] = ()
    restricted: bool = False
    erased: tuple[str, ...] = ()

    @property
    def latest_message(self) -> Message:
        """The message as the platform last showed it."""
        return self.revisions[-1].message if self.revisions else self.message

    def knows(self, message: Message) -> bool:
        """Whether a copy of the message has nothing new that may be kept: an old text, however late.

        Nothing may be once the words are erased or the case is restricted, and of a contact that was
        erased nothing either: what is asked of the platform again brings back nothing of it.
        """
        if self.restricted or "words" in self.erased:
            return True
        seen = [self.message.text, *(revision.message.text for revision in self.revisions)]
        return message.without(self.erased).text in seen

    @property
    def finished(self) -> datetime | None:
        """When this opening came to its end: answered, declined or merged; None while it is open."""
        if self.state not in FINAL:
            return None
        answers = [at for m, at in self.passed.items() if m in ANSWERED]
        return min((at for at in (*answers, self.declined, self.merged) if at), default=None)

    @property
    def passed(self) -> Mapping[Milestone, datetime]:
        """When each milestone was first reached in this opening of the case."""
        return self.reached if self.epoch == 1 else self.reached_again

    @property
    def answered(self) -> datetime | None:
        """When the office first gave its answer, to the public or up; None if it has not."""
        return min((at for m, at in self.reached.items() if m in ANSWERED), default=None)

    def stands(self, gate: str) -> bool:
        """Whether a gate stands passed."""
        return any(passed.gate == gate for passed in self.gates)

    @property
    def running(self) -> Iterator[Clock]:
        """The clocks that have not ended."""
        return (clock for clock in self.clocks if clock.running)

    @property
    def holders(self) -> tuple[Holding, ...]:
        """The units that hold the case now, the lead first."""
        return tuple(h for h in self.holdings if h.until is None)

    @property
    def lead(self) -> str:
        """The lead unit, now or last; "" before any assignment."""
        return next((h.unit for h in reversed(self.holdings) if h.lead), "")

    @property
    def next_wake(self) -> datetime | None:
        """The next instant at which something happens by itself; None if nothing will."""
        instants = [rung.at for clock in self.running if (rung := clock.next_rung())]
        if self.pause is not None:
            instants.append(self.pause.until)
        instants += [c.ends for c in self.commitments if c.open]
        return min(instants, default=None)

    @property
    def awaits(self) -> int | None:
        """The first year whose arrangement some clock waits for; None if none does.

        One that has ended waits too: whether it ended in time is not known before.
        """
        return min(
            (c.awaits for c in self.clocks if c.awaits and not (c.stopped and c.paused_since)),
            default=None,
        )

    def clock(self, clock_id: str, unit: str = "") -> Clock | None:
        """The latest start of a clock; of any unit if ``unit`` is empty."""
        for clock in reversed(self.clocks):
            if clock.id == clock_id and (not unit or clock.unit == unit):
                return clock
        return None

    def main_clock_of(self, clock_id: str) -> Clock | None:
        """The one start of a clock that stands for the case: its own latest, else its lead's.

        What an assisting unit has to keep is never the case's. None before any assignment.
        """
        for clock in reversed(self.clocks):
            if clock.id == clock_id and not clock.unit:
                return clock
        return self.clock(clock_id, self.lead) if self.lead else None

    def cards(self, act: Act) -> tuple[Fired, ...]:
        """The cards of one colour that were shown, withdrawn ones included."""
        return tuple(fired for fired in self.ladder if fired.act is act)
