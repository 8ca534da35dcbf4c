"""Opening a store of SQLite: what is made, what is refused, what is left alone."""

from __future__ import annotations

import sqlite3
import sys
import traceback
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, text

from wenzheng_core.domain.errors import WenzhengError
from wenzheng_core.testing.builders import (
    sample_change,
    sample_opening,
)
from wenzheng_core.testing.storage_calls import put
from wenzheng_sqlalchemy import (
    SqlStorage,
    SqlStorageProvider,
    StoreError,
    make_engine,
    wenzheng_storage,
)

SECRET = "hunter2"
"""A password that must not show."""


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database that does not exist yet."""
    return f"sqlite:///{tmp_path / 'wz.db'}"


def write_and_stop(store: SqlStorage, case_id: str) -> None:
    """Open a case in a block that then raises KeyError."""
    with store.transaction() as transaction:
        transaction.write([sample_change(sample_opening(case_id))])
        raise KeyError


class TestOpening:
    """Opening a store works, or says in Chinese what to do."""

    def test_a_missing_folder_is_said_to_be_missing(self, tmp_path: Path) -> None:
        """The message names the folder and what to do, and no file is made elsewhere."""
        missing = tmp_path / "没有这个文件夹"
        with pytest.raises(WenzhengError, match="没有这个文件夹;请先建立该文件夹") as caught:
            SqlStorageProvider().open(f"sqlite:///{missing / 'wz.db'}", "t")
        assert isinstance(caught.value, StoreError)
        with pytest.raises(StoreError, match="是文件夹"):
            SqlStorageProvider().open(f"sqlite:///{tmp_path}", "t")

    @pytest.mark.parametrize(
        "url",
        [
            "oracle://u:hunter2@db/x",
            "postgresql+asyncpg://u:hunter2@db/x",
            "mysql+aiomysql://u:hunter2@db/x",
            "sqlite+aiosqlite:///hunter2",
            "://hunter2",
            "",
        ],
    )
    def test_other_urls_are_refused_without_their_password(self, url: str) -> None:
        """The message says what can be written instead and repeats no secret."""
        with pytest.raises(StoreError, match=r"sqlite:///.*postgresql://.*mysql://") as caught:
            SqlStorage(url, "t")
        assert "hunter2" not in str(caught.value)

    @pytest.mark.parametrize("scheme", ["postgresql", "mysql", "mariadb", "mysql+pymysql"])
    def test_a_server_that_does_not_answer_is_said_not_to(self, scheme: str) -> None:
        """The message says what to look at and repeats no secret; port 1 has nobody behind it."""
        with pytest.raises(StoreError, match="无法连接数据库服务器") as caught:
            SqlStorage(f"{scheme}://u:{SECRET}@127.0.0.1:1/x", "t")
        assert SECRET not in "".join(traceback.format_exception(caught.value))

    def test_a_driver_that_is_missing_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """With what to install."""
        monkeypatch.setitem(sys.modules, "pymysql", None)
        with pytest.raises(
            StoreError, match=r"pymysql.*pip install 'wenzheng-sqlalchemy\[mysql\]'"
        ):
            SqlStorage("mysql://u:hunter2@127.0.0.1:1/x", "t")

    def test_a_database_of_another_kind_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """An engine that SQLAlchemy knows and this package does not is no store's."""
        engine = create_engine("sqlite://")
        monkeypatch.setattr(engine.dialect, "name", "firebird")
        with pytest.raises(StoreError, match="firebird"):
            SqlStorage(engine, "t")
        engine.dispose()

    def test_a_driver_that_is_not_ours_is_refused(self) -> None:
        """Another driver gives other values back, as psycopg2 bytes that cannot be compared."""
        engine = create_engine("sqlite+pysqlcipher://", module=sqlite3)
        with pytest.raises(
            StoreError, match=r"pysqlcipher.*sqlite\+pysqlite.*postgresql\+psycopg、"
        ):
            SqlStorage(engine, "t")
        engine.dispose()

    @pytest.mark.parametrize(
        "url",
        [
            "sqlite:///{}/wz.db?hunter2=1",
            "sqlite:///{}/wz.db?timeout=hunter2",
            "postgresql://u:hunter2@127.0.0.1:1/x?bogus=1",
            "postgresql://u:hunter2@127.0.0.1:1/x?connect_timeout=hunter2",
            "mysql://u:hunter2@127.0.0.1:1/x?bogus=1",
            "mysql://u:hunter2@127.0.0.1:1/x?charset=nonsense",
            "mysql://u:hunter2@127.0.0.1:1/x?connect_timeout=hunter2",
        ],
    )
    def test_options_that_no_driver_knows_are_said_to_be_wrong(
        self, url: str, tmp_path: Path
    ) -> None:
        """In words of ours, without the URL, whenever the driver looks at them."""
        with pytest.raises(StoreError, match="选项有误") as caught:
            SqlStorage(url.format(tmp_path), "t")
        assert "hunter2" not in str(caught.value)
        assert list(tmp_path.iterdir()) == []

    def test_a_file_that_is_no_database_is_refused(self, tmp_path: Path) -> None:
        """A wrong file stays as it is."""
        wrong = tmp_path / "通报.docx"
        wrong.write_bytes(b"PK" * 4096)
        with pytest.raises(StoreError, match="不是数据库文件"):
            SqlStorage(f"sqlite:///{wrong}", "t")
        assert wrong.read_bytes() == b"PK" * 4096

    def test_errors_of_the_database_tell_nothing_of_the_case(self, url: str) -> None:
        """What SQLAlchemy raises becomes a StoreError without statement and parameters."""
        store = SqlStorage(url, "t")
        engine = make_engine(url)
        with engine.begin() as connection:
            connection.execute(text("DROP TABLE wz_event"))
        engine.dispose()
        with pytest.raises(StoreError) as caught, store.transaction() as transaction:
            transaction.write([sample_change(sample_opening("c1"))])
        assert "13800000000" not in repr(caught.getrepr())
        assert "INSERT" not in str(caught.value)
        assert store.case("c1") is None
        store.close()

    def test_the_hook_offers_four_schemes(self) -> None:
        """The plugin manager finds one provider for all the databases."""
        found = [provider.schemes for provider in wenzheng_storage()]
        assert found == [("sqlite", "postgresql", "mysql", "mariadb")]

    def test_an_engine_of_the_embedder_is_used_as_it_is(self, tmp_path: Path) -> None:
        """Nothing is set on it, nothing of it is closed, and its own tables stay beside ours."""
        engine = create_engine(f"sqlite:///{tmp_path / 'own.db'}")
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE theirs (x INTEGER)"))
        store = SqlStorage(engine, "t")
        with pytest.raises(KeyError):
            write_and_stop(store, "c1")
        with store.transaction() as transaction:
            transaction.write([sample_change(sample_opening("c2"))])
        store.close()
        assert [case.id for case in store.scan()] == ["c2"]
        seen: list[str] = []
        event.listen(engine, "before_cursor_execute", lambda *call: seen.append(call[2]))
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO theirs VALUES (1)"))
            mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
        assert seen == ["INSERT INTO theirs VALUES (1)", "PRAGMA journal_mode"]
        assert mode == "delete"
        engine.dispose()


