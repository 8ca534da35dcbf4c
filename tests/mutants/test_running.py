"""Who notices a slip, what is equivalent, and that a suggestion, once pasted, does what it says."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from wenzheng_core import City, load_plugins
from wenzheng_core.cities import Examples, read_cases
from wenzheng_core.mutants.mutators import Mutant, mutants
from wenzheng_core.mutants.running import Bench, scores
from wenzheng_core.mutants.scoring import By, Fate, Score, markdown
from wenzheng_core.mutants.suggesting import BASIS
from wenzheng_core.proofs.dumping import policy_data

PLUGINS = load_plugins()
SMALL = ("jiayuguan", "notice")
HEAD = 'schema = "wenzheng.cases/1"\n'


def bare(city_id: str) -> City:
    """An installed city without any example or story."""
    return attrs.evolve(PLUGINS.city(city_id), golden=(), examples=Examples(), stories=())


def bench(city: City) -> Bench:
    """Its newest version, to be mutated."""
    return Bench(plugins=PLUGINS, city=city, policy=city.versions.latest)


def mutant(city: City, part: str) -> Mutant:
    """The first mutant of a city whose id holds the text."""
    data = policy_data(city.versions.latest)
    return next(one for one in mutants(data) if part in one.id)


def fate(city: City, part: str) -> Fate:
    """What becomes of it."""
    return bench(city).fate(mutant(city, part))


@pytest.mark.parametrize(
    ("city", "part", "by"),
    [
        ("changsha", "rows_doubled", By.LOAD),
        ("changsha", "bounds $.clock[1].limit[0].within", By.GOLDEN),
        ("changsha", "gates_dropped", By.STORY),
        ("notice", "roles $.gate[0].by", By.ENTRIES),
        ("law-minsu", "rolls", By.EQUIVALENT),
        ("changsha", "roles $.rung[0].to", By.ENTRIES),
    ],
)
def test_who_notices(city: str, part: str, by: By) -> None:
    """A slip is noticed by the first of those who are asked that can see it."""
    found = fate(PLUGINS.city(city), part)

    assert found.by is by
    assert found.why


@pytest.mark.parametrize(
    ("city", "part", "told"),
    [
        ("changsha", "roles $.gate[0].by", "W9:"),
        ("law-xxgk", "roles $.extension[0].approver", "X3:"),
        ("law-xxgk", "values $.extension[0].when.spot", "D16:"),
    ],
)
def test_quick_properties_notice(city: str, part: str, told: str) -> None:
    """Without any example, a property that is looked at when a policy is read still notices."""
    found = fate(bare(city), part)

    assert found.by is By.QUICK
    assert found.why.startswith(told)


def test_properties_that_need_days_notice() -> None:
    """A rung that would fire on no day at all is seen by the property of the calendar, if by none else."""
    found = fate(bare("gansu"), "moments $.rung[1].at")

    assert found.by is By.CI
    assert found.why.startswith("L1:")


@pytest.mark.parametrize(
    ("city", "part", "table"),
    [
        ("changsha", "bounds $.clock[1].limit[0].within", "[[case]]"),
        ("law-minsu", "units $.clock[0].limit[1].within", "[[case]]"),
        ("law-minfadian", "countings", "[[case]]"),
        ("shantou", "exchanges", "[[case]]"),
        ("wuhan-jyj", "schedules $.schedule[0].closes", "[[run]]"),
        ("gansu", "schedules $.schedule[3].every", "[[run]]"),
        ("changsha", "gates_dropped", "[[expect]]"),
        ("changsha", "roles $.rung[0].to", "[[expect]]"),
        ("puyang", "moments $.rung[0].at", "[[expect]]"),
        ("pingdu", "lists $.routing", "[[expect]]"),
        ("wuhan", "campaigns", "[[expect]]"),
    ],
)
def test_a_suggestion_kills(city: str, part: str, table: str) -> None:
    """A survivor comes with an example that the policy meets and the slip does not."""
    found = fate(bare(city), part)
    assert found.by is By.SURVIVED
    assert found.suggestion is not None
    toml = found.suggestion.toml
    assert toml.startswith(table)
    assert BASIS in toml
    golden, examples = read_cases(HEAD + toml)
    taught = attrs.evolve(bare(city), golden=golden, examples=examples)
    again = bench(taught)

    assert again.fate(found.mutant).by in (By.GOLDEN, By.ENTRIES)
    assert again._sound_examples or again._sound_entries


def test_a_dropped_gate_is_told_as_the_step_that_was_refused() -> None:
    """Where no day tells the two apart, a step does."""
    found = fate(bare("changsha"), "gates_dropped")

    assert "未经「审核」即公开回复,原办法拒绝(gate.open),变异后不拒绝" in found.why


def test_an_example_that_fails_anyway_kills_nothing() -> None:
    """What the policy as it is does not meet cannot tell a mutant from it."""
    city = PLUGINS.city("changsha")
    wrong = [attrs.evolve(case, due_day=case.start.date()) for case in city.golden if case.due_day]
    spoilt = attrs.evolve(bare("changsha"), golden=tuple(wrong))

    assert len(wrong) > 1
    assert fate(spoilt, "bounds $.clock[1].limit[0].within").by is By.SURVIVED


@pytest.mark.parametrize("city", ["puyang", "zhoukou"])
def test_a_rung_on_a_promise_is_never_called_equivalent(city: str) -> None:
    """The comparison of days says nothing of what is promised, so that nothing follows from it."""
    whole = PLUGINS.city(city)
    found = bench(whole).run(["moments", "bounds", "units"])

    assert found.fates
    assert found.count(By.EQUIVALENT) == 0


def test_equivalent_is_what_changes_no_day() -> None:
    """By the code of civil procedure every last day rolls, whether or not the limit says so."""
    found = bench(bare("law-minsu")).run(["rolls"])

    assert [one.by for one in found.fates] == [By.EQUIVALENT, By.EQUIVALENT]
    assert (found.able, found.per_cent) == (0, "—")


def test_the_same_slip_is_no_equivalent_where_days_do_not_roll() -> None:
    """Among offices a last day rolls only where the limit says so."""
    found = bench(bare("wuhan-jyj")).run(["rolls"])

    assert [one.by for one in found.fates] == [By.SURVIVED]


def test_a_score_is_never_rounded_up() -> None:
    """One survivor of two thousand is not a hundred per cent."""
    one = mutant(PLUGINS.city("notice"), "softs")
    fates = [Fate(mutant=one, by=By.GOLDEN)] * 1999 + [Fate(mutant=one, by=By.SURVIVED)]
    score = Score(policy="x", version="1", digest="", fates=tuple(fates))

    assert score.per_cent == "99.9%"
    assert markdown([score])[-1] == "| x | 1 | 2000 | 0 | 0 | 1999 | 0 | 1 | 99.9% |"


@pytest.mark.parametrize("city_id", SMALL)
def test_every_slip_in_a_small_city_is_noticed(city_id: str) -> None:
    """The whole mutation of a city: nothing survives that changes anything."""
    (score,) = scores(PLUGINS, PLUGINS.city(city_id))

    assert len(score.fates) >= 20
    assert [one.mutant.id for one in score.survivors] == []
    assert score.per_cent == "100%"


@pytest.mark.long
def test_every_slip_in_every_city_is_noticed() -> None:
    """All installed cities; the table in docs/mutation.md is what comes of it."""
    cities = [PLUGINS.cities[name] for name in sorted(PLUGINS.cities)]
    found = [score for city in cities for score in scores(PLUGINS, city)]
    page = (Path(__file__).parents[2] / "docs" / "mutation.md").read_text("utf-8")

    assert [f"{s.policy} {one.mutant.id}" for s in found for one in s.survivors] == []
    assert "\n".join(markdown(found)) in page
