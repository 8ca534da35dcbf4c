"""W: the course of a case, explored to the end on a model, and the model compared with the engine."""

from __future__ import annotations

from collections.abc import Callable

from wenzheng_core.proofs import course_laws as laws
from wenzheng_core.proofs.catalogue import Check, Property, Reach
from wenzheng_core.proofs.exploring import Course, course_of
from wenzheng_core.proofs.reports import Counterexample, Grade, Outcome
from wenzheng_core.proofs.subjects import Draw, Subject
from wenzheng_core.proofs.workflow_histories import STEPS_MOST, follow


def law_w14(subject: Subject, draw: Draw) -> Counterexample | None:
    """One random history, on the engine and on the model."""
    return follow(course_of(subject), subject.rules, draw)


def _check_w14(subject: Subject) -> Outcome:
    found, checked = None, 0
    for checked, draw in enumerate(subject.draws("W14"), 1):  # noqa: B007
        if found := law_w14(subject, draw):
            break
    return Outcome(
        grade=Grade.SAMPLED,
        checked=checked,
        domain=f"{checked}个随机经过,各至多走{STEPS_MOST}步,起点取自图中任一位置,种子{subject.seed}",
        failures=(found,) if found else (),
    )


def _on_course(law: Callable[[Course], Outcome]) -> Check:
    return lambda subject: law(course_of(subject))


def _explored(
    number: int,
    slug: str,
    title: str,
    statement: str,
    law: Callable[[Course], Outcome],
    required: bool = True,
) -> Property:
    reach = Reach.LOAD if number in (1, 13) else Reach.EXHAUSTIVE
    return Property(
        id=f"W{number}",
        slug=slug,
        title=title,
        statement=statement,
        reach=reach,
        check=_on_course(law),
        required=required,
    )


PROPERTIES: tuple[Property, ...] = (
    _explored(
        1,
        "references_exist",
        "引用齐全",
        "办件只有一个起点,有终点,了结以后只能归档或重新办理;办法里提到的职务、时限、清单、栏目都存在。",
        laws.references,
    ),
    _explored(
        2, "states_reachable", "都能到达", "办法设了的每一种状态,至少有一件能走到。", laws.reachable
    ),
    _explored(
        3,
        "no_dead_transition",
        "没有空设的步骤",
        "办法规定的每一道关口、每一种中止、延期、报送,至少有一件用得上。",
        laws.no_dead_step,
        required=False,
    ),
    _explored(
        4,
        "can_complete",
        "总能办完",
        "无论办到哪里,总还有路答复并归档;不予受理和合并的也能归档。",
        laws.completes,
    ),
    _explored(
        5,
        "no_deadlock",
        "不会卡死",
        "未了结的办件,总有现有的人能把它往前办一步。",
        laws.no_deadlock,
    ),
    _explored(
        6,
        "straight_path",
        "有直路",
        "不经退回、退件、改派、中止、延期、重办,交单位办理或直接答复都能一路走到归档。",
        laws.straight,
    ),
    _explored(
        7,
        "loops_bounded",
        "不会无尽循环",
        "能绕回原处的步骤,要么用掉办法限定的次数,要么写明为什么可以重复。",
        laws.bounded,
    ),
    _explored(
        8, "one_result", "结果唯一", "同一处境下做同一件事,结果只有一种。", laws.deterministic
    ),
    _explored(
        9,
        "duties_separated",
        "各司其职",
        "承办单位不审核自己的反馈,申请延期的人不批准延期,只有主管办公室或系统归档。",
        laws.separated,
    ),
    _explored(
        10,
        "no_silent_waiting",
        "没有无声的等待",
        "未了结的每一种处境,都有时限在走,或者写明原文为什么没有时限。",
        laws.no_silence,
        required=False,
    ),
    _explored(
        11,
        "final_stops_clocks",
        "了结即停表",
        "办件了结时各时限一律停止;只有等待问题真正办结的、从答复起算的时限在答复后继续。",
        laws.clocks_end,
    ),
    _explored(
        12,
        "nothing_left_open",
        "了结即交清",
        "办件了结时没有单位还在承办,没有中止,没有待批的延期。",
        laws.complete,
        required=False,
    ),
    _explored(
        13,
        "public_status",
        "公开状态明确",
        "每种状态都对应平台上的待回复、办理中、已办理之一,除重新办理外不倒退。",
        laws.public,
        required=False,
    ),
    Property(
        id="W14",
        slug="model_is_engine",
        title="模型与引擎一致",
        statement="随机的办理经过在真实引擎上不出这张图;图上不许的引擎也不许;被拒的指令什么也不改变。",
        reach=Reach.SAMPLED,
        check=_check_w14,
        law=law_w14,
    ),
)
