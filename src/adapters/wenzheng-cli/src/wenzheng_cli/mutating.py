"""``wenzheng policy mutate``: which slips in a policy nobody would notice."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from wenzheng_cli.errors import BadInputError
from wenzheng_cli.options import Json
from wenzheng_cli.terminal import Sheet, terminal
from wenzheng_cli.writing import print_json, print_lines
from wenzheng_core import load_plugins
from wenzheng_core.mutants.mutators import OPERATORS
from wenzheng_core.mutants.running import scores
from wenzheng_core.mutants.scoring import FORM, By, Fate, Score, markdown

_TITLES = {operator.name: operator.title for operator in OPERATORS}


def mutate_policy(
    cities: Annotated[
        list[str] | None,
        typer.Argument(metavar="[CITY]...", help="已安装城市办法的编号;不写即全部。"),
    ] = None,
    operators: Annotated[
        list[str] | None,
        typer.Option("--operator", help="只试这一种改动;可多次给出。"),
    ] = None,
    as_table: Annotated[bool, typer.Option("--markdown", help="只输出得分表(Markdown)。")] = False,
    as_json: Json = False,
) -> int:
    """Change a policy slip by slip; 0 if every slip that matters is noticed, 1 otherwise."""
    for name in operators or ():
        if name not in _TITLES:
            known = "、".join(f"{key}({title})" for key, title in _TITLES.items())
            raise BadInputError("--operator", name, f"没有这一种改动;可用:{known}")
    plugins = load_plugins()
    only = tuple(operators or ())
    chosen = [plugins.city(name) for name in cities or sorted(plugins.cities)]
    found = [score for city in chosen for score in scores(plugins, city, only)]
    if as_json:
        print_json({"form": FORM, "scores": [_document(score) for score in found]})
    elif as_table:
        print_lines(*markdown(found))
    else:
        for score in found:
            _show(score)
    return 1 if any(score.survivors for score in found) else 0


def _show(score: Score) -> None:
    sheet = Sheet(f"{score.policy}@{score.version}", ("改动", "件数", *(by.label for by in By)))
    for operator, fates in score.tally().items():
        counts = (str(fates.get(by, 0) or "") for by in By)
        sheet.add(_TITLES[operator], str(sum(fates.values())), *counts)
    sheet.show(terminal())
    told = f"{score.killed}/{score.able} 被发现({score.per_cent}),等价 {score.count(By.EQUIVALENT)}"
    print_lines("", told)
    for fate in score.survivors:
        print_lines("", *_survivor(fate))


def _survivor(fate: Fate) -> list[str]:
    told = [f"未被发现:{fate.mutant.text} @ {fate.mutant.path}"]
    if fate.suggestion is not None:
        told += [f"可区分:{fate.suggestion.differs}", "请补入 cases.toml:"]
        told += fate.suggestion.toml.rstrip().splitlines()
    return told


def _document(score: Score) -> dict[str, Any]:
    return {
        "policy": score.policy,
        "version": score.version,
        "digest": score.digest,
        "mutants": len(score.fates),
        "able": score.able,
        "killed": score.killed,
        "equivalent": score.count(By.EQUIVALENT),
        "score": score.per_cent,
        "fates": [_fate(fate) for fate in score.fates],
    }


def _fate(fate: Fate) -> dict[str, Any]:
    mutant, suggestion = fate.mutant, fate.suggestion
    told = {
        "id": mutant.id,
        "operator": mutant.operator,
        "path": mutant.path,
        "text": mutant.text,
        "by": fate.by.value,
        "why": fate.why,
    }
    if suggestion is None:
        return told
    return {**told, "differs": suggestion.differs, "example": suggestion.toml}
