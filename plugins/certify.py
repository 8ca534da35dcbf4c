"""Write every plugin's ``CERTIFICATE.md`` anew, or with ``--check`` only say which ones are stale.

One certificate for each plugin that brings cities: all their versions, at the profile ``ci``, without
a date, so that it changes only with the rules, the calendar, the catalogue or the engine.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from pathlib import Path

from wenzheng_cli.certificate import Certified, certificate
from wenzheng_cli.rendering import markdown
from wenzheng_core import City, load_plugins, verify

PLUGINS = Path(__file__).parent
NAME = "CERTIFICATE.md"


def folders() -> list[Path]:
    """The folders of the plugins that bring cities."""
    return [path.parent for path in sorted(PLUGINS.glob("*/pyproject.toml")) if cities(path.parent)]


def cities(folder: Path) -> list[City]:
    """The cities that the plugin in a folder brings."""
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    modules = map(import_module, project.get("entry-points", {}).get("wenzheng", {}).values())
    return [city for module in modules for city in getattr(module, "wenzheng_policies", list)()]


def text_of(folder: Path) -> str:
    """The certificate of the plugin in a folder."""
    return markdown(certificate(list(_examined(folder))))


def _examined(folder: Path) -> Iterator[Certified]:
    plugins = load_plugins()
    for city in cities(folder):
        for policy in city.versions.versions:
            report = verify(policy, city=city, plugins=plugins)
            yield Certified(report, policy, city, plugins.calendar(policy.calendar))


def main(*, write: bool) -> int:
    """Write them all, or compare them all; 1 if any is stale and was not written."""
    found = folders()
    with ProcessPoolExecutor(2) as pool:
        texts = list(pool.map(text_of, found))
    stale = [
        folder / NAME
        for folder, text in zip(found, texts, strict=True)
        if not (folder / NAME).exists() or (folder / NAME).read_text("utf-8") != text
    ]
    if write:
        for folder, text in zip(found, texts, strict=True):
            (folder / NAME).write_text(text, "utf-8", newline="\n")
    did = "written" if write else "stale, run `make certify`"
    sys.stdout.writelines(f"{path.relative_to(PLUGINS.parent)}: {did}\n" for path in stale)
    return 1 if stale and not write else 0


if __name__ == "__main__":
    sys.exit(main(write="--check" not in sys.argv[1:]))
