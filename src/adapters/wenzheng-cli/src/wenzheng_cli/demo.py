"""``wenzheng demo``: one story from two cities, on SQLite, from message to ranking."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from wenzheng_cli.demostories import CHANGSHA, SHANTOU, Story
from wenzheng_cli.demotelling import WIDTH, Telling
from wenzheng_cli.errors import BadInputError, os_reason
from wenzheng_cli.reading import read_period
from wenzheng_cli.reports import bulletin_document, bulletin_lines, print_bulletin
from wenzheng_cli.terminal import terminal
from wenzheng_core import FixedClock, Plugins, load_plugins, open_office

MARK = ".wenzheng-demo"
_LEFT_BY_SQLITE = ("", "-wal", "-shm", "-journal")


class LinesChannel:
    """A channel that appends what it sends to a file, one JSON document a line."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.sent: list[tuple[str, str]] = []
        self._path = path
        path.touch()

    def send(self, to: str, text: str, keys: Sequence[str]) -> str:
        """Append and give the number of the line as the receipt."""
        self.sent.append((to, text))
        item = {"channel": self.name, "to": to, "text": text, "keys": list(keys)}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(item, ensure_ascii=False) + "\n")
        return f"{self.name}-{len(self.sent)}"


def demo(
    out: Annotated[Path, typer.Option("--out", help="结果写到哪个文件夹。")] = Path("demo-output"),
) -> None:
    """Tell the story and print where everything was written."""
    plugins = load_plugins()
    for story in (CHANGSHA, SHANTOU):
        plugins.city(story.city)
    folder = out.resolve()
    _clear(folder)
    made = [folder / "sms.jsonl", folder / "replies.jsonl"]
    sms, replies = LinesChannel("sms", made[0]), LinesChannel("publish", made[1])
    explanations: list[str] = []
    console = terminal(WIDTH)
    console.print("两地规定与两件留言出自公开报道和通知;标(拟)的内容、钟点与编号为演示所拟。")
    for story in (CHANGSHA, SHANTOU):
        made += _tell(story, folder, plugins, sms, replies, explanations)
    made.append(folder / "explanations.txt")
    made[-1].write_text("\n".join(explanations) + "\n", "utf-8")
    console.rule("写下的文件", align="left")
    for path in made:
        console.print(str(path), soft_wrap=True)


def _tell(
    story: Story,
    folder: Path,
    plugins: Plugins,
    sms: LinesChannel,
    replies: LinesChannel,
    explanations: list[str],
) -> list[Path]:
    database = folder / f"{story.city}.db"
    clock = FixedClock(story.begins)
    url = f"sqlite:///{database.as_posix()}"
    office = open_office(
        url, city=story.city, clock=clock, channels=(sms, replies), plugins=plugins
    )
    telling = Telling(office, clock, sms.sent)
    telling.tell(story)
    explanations += telling.explanations()
    found = office.report(read_period(story.month, "--period"), story.ends)
    print_bulletin(found, office, story.month)
    stem = folder / f"bulletin-{story.city}-{story.month}"
    document = bulletin_document(found, office, story.month)
    texts = {
        ".json": json.dumps(document, ensure_ascii=False, indent=2),
        ".txt": "\n".join(
            [
                *bulletin_lines(found, office, story.month),
                *(
                    f"{u.rank} {office.city.units.name(u.unit)} 办理量 {u.handled} "
                    f"办结率 {u.completion_rate} 黄牌 {u.yellow_cards} 红牌 {u.red_cards}"
                    for u in found.units
                ),
            ]
        ),
    }
    office.storage.close()
    written = [database]
    for suffix, text in texts.items():
        written.append(stem.with_name(stem.name + suffix))
        written[-1].write_text(text + "\n", "utf-8")
    return written


def _clear(folder: Path) -> None:
    """Make the folder, or empty it of what an earlier demo left; a stranger's is not touched."""
    mark = folder / MARK
    if folder.exists() and not mark.is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInputError("--out", str(folder), "已有其他内容,不会动它;请另选一个文件夹")
    names = mark.read_text("utf-8").split() if mark.is_file() else []
    for name in names:
        (folder / Path(name).name).unlink(missing_ok=True)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".gitignore").write_text("*\n", "utf-8")
        mark.write_text("\n".join(_names()) + "\n", "utf-8")
    except OSError as error:
        raise BadInputError("--out", str(folder), f"无法写入({os_reason(error)})") from None


def _names() -> list[str]:
    names = ["sms.jsonl", "replies.jsonl", "explanations.txt"]
    for story in (CHANGSHA, SHANTOU):
        names += [f"{story.city}.db{tail}" for tail in _LEFT_BY_SQLITE]
        names += [f"bulletin-{story.city}-{story.month}{suffix}" for suffix in (".json", ".txt")]
    return names


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo", help="两座城市的一段故事:从留言到通报,全在 SQLite 上。")(demo)
