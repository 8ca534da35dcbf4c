"""What is asked of an office: a case and why it is due, figures, likeness, the feed. Nothing changes."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime

import attrs

from wenzheng_core.cities import City
from wenzheng_core.clock import SystemClock
from wenzheng_core.diary import missing_by_duty
from wenzheng_core.domain.actors import Actor, Role
from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.cases import Case, Clock
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.duplicates import Suggestion, grouped, most_similar
from wenzheng_core.domain.errors import RefusedError, UnknownError
from wenzheng_core.domain.events import Record
from wenzheng_core.domain.instants import Period, at_local, utc
from wenzheng_core.domain.measures import Figures
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.reasons import Reason, reason
from wenzheng_core.domain.replychecks import ReplyRemark
from wenzheng_core.domain.tallies import figures
from wenzheng_core.ports import DeadLetter, Fed, Storage, TimeSource
from wenzheng_core.rederiving import Difference, rederive

_NAMESPACE = uuid.UUID("6f6f2f5c-8f1e-5c55-9a0e-2d6a7a5b9c11")

SEARCHERS = frozenset({Role.OFFICE, Role.SUPERVISOR})
"""Who may look up a citizen's cases, and put down again what could not be delivered."""


def case_id_of(tenant: str, source: str, external_id: str) -> str:
    """The id of the case of a message: a function of where it stands, so it can be had but once."""
    return uuid.uuid5(_NAMESPACE, f"{tenant}\n{source}\n{external_id}").hex


