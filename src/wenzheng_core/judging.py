"""Deciding for many cases in one transaction: one that cannot be read or decided stops no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

import attrs

from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.commands import Command
from wenzheng_core.domain.deciding import Decision
from wenzheng_core.domain.errors import ConflictError, WenzhengError
from wenzheng_core.ports import Broken, Change, Transaction


@attrs.frozen
class Judged:
    """What was decided of some cases, what that writes, and of which it could not be: ``id:reason``."""

    decisions: tuple[Decision, ...] = ()
    changes: tuple[Change, ...] = ()
    failed: tuple[str, ...] = ()


@attrs.frozen
class Judge:
    """How a case is decided by its own rules, and what a decision writes."""

    decide: Callable[[Case, Command, datetime], Decision]
    change: Callable[[Decision], Change]

    def judge(self, transaction: Transaction, asked: Mapping[str, Command], at: datetime) -> Judged:
        """Decide a command for each case, by ids; nothing is written. Raises ConflictError."""
        decisions, changes, failed = [], [], []

        def broken(case_id: str, error: WenzhengError) -> None:
            failed.append(f"{case_id}:{error}")

        for case in read_cases(transaction, asked, broken):
            try:
                decision = self.decide(case, asked[case.id], at)
                change = self.change(decision)
            except WenzhengError as error:
                broken(case.id, error)
                continue
            decisions.append(decision)
            changes += [change] if change.records else []
        return Judged(tuple(decisions), tuple(changes), tuple(failed))


def read_cases(transaction: Transaction, ids: Iterable[str], broken: Broken) -> list[Case]:
    """The cases at once; one by one where one cannot be read, so that it alone is told of."""
    asked = tuple(ids)
    try:
        return list(transaction.cases(asked).values())
    except ConflictError:
        raise
    except WenzhengError:
        pass
    cases = []
    for case_id in asked:
        try:
            case = transaction.case(case_id)
        except ConflictError:
            raise
        except WenzhengError as error:
            broken(case_id, error)
        else:
            cases += [case] if case else []
    return cases
