"""The laws of the ladder, in the order of the catalogue."""

from __future__ import annotations

from wenzheng_core.proofs.catalogue import Property, Reach
from wenzheng_core.proofs.ladder_lives import (
    check_l3,
    check_l4,
    check_l5,
    check_l6,
    law_l3,
    law_l4,
    law_l5,
    law_l6,
)
from wenzheng_core.proofs.ladder_shape import check_l1, check_l2, check_l7, check_l8

PROPERTIES: tuple[Property, ...] = (
    Property(
        id="L1",
        slug="rungs_strictly_ordered",
        title="阶梯逐级而上",
        statement="同一时限的各级督办时刻互不相同,再短的时限也不挤在一起或落空",
        reach=Reach.CALENDAR,
        check=check_l1,
    ),
    Property(
        id="L2",
        slug="rungs_on_their_side",
        title="各级在到期的应有一侧",
        statement="到期前的各级在起算与到期之间,逾期的各级不早于到期,到期的一刻至多一级",
        reach=Reach.CALENDAR,
        check=check_l2,
    ),
    Property(
        id="L3",
        slug="tick_idempotent",
        title="重复到点不重复发出",
        statement="同一时刻到点处理两次与一次相同,一级对同一次起算只发出一次",
        reach=Reach.SAMPLED,
        check=check_l3,
        law=law_l3,
    ),
    Property(
        id="L4",
        slug="firing_cumulative",
        title="发出的只增不减",
        statement="查看得晚,发出的各级包含查看得早时的全部",
        reach=Reach.SAMPLED,
        check=check_l4,
        law=law_l4,
    ),
    Property(
        id="L5",
        slug="path_independent",
        title="与何时查看无关",
        statement="一次查看到底与逐日查看,发出的各级及其时刻相同",
        reach=Reach.SAMPLED,
        check=check_l5,
        law=law_l5,
    ),
    Property(
        id="L6",
        slug="silent_when_paused_or_final",
        title="中止和办结后不发出",
        statement="中止期间和办结后不发出;延期只改未发出的各级,已发出的不撤回",
        reach=Reach.SAMPLED,
        check=check_l6,
        law=law_l6,
    ),
    Property(
        id="L7",
        slug="rank_never_falls",
        title="逐级加重,必有其人",
        statement="越往后措施和对象的级别不降低,每个单位都找得到接收的人",
        reach=Reach.EXHAUSTIVE,
        check=check_l7,
        required=False,
    ),
    Property(
        id="L8",
        slug="ladder_finite",
        title="阶梯有尽头",
        statement="各级总数有限,最高一级以后不再自动发出",
        reach=Reach.EXHAUSTIVE,
        check=check_l8,
        required=False,
    ),
)
