"""Verifying the chains of a store: was a stored record or line changed, dropped, added or swapped?

One pass over the evidence, in the order of commits. Every item is counted again from the *stored*
link before it, so that one change is one flaw at its place and does not break the rest; and where no
item shows a flaw, the last link covers all that there is.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import attrs

from wenzheng_core import chains
from wenzheng_core.chainwalks import ChainWalk, Reading, agrees, all_ids, by_place
from wenzheng_core.checkpoints import Checkpoint
from wenzheng_core.domain.errors import ArgumentError, UnknownError, wants_key
from wenzheng_core.flaws import Flaw, FlawKind, Flaws
from wenzheng_core.ports import Storage, Verifier
from wenzheng_core.storing import Evidence, Head, LineEvidence


@attrs.frozen(kw_only=True)
class AuditReport:
    """What a pass over a store has shown.

    Attributes:
        tenant: whose store.
        head: where the store says that its chains end.
        records, lines: how many records and lines were counted again.
        cases: how many cases they belong to.
        checkpoints: how many checkpoints were met, with both links.
        signatures: how many signatures hold; 0 without a verifier.
        flaws: what is wrong, in the order in which it was found; the first hundred.
        count: how many flaws there are in all.
    """

    tenant: str
    head: Head
    records: int = 0
    lines: int = 0
    cases: int = 0
    checkpoints: int = 0
    signatures: int = 0
    flaws: tuple[Flaw, ...] = ()
    count: int = 0

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return self.count == 0


def verify(
    storage: Storage,
    *,
    checkpoints: Iterable[Checkpoint] = (),
    verifier: Verifier | None = None,
    case_id: str | None = None,
) -> AuditReport:
    """Count the chains of a store again and say where they do not hold; goes on after a flaw.

    Checked: positions and lines run 1, 2, 3 … without a gap, and so do the versions of each case;
    every link; the head against the last item; that the store lists exactly the cases that have
    records; that every checkpoint is met and, with a ``verifier``, that its signature holds. Without
    checkpoints nothing shows that a tail was cut off together with the head, or that a whole chain
    was counted anew.

    With ``case_id`` only the chain of that case is counted, and that it goes as far as the case does.
    Holds in memory the checkpoints and the
    last link of each case, about 400 bytes a case. Raises ArgumentError for a checkpoint of another
    tenant, UnknownError for a case without a record, and what the store raises when it is away.
    """
    audit = _Pass(storage)
    if case_id is not None:
        records = audit.one_case(case_id)
        if not records and audit.flaws.count == 0:
            raise UnknownError("办件", case_id)
        return audit.report(records=records)
    marks = tuple(checkpoints)
    if any(mark.tenant != storage.tenant for mark in marks):
        raise ArgumentError("checkpoints", f"其中有不属于租户「{storage.tenant}」的锚定")
    unmet = set[Checkpoint]()
    by_record, by_line = by_place(marks, _record_mark), by_place(marks, _line_mark)
    records_chain = ChainWalk(audit.flaws, unmet, FlawKind.LINK, "记录", by_record)
    lines_chain = ChainWalk(audit.flaws, unmet, FlawKind.CONTENT, "值班日志", by_line)
    audit.records(records_chain)
    audit.lines(lines_chain)
    audit.ids()
    signatures = audit.signatures(marks, verifier) if verifier else 0
    return audit.report(
        records=records_chain.seen,
        lines=lines_chain.seen,
        checkpoints=len(marks) - len(unmet),
        signatures=signatures,
    )


@attrs.define
class _Pass:
    """One pass over a store."""

    storage: Storage
    flaws: Flaws = attrs.field(factory=Flaws)
    # The last version and link of each case.
    cases: dict[str, tuple[int, bytes]] = attrs.field(factory=dict)
    digests: dict[str, bool] = attrs.field(factory=dict)

    def records(self, chain: ChainWalk) -> None:
        """Count the chain of the records and those of the cases."""
        reading = Reading(self.storage, self.storage.evidence, _position)
        for place, item in reading:
            if item is None:
                chain.skip(Flaw(kind=FlawKind.UNREADABLE, position=place))
            else:
                where = _where(item)
                known = self._known(item, where)
                self.of_case(item, where, known=known)
                counted = partial(chains.link, item=item) if known else None
                chain.follow(place, item.link, where, counted)
        chain.end(reading.head.position, reading.head.link)

    def of_case(self, item: Evidence, where: Flaw, *, known: bool) -> None:
        """Go on to one more record of its case."""
        version, link = self.cases.get(item.case_id, (0, b""))
        if item.version != version + 1:
            detail = f"此前是第 {version} 版" if version else "此前没有该办件的记录"
            self.flaws.add(attrs.evolve(where, kind=FlawKind.ORDER, detail=detail))
        elif known:
            count = partial(chains.case_link, link, self.storage.tenant, item)
            if not agrees(count, item.case_link):
                self.flaws.add(where)
        self.cases[item.case_id] = (item.version, item.case_link)

    def one_case(self, case_id: str) -> int:
        """Count the chain of one case, and compare its end with the case; how many records it has."""
        version, seen = self._version_of(case_id), 0
        for _, item in Reading(self.storage, self.storage.evidence, _position):
            if item is not None and item.case_id == case_id:
                where = _where(item)
                self.of_case(item, where, known=self._known(item, where))
                seen += 1
        last, _ = self.cases.get(case_id, (0, b""))
        detail = ""
        if version == 0 and seen:
            detail = "只有记录,没有办件"
        elif version is not None and last < version:  # it may have gone on since it was read
            detail = f"办件至第 {version} 版,记录至第 {last} 版"
        if detail:
            self.flaws.add(Flaw(kind=FlawKind.CASE, case_id=case_id, detail=detail))
        return seen

    def _version_of(self, case_id: str) -> int | None:
        """At which version the store has the case, 0 for none; None where it cannot be read: a flaw."""
        try:
            case = self.storage.case(case_id)
        except Exception as error:  # a spoilt row fails in whatever way its driver fails
            self.storage.head()  # raises if the store itself is away
            if wants_key(error):  # not known, which is no flaw
                return None
            self.flaws.add(Flaw(kind=FlawKind.UNREADABLE, case_id=case_id))
            return None
        return case.version if case else 0

    def lines(self, chain: ChainWalk) -> None:
        """Count the chain of the diary's lines."""
        tenant = self.storage.tenant
        reading = Reading(self.storage, self.storage.line_evidence, _number)
        for place, item in reading:
            where = Flaw(kind=FlawKind.CONTENT, line=place)
            if item is None:
                chain.skip(where)
            else:
                known = self._known(item, where)
                counted = partial(chains.line_link, tenant=tenant, item=item) if known else None
                chain.follow(place, item.link, where, counted)
        chain.end(reading.head.lines, reading.head.line_link)

    def ids(self) -> None:
        """Compare the cases that the store lists with those that have records."""
        left = set(self.cases)
        for case_id in all_ids(self.storage):
            left.discard(case_id)
            # One that was opened since the pass has records by now.
            if case_id not in self.cases and not self._has_records(case_id):
                self.flaws.add(Flaw(kind=FlawKind.CASE, case_id=case_id, detail="没有任何记录"))
        for case_id in sorted(left):
            self.flaws.add(Flaw(kind=FlawKind.CASE, case_id=case_id, detail="只有记录,没有办件"))

    def _has_records(self, case_id: str) -> bool:
        try:
            return bool(self.storage.records(case_id))
        except Exception:  # what cannot be read is there
            self.storage.head()  # raises if the store itself is away
            return True

    def signatures(self, marks: Iterable[Checkpoint], verifier: Verifier) -> int:
        """How many signatures hold."""
        held = 0
        for mark in marks:
            try:
                good, detail = verifier.verify(mark.key_id, mark.content(), mark.signature), ""
            except UnknownError as error:
                good, detail = False, f"没有编号为 {error.name} 的公钥"
            held += good
            if not good:
                where = Flaw(kind=FlawKind.SIGNATURE, position=mark.position, detail=detail)
                self.flaws.add(where)
        return held

    def report(self, **seen: int) -> AuditReport:
        """What was found."""
        return AuditReport(
            tenant=self.storage.tenant,
            head=self.storage.head(),
            cases=len(self.cases),
            flaws=tuple(self.flaws.kept),
            count=self.flaws.count,
            **seen,
        )

    def _known(self, item: Evidence | LineEvidence, where: Flaw) -> bool:
        """Whether its digest is to be had here; if not, that is told."""
        if item.digest not in self.digests:
            try:
                self.digests[item.digest] = bool(chains.digest_of(item.digest))
            except UnknownError:
                self.digests[item.digest] = False
        known = self.digests[item.digest]
        if not known:
            detail = f"「{item.digest}」"
            self.flaws.add(attrs.evolve(where, kind=FlawKind.DIGEST, detail=detail))
        return known


def _position(item: Evidence) -> int:
    return item.position


def _number(item: LineEvidence) -> int:
    return item.number


def _where(item: Evidence) -> Flaw:
    return Flaw(
        kind=FlawKind.CONTENT, position=item.position, case_id=item.case_id, version=item.version
    )


def _record_mark(mark: Checkpoint) -> tuple[int, bytes]:
    return mark.position, mark.link


def _line_mark(mark: Checkpoint) -> tuple[int, bytes]:
    return mark.lines, mark.line_link
