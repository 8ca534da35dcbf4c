"""The laws of pausing, restarting and extending, in the order of the catalogue."""

from __future__ import annotations

from wenzheng_core.domain.deciding import decide
from wenzheng_core.domain.instants import show_instant
from wenzheng_core.proofs.catalogue import Property, Reach
from wenzheng_core.proofs.extension_bounds import check_x2
from wenzheng_core.proofs.extension_laws import check_x1, check_x3
from wenzheng_core.proofs.histories import Life, judge_lives, judged, live
from wenzheng_core.proofs.life_laws import check_p5, check_x4, has_limits, law_p5, law_x4
from wenzheng_core.proofs.pause_caps import check_p4, law_p4
from wenzheng_core.proofs.pause_counting import (
    check_p1,
    check_p2,
    check_p3,
    check_p6,
    law_p2,
    law_p3,
    law_p6,
)
from wenzheng_core.proofs.reports import Counterexample, Outcome
from wenzheng_core.proofs.staging import Decide
from wenzheng_core.proofs.subjects import Draw, Subject

NO_RESTART = "没有重新起算这一情形:补正以后才起算的,由时限自受理起算来表达"


def judge_r1(life: Life) -> Counterexample | None:
    """A clock that runs on runs from where it began, unless a new grade's row begins elsewhere.

    No policy can provide for anything else.
    """
    for step in life.taken:
        began = {(clock.key, clock.row): clock.started for clock in step.before.running}
        for clock in step.after.running:
            if clock.started != began.get((clock.key, clock.row), clock.started):
                title = life.rules.policy.title_of(clock.id)
                text = f"「{title}」没有依据而重新起算:自{show_instant(clock.started)}"
                return life.failure(text, step, "没有规定重新起算的,不得重新起算")
    return None


def law_r1(subject: Subject, draw: Draw, engine: Decide = decide) -> Counterexample | None:
    """On one drawn life."""
    return judged(judge_r1, live(subject, draw, engine))


def check_r1(subject: Subject) -> Outcome:
    """Nothing restarts a clock, and no drawn life has one restarted all the same."""
    if not has_limits(subject.policy):
        return Outcome(absent=NO_RESTART)
    found = judge_lives(subject, judge_r1)
    return found if found.failures else Outcome(absent=NO_RESTART)


PROPERTIES: tuple[Property, ...] = (
    Property(
        id="P1",
        slug="pause_never_shortens",
        title="中止不缩短期限",
        statement="多中止一段时间,到期不会更早",
        reach=Reach.CALENDAR,
        check=check_p1,
    ),
    Property(
        id="P2",
        slug="pauses_as_union",
        title="中止只看合并后的时段",
        statement="中止的先后、拆分、重复登记都不改变到期",
        reach=Reach.SAMPLED,
        check=check_p2,
        law=law_p2,
    ),
    Property(
        id="P3",
        slug="pause_keeps_remaining",
        title="中止前后所剩不变",
        statement="恢复办理时所剩的时限与中止时相同",
        reach=Reach.SAMPLED,
        check=check_p3,
        law=law_p3,
        required=False,
    ),
    Property(
        id="P4",
        slug="pauses_bounded",
        title="中止有上限",
        statement="每项中止事由都有上限,到上限自动恢复;中止中的办件总有下一次自动查看的时刻",
        reach=Reach.EXHAUSTIVE,
        check=check_p4,
        law=law_p4,
    ),
    Property(
        id="P5",
        slug="breach_stands",
        title="逾期不能抹去",
        statement="一经逾期,中止、延期、改派、重办都不能使它变为未逾期,已发的牌不会消失",
        reach=Reach.SAMPLED,
        check=check_p5,
        law=law_p5,
    ),
    Property(
        id="P6",
        slug="longer_pause_never_earlier",
        title="中止越长到期越晚",
        statement="同一次中止延长,到期不会更早",
        reach=Reach.SAMPLED,
        check=check_p6,
        law=law_p6,
        required=False,
    ),
    Property(
        id="R1",
        slug="restart_as_declared",
        title="重新起算有据有限",
        statement="只按规定的事由重新起算,只会更晚,次数有限",
        reach=Reach.SAMPLED,
        check=check_r1,
        law=law_r1,
        required=False,
    ),
    Property(
        id="X1",
        slug="extension_lengthens",
        title="延期只会延长",
        statement="延期按原单位计算,到期必定更晚",
        reach=Reach.CALENDAR,
        check=check_x1,
    ),
    Property(
        id="X2",
        slug="extension_bounded",
        title="延期与中止有总的上限",
        statement="无论怎样延期、中止,每种时限都有最晚的一日,就是时限、延期上限、中止上限之和",
        reach=Reach.CALENDAR,
        check=check_x2,
    ),
    Property(
        id="X3",
        slug="asked_in_time_granted_by_another",
        title="到期前申请,由他人批准",
        statement="到期以后不能申请或批准延期;申请人本人和别的职务都不能批准",
        reach=Reach.EXHAUSTIVE,
        check=check_x3,
    ),
    Property(
        id="X4",
        slug="incremental_is_batch",
        title="逐步计算与一次计算相同",
        statement="按事件逐步得出的到期,与把全部经过一次算出的到期相同",
        reach=Reach.SAMPLED,
        check=check_x4,
        law=law_x4,
    ),
)
