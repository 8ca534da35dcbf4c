"""The command tree: which group is loaded, and what an error becomes.

Exit codes: 0 done; 1 the answer is no (refused, no such case, a sweep with failures); 2 wrong use or
bad input. A mistake is one Chinese message on stderr, with ``--json`` also one document on stdout.
An exception that is none of ours is a bug and keeps its traceback.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module, metadata
from typing import Annotated

import typer
from typer.main import get_command

from wenzheng_cli.errors import ClickError, report_error, report_machine, report_usage
from wenzheng_cli.main import INTERRUPTED
from wenzheng_core import WenzhengError

# The group of each command. Only the one that is asked for is imported: Rich and the rest of the
# house cost more time than most answers.
GROUPS = {
    "due": "wenzheng_cli.due",
    "count": "wenzheng_cli.days",
    "calendar": "wenzheng_cli.days",
    "import": "wenzheng_cli.importing",
    "case": "wenzheng_cli.cases",
    "explain": "wenzheng_cli.explaining",
    "clusters": "wenzheng_cli.duplicates",
    "reply": "wenzheng_cli.replies",
    "sweep": "wenzheng_cli.sweeping",
    "deliver": "wenzheng_cli.outbox",
    "outbox": "wenzheng_cli.outbox",
    "run": "wenzheng_cli.running",
    "feed": "wenzheng_cli.feeding",
    "duty": "wenzheng_cli.duties",
    "report": "wenzheng_cli.reports",
    "policy": "wenzheng_cli.policies",
    "compare": "wenzheng_cli.comparing",
    "audit": "wenzheng_cli.auditing",
    "export": "wenzheng_cli.exports",
    "restore": "wenzheng_cli.exports",
    "db": "wenzheng_cli.schemas",
    "demo": "wenzheng_cli.demo",
}


def execute(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; raise KeyboardInterrupt where it was broken off."""
    as_json = "--json" in arguments
    try:
        result = get_command(build(arguments))(list(arguments), "wenzheng", standalone_mode=False)
    except ClickError as error:
        report_usage(error, as_json=as_json)
        return 2
    except typer.Abort:  # what Typer used to make of Ctrl-C
        raise KeyboardInterrupt from None
    except WenzhengError as error:
        return report_error(error, as_json=as_json)
    except BrokenPipeError:
        raise
    except OSError as error:
        return report_machine(error, as_json=as_json)
    if result == INTERRUPTED:  # what Typer makes of it now
        raise KeyboardInterrupt
    return result if isinstance(result, int) else 0


def build(arguments: Sequence[str]) -> typer.Typer:
    """The command tree, of which only the group that is asked for is loaded, else all."""
    app = typer.Typer(
        help="网民留言办理:时限、办件、黄牌红牌、通报。",
        add_completion=False,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    wanted = GROUPS.get(arguments[0]) if arguments else None
    for module in dict.fromkeys([wanted] if wanted else GROUPS.values()):
        import_module(module).register(app)
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        for package in ("wenzheng-cli", "wenzheng-core"):
            print(package, metadata.version(package))
        raise typer.Exit


def _options(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_show_version, help="显示版本后退出。"),
    ] = False,
) -> None:
    """Take the options that stand before any command."""