@attrs.frozen(kw_only=True)
class Questions:
    """One city's rules over one store, as far as nothing is changed by asking."""

    city: City
    storage: Storage
    calendar: Calendar
    clock: TimeSource = SystemClock()

    # Cases

    def case(self, case_id: str) -> Case:
        """The case. Raises UnknownError."""
        case = self.storage.case(case_id)
        if case is None:
            raise UnknownError("办件", case_id)
        return case

    def case_of(self, source: str, external_id: str) -> Case:
        """The case of a message by its number on its platform. Raises UnknownError."""
        case = self.storage.case(case_id_of(self.storage.tenant, source, external_id))
        if case is None:
            raise UnknownError("办件", f"{source}/{external_id}")
        return case

    def cases_of(self, phone: str, *, actor: Actor) -> tuple[Case, ...]:
        """The cases whose citizen left this telephone number, by id.

        Restricted cases are left out: they are stored and protected, nothing else. Raises
        RefusedError for whoever is neither of the office nor a supervisor.
        """
        require_searcher(actor, "按电话查找办件")
        cases = map(self.storage.case, self.storage.cases_of(phone))
        return tuple(case for case in cases if case is not None and not case.restricted)

    def history(self, case_id: str) -> tuple[Record, ...]:
        """All records of a case in order. Raises UnknownError."""
        records = self.storage.records(case_id)
        if not records:
            raise UnknownError("办件", case_id)
        return records

    def explain(self, case_id: str) -> tuple[Reason, ...]:
        """Why each clock of the case is due when it is, in the order of their starts.

        Raises UnknownError, RefusedError.
        """
        case = self.case(case_id)
        return tuple(reason(clock, self.rules_for(case, clock)) for clock in case.clocks)

    def rederive(self, case_id: str) -> tuple[Difference, ...]:
        """What of the case's stored decisions comes out otherwise when it is counted again.

        Each by the version of the policy and the calendar that it names; see
        :mod:`wenzheng_core.rederiving`. Empty if every one re-derives. Raises UnknownError,
        RefusedError.
        """
        return self._rederived(self.case(case_id))

    def rederive_all(self) -> Iterator[tuple[str, Difference]]:
        """The same of every case of the store, with the case's id, in bounded memory."""
        for case in self.storage.scan():
            yield from ((case.id, difference) for difference in self._rederived(case))

    def _rederived(self, case: Case) -> tuple[Difference, ...]:
        rules, versions = self.rules_of(case), self.city.versions.versions
        return rederive(case, self.history(case.id), rules, versions)

    def report(self, period: Period, as_of: datetime | None = None) -> Figures:
        """The figures of a period, looked at as of an instant (now if none is given)."""
        at = utc(as_of or self.clock.now())
        policy = self.policy_for(period, at)
        cases = self.storage.scan(received_until=period.until)
        return figures(cases, period, at, policy)

    def similar(self, case_id: str, *, limit: int = 5) -> tuple[Suggestion, ...]:
        """Cases whose message this one may repeat or be repeated by, the most similar first.

        Suggestions for an officer, by case ids; nothing is merged. Every case of the store is read,
        one at a time; a restricted one is compared with none (个人信息保护法第47条), and none with it.
        Raises UnknownError.
        """
        case = self.case(case_id)
        if case.restricted:
            return ()
        return most_similar(case.id, _compared(self.storage.scan()), _text(case), limit)

    def duplicate_clusters(self, period: Period) -> tuple[tuple[str, ...], ...]:
        """Ids of the cases of a period that may be one matter (集中办理): groups of two or more.

        In each group in the order in which they were opened, the groups by their first case. Holds
        the texts of the period, and costs what they are, not what pairs of them there are. No
        restricted case is in any group.
        """
        cases = self.storage.scan(received_from=period.first, received_until=period.until)
        return grouped(_compared(cases))

    def remarks(self, case_id: str, reply: str | None = None) -> tuple[ReplyRemark, ...]:
        """What to look at in a reply before it is approved, by the case's own policy.

        The reply is the proposed one if none is given; where nothing is proposed there is nothing
        to remark. Suggestions: a reply is never refused for them. Raises UnknownError, RefusedError.
        """
        case = self.case(case_id)
        text = case.proposed_reply if reply is None else reply
        return self.policy_of(case).reply.remarks(text) if text else ()

    def policy_for(self, period: Period, as_of: datetime) -> Policy:
        """The version by which a period is measured: that of its end, or of ``as_of`` if sooner.

        Raises RefusedError.
        """
        last = period.until - datetime.resolution  # ``until`` itself is the next period's
        return self.city.versions.in_force(min(utc(as_of), last))

    def policy_of(self, case: Case) -> Policy:
        """The very version of the policy that the case is judged by. Raises RefusedError."""
        return self.city.versions.version(case.policy_version, case.policy_digest)

    def rules_of(self, case: Case) -> Rules:
        """All that decisions about the case rest on. Raises RefusedError."""
        return Rules(self.policy_of(case), self.calendar, self.city.units)

    def rules_for(self, case: Case, clock: Clock) -> Rules:
        """The rules whose table chose a clock's row: an earlier version's, if the case migrated.

        Raises RefusedError.
        """
        for policy in self.city.versions.versions:
            if policy.digest == clock.policy:
                return Rules(policy, self.calendar, self.city.units)
        return self.rules_of(case)

    def missing_polls(self, day: date) -> Mapping[str, int]:
        """How many log-ins a day in Beijing lacks so far, by the id of each polling duty.

        Empty where the policy of the day has none. Raises RefusedError.
        """
        return missing_by_duty(self.storage, self.city.versions.in_force(at_local(day)), day)

    # Telling

    def feed(self, after: int = 0, limit: int = 500) -> tuple[Fed, ...]:
        """Records beyond a position, in the order in which they were committed, without a gap."""
        return self.storage.feed(after, limit)

    def cursor(self, consumer: str) -> int:
        """Up to which position a consumer has worked off the feed; 0 for one that never did."""
        return self.storage.cursor(consumer)

    def dead_letters(self, after: str = "", limit: int = 500) -> tuple[DeadLetter, ...]:
        """What could not be delivered and is tried no more, by key above ``after``."""
        return self.storage.dead_letters(after, limit)


def require_searcher(actor: Actor, what: str) -> None:
    """Raise RefusedError unless the actor may look into whose cases these are."""
    if actor.role not in SEARCHERS:
        allowed = "、".join(sorted(role.label for role in SEARCHERS))
        raise RefusedError("workflow.role", f"「{what}」须由{allowed}作出,{actor.role.label}无权")


def _compared(cases: Iterable[Case]) -> Iterator[tuple[str, str]]:
    """The ids and texts of the cases that may be compared."""
    return ((case.id, _text(case)) for case in cases if not case.restricted)


def _text(case: Case) -> str:
    """The text by which a case is compared."""
    return f"{case.message.title}\n{case.message.body}"