class TestOpeningWhatMustExist:
    """Opening without making: a mistyped name never reads as an empty office."""

    def test_a_missing_file_is_an_error_and_stays_missing(self, tmp_path: Path) -> None:
        """Nothing is made."""
        file = tmp_path / "typo.db"
        with pytest.raises(StoreError, match="没有这个数据库"):
            SqlStorageProvider().open(f"sqlite:///{file}", "t", create=False)
        assert not file.exists()

    @pytest.mark.parametrize("content", [b"", b"no database at all" * 300])
    def test_somebody_elses_file_stays_as_it_is(self, tmp_path: Path, content: bytes) -> None:
        """A file that is no store of ours is refused and not touched."""
        file = tmp_path / "other.db"
        file.write_bytes(content)
        with pytest.raises(StoreError, match="不是本系统"):
            SqlStorageProvider().open(f"sqlite:///{file}", "t", create=False)
        assert file.read_bytes() == content
        assert list(tmp_path.iterdir()) == [file]

    def test_a_file_cut_short_is_spoilt(self, tmp_path: Path) -> None:
        """A store of which a part is lost is told from somebody else's file."""
        file = tmp_path / "cut.db"
        SqlStorage(f"sqlite:///{file}", "t").close()
        file.write_bytes(file.read_bytes()[:6000])
        with pytest.raises(StoreError, match="已损坏;请由备份恢复"):
            SqlStorageProvider().open(f"sqlite:///{file}", "t", create=False)

    def test_a_store_of_ours_opens(self, tmp_path: Path) -> None:
        """What was made before is opened."""
        url = f"sqlite:///{tmp_path / 'ours.db'}"
        SqlStorageProvider().open(url, "t").close()
        SqlStorageProvider().open(url, "t", create=False).close()

    def test_the_chain_goes_on_with_its_digest(self, tmp_path: Path) -> None:
        """A store that names no digest continues the one of its tenant's last record."""
        url = f"sqlite:///{tmp_path / 'ours.db'}"
        for case_id, digest in (("c1", "sm3"), ("c2", None)):
            store = SqlStorage(url, "t", digest=digest)
            put(store, sample_change(sample_opening(case_id)))
            found = {item.digest for item in store.evidence()}
            store.close()
        assert found == {"sm3"}
