"""``wenzheng policy story``: a city's worked cases, lived in memory and told step by step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from wenzheng_cli.errors import BadInputError
from wenzheng_cli.options import Json
from wenzheng_cli.writing import instant, print_json, print_lines
from wenzheng_core import City, Telling, load_plugins, tell
from wenzheng_core.cities import Story

UNMET = 1
"""The exit code where a story does not come out as it is told."""


def tell_stories(
    city_id: Annotated[str, typer.Argument(metavar="CITY", help="城市办法的编号。")],
    story_id: Annotated[
        str | None, typer.Argument(metavar="ID", help="故事的编号;不写即全部。")
    ] = None,
    as_json: Json = False,
) -> None:
    """The city's stories, or one of them; exit code 1 where one does not come out as told."""
    plugins = load_plugins()
    city = plugins.city(city_id)
    tellings = [tell(story, plugins, city) for story in _chosen(city, story_id)]
    if as_json:
        print_json({"city": city.id, "stories": [_document(telling) for telling in tellings]})
    else:
        _print(city, tellings)
    if any(telling.faults for telling in tellings):
        raise typer.Exit(UNMET)


def _chosen(city: City, story_id: str | None) -> Sequence[Story]:
    if story_id is None:
        return city.stories
    for story in city.stories:
        if story.id == story_id:
            return (story,)
    known = "、".join(story.id for story in city.stories) or "无"
    raise BadInputError("ID", story_id, f"不是「{city.id}」的故事;现有:{known}")


def _document(telling: Telling) -> dict[str, Any]:
    story = telling.story
    return {
        "id": story.id,
        "title": story.title,
        "basis": story.basis,
        "choice": story.choice,
        "told": [
            {
                "step": told.step,
                "at": instant(told.at),
                "who": told.who,
                "what": told.what,
                "came": list(told.came),
                "says": told.says,
            }
            for told in telling.told
        ],
        "faults": list(telling.faults),
    }


def _print(city: City, tellings: Sequence[Telling]) -> None:
    if not tellings:
        print_lines(f"「{city.id}」没有故事(stories.toml)")
    for place, telling in enumerate(tellings):
        story = telling.story
        print_lines(*([""] if place else []), f"{story.title}({story.id})")
        print_lines(*telling.lines, f"依据:{story.basis}")
        if story.choice:
            print_lines(f"选择(原文没有说清,由本办法作者拟定):{story.choice}")
        print_lines(*(f"不符:{fault}" for fault in telling.faults))
