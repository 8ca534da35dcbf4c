"""``wenzheng run``: rounds until a signal comes, a line where something was done, a clean end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import closing
from datetime import timedelta

import pytest

from wenzheng_core import StepReport, open_office
from wenzheng_core.domain.events import RungFired
from wenzheng_core.domain.evolving import fold

NOON = "2021-02-25 12:00"


@pytest.fixture(name="store")
def _store(wenzheng, board, db):
    """A board in the store, two of whose messages nobody has answered yet."""
    at = ("--city", "changsha", "--db", db)
    assert wenzheng("import", board, *at, "--replay", "--until", NOON).code == 0
    return at


def _sound(db: str) -> int:
    """How many cards fell; every case is what its records say, and no card fell twice."""
    with closing(open_office(db, city="changsha", create=False).storage) as store:
        for case in store.scan():
            assert fold(store.records(case.id)) == case
        fired = [f.record for f in store.feed(limit=9999) if isinstance(f.record.event, RungFired)]
    keys = [(r.case_id, r.event.clock, r.event.epoch, r.event.rung) for r in fired]
    assert len(keys) == len(set(keys))
    return len(keys)


def test_one_round(wenzheng, store, db):
    """``--once`` fires what is due, says so in one line, and 1 means that somebody must look."""
    ran = wenzheng("run", *store, "--once")
    assert (ran.code, len(ran.out.splitlines())) == (1, 1)
    assert "到点办件 2 件" in ran.out
    assert "未发出待重试" in ran.out  # no channel is installed
    assert "例如 " in ran.out
    assert "详见 wenzheng outbox" in ran.out
    again = wenzheng("run", *store, "--once")
    assert (again.code, again.out) == (0, "")
    assert _sound(db) > 0


def test_wrong_use(wenzheng, store):
    """No idle time at all and a lease of nothing are wrong use; a store must be there."""
    assert wenzheng("run", *store, "--once", "--idle", "0").code == 2
    assert wenzheng("run", *store, "--once", "--lease", "0").code == 2
    ran = wenzheng("run", "--once", "--city", "changsha", "--db", "sqlite:///nowhere.db")
    assert ran.code == 2


def test_a_clock_that_jumped_is_said(wenzheng, store, monkeypatch):
    """The suspension is a line, and with ``--once`` exit 1."""

    def jumped(self, now=None, *, stopped):
        return StepReport(at=self.clock.now(), jump=timedelta(days=30))

    monkeypatch.setattr("wenzheng_core.worker.Worker.step", jumped)
    ran = wenzheng("run", *store, "--once")
    assert ran.code == 1
    assert "系统时钟偏差 30 days" in ran.out


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(store, db, tmp_path, number):
    """Sent while it works, the signal ends the process with 0, and nothing is half done."""
    command = [sys.executable, "-m", "wenzheng_cli", "run", *store, "--idle", "0.05"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        begun, first = (process.stdout.readline().decode() for _ in range(2))
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    assert begun.startswith("值守开始")
    assert "到点办件 2 件" in first
    assert (process.returncode, out, err) == (0, b"", b"")
    assert _sound(db) > 0


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_several_run_at_once_and_one_is_killed(wenzheng, store, db, tmp_path):
    """Three processes over one file, one of them killed: every card falls once, whoever showed it."""
    command = [sys.executable, "-m", "wenzheng_cli", "run", *store, "--idle", "0.05"]
    running = [
        subprocess.Popen(
            [*command, "--lease", "1"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(3)
    ]
    try:
        for process in running:
            assert process.stdout is not None
            assert process.stdout.readline().decode().startswith("值守开始")
        running[0].kill()
    finally:
        for process in running[1:]:
            process.terminate()
        ended = [process.communicate(timeout=20) for process in running]
    assert [(p.returncode, e[1]) for p, e in zip(running, ended, strict=True)][1:] == [(0, b"")] * 2
    wenzheng("sweep", *store)  # which takes no leases: what nobody came to is done now
    assert wenzheng("sweep", *store, "--json").json["cases"] == 0
    assert _sound(db) > 0
