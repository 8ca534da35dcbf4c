"""A PostgreSQL cluster of a test's own, to be crashed."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
import pytest

_ROOT = 0


@attrs.frozen
class Cluster:
    """A cluster in a folder, on a port of its own."""

    binaries: Path
    folder: Path
    port: int

    @property
    def url(self) -> str:
        """Its database."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self.folder}"
        self.run("pg_ctl", "start", "-w", "-D", "data", "-l", "log", "-o", options)

    def crash(self) -> None:
        """Stop it as a crash would: no checkpoint, what was under way is lost."""
        self.run("pg_ctl", "stop", "-w", "-D", "data", "-m", "immediate")

    def run(self, program: str, *arguments: str) -> None:
        """Run one of its programs, as a user that may: PostgreSQL refuses root."""
        command = [str(self.binaries / program), *arguments]
        user = "postgres" if os.geteuid() == _ROOT else None
        subprocess.run(
            command,
            cwd=self.folder,
            user=user,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A running cluster; skips where PostgreSQL's programs are not installed."""
    binaries = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="wz-storm-", dir="/tmp"))  # a socket's path is short
    made = Cluster(binaries, folder, _free_port())
    try:
        if os.geteuid() == _ROOT:
            shutil.chown(folder, "postgres")
        made.run("initdb", "-D", "data", "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8")
        made.start()
        try:
            yield made
        finally:
            made.crash()
    finally:
        shutil.rmtree(folder)


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: p.parts[4])
    on_path = shutil.which("initdb")
    found += [Path(on_path)] if on_path else []
    if not found:
        pytest.skip("needs server: PostgreSQL binaries")
    if os.geteuid() == _ROOT:
        try:
            pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("needs server: PostgreSQL binaries, and a user to run them who is not root")
    return found[-1].parent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
