"""The bulletin of a policy that defines rates of its own."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import attrs
import pytest

from wenzheng_cli.reports import bulletin_document, bulletin_lines
from wenzheng_core import FixedClock, Office, Period, open_office
from wenzheng_core.cities import make_city
from wenzheng_core.domain.commands import Decline
from wenzheng_core.domain.measures import UnitFigures
from wenzheng_core.domain.provisions import MeasureRule
from wenzheng_core.memory import MemoryStorage
from wenzheng_core.testing.builders import (
    CLERK,
    START,
    sample_calendar,
    sample_message,
    sample_policy,
    sample_rules,
)

MARCH = Period(datetime(2025, 2, 28, 16, tzinfo=UTC), datetime(2025, 3, 31, 16, tzinfo=UTC))
RULE = MeasureRule(
    id="effective",
    title="有效答复率",
    part="replied",
    whole="received",
    excluding=("court",),
    digits=1,
    target="95",
    basis="样例第九条",
)


@pytest.fixture(name="office")
def _office():
    """Two messages, one of them declined on a ground that the policy's rate leaves out."""
    office = Office(
        city=make_city([attrs.evolve(sample_policy(), measures=(RULE,))], sample_rules().units),
        storage=MemoryStorage("sample"),
        calendar=sample_calendar(),
        clock=FixedClock(START),
    )
    for number in ("1", "2"):
        case = office.receive(sample_message(number), at=START).case
    office.execute(case.id, Decline(reason="court"), actor=CLERK, key="1")
    return office


def test_a_policys_own_rate_is_shown_with_its_definition_and_basis(office):
    """In text and as data: numbers, ground left out, target, whether it is met."""
    found = office.report(MARCH)
    text = "\n".join(bulletin_lines(found, office, "2025-03"))
    assert "回复率 50.00%(1/2)" in text
    shown = next(line for line in text.splitlines() if line.startswith("有效答复率"))
    assert "不含已入诉讼" in shown
    assert shown.endswith(":0.0%(0/1),未达标")
    document = json.loads(json.dumps(bulletin_document(found, office, "2025-03")))
    (measure,) = document["measures"]
    assert measure["value"] == {"part": 0, "whole": 1, "percent": "0.0%"}
    assert (measure["target"], measure["target_met"]) == ("95", False)
    assert (measure["excluding"], measure["basis"]) == (["court"], "样例第九条")
    assert document["declined_by_reason"] == {"court": 1}
    assert document["valid_reply_rate"] == {"part": 0, "whole": 1, "percent": "0.00%"}


def test_the_bulletin_ends_with_what_its_rates_rest_on(wenzheng, db):
    """Each measure of an installed policy with its sentence; no rate of what nobody records."""
    office = open_office(db, city="changsha")
    office.receive(sample_message(), at=START)
    office.storage.close()
    ran = wenzheng("report", "bulletin", "--period", "2025-03", "--city", "changsha", "--db", db)
    assert ran.code == 0
    measures = office.city.versions.latest.measures
    assert measures
    expected = [f"{rule.title}的依据:{rule.basis}" for rule in measures]
    assert ran.out.splitlines()[-len(expected) :] == expected
    assert "解决率" not in ran.out


def test_soft_limits_and_returns_are_shown_where_there_are_any(office):
    """A line each; where all limits are hard and nothing was returned there is neither."""
    found = office.report(MARCH)
    plain = "\n".join(bulletin_lines(found, office, "2025-03"))
    assert "一般要求" not in plain
    assert "退回" not in plain
    unit = UnitFigures(unit="housing", handled=3, returned=2)
    more = attrs.evolve(
        found, within=3, late=2, within_soft=2, late_soft=1, returned=1, units=(unit,)
    )
    text = "\n".join(bulletin_lines(more, office, "2025-03"))
    assert "其中硬性时限按时 50.00%(1/2),一般要求按时 66.67%(2/3)" in text
    assert "退回重办 1 件:市住房局 2 次" in text
    document = bulletin_document(more, office, "2025-03")
    assert document["hard_on_time_rate"]["percent"] == "50.00%"
    assert document["units"][0]["returned"] == 2
