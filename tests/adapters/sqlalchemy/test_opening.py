"""Opening a store of SQLite: what is made, what is refused, what is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, text

from wenzheng_core.domain.errors import WenzhengError
from wenzheng_core.ports import Entry
from wenzheng_core.testing.builders import (
    START,
    sample_change,
    sample_opening,
    sample_outgoing,
)
from wenzheng_sqlalchemy import (
    SqlStorage,
    SqlStorageProvider,
    StoreError,
    make_engine,
    wenzheng_storage,
)
from wenzheng_sqlalchemy.tables import SCHEMA


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

    def test_the_schema_has_its_version(self, url: str) -> None:
        """The tables carry the number of their version, so that later ones can follow."""
        engine = make_engine(url)
        SqlStorage(engine, "t")
        SqlStorage(engine, "u")
        with engine.connect() as connection:
            rows = connection.execute(text("SELECT name, version FROM wz_schema")).all()
        assert [tuple(row) for row in rows] == [("wenzheng", SCHEMA)]
        engine.dispose()

    def test_tables_of_another_version_are_not_touched(self, url: str) -> None:
        """A database that a newer program made is refused."""
        SqlStorage(url, "t").close()
        engine = make_engine(url)
        with engine.begin() as connection:
            connection.execute(text("UPDATE wz_schema SET version = 99"))
        engine.dispose()
        with pytest.raises(StoreError, match="第 99 版"):
            SqlStorage(url, "t")

    def test_tables_without_a_diary_get_one(self, url: str) -> None:
        """What version 1 holds stays, its outbox too, and the diary is there from then on."""
        store = SqlStorage(url, "t")
        with store.transaction() as transaction:
            items = [sample_outgoing("old", "c1")]
            transaction.write([sample_change(sample_opening("c1"), outgoing=items)])
        store.close()
        engine = make_engine(url)
        with engine.begin() as connection:
            connection.execute(text("DROP TABLE wz_diary"))
            connection.execute(text("UPDATE wz_schema SET version = 1"))
        later = [SqlStorage(url, "t"), SqlStorage(url, "u")]
        with engine.connect() as connection:
            assert connection.execute(text("SELECT version FROM wz_schema")).all() == [(SCHEMA,)]
        engine.dispose()
        with later[0].transaction() as transaction:
            transaction.enter([Entry("a", START)], [sample_outgoing("new", "")])
            assert [item.key for item in transaction.outbox(START, 10)] == ["new", "old"]
        assert later[0].case("c1") is not None
        assert later[0].entries("") == (Entry("a", START),)
        for store in later:
            store.close()

    def test_a_missing_folder_is_said_to_be_missing(self, tmp_path: Path) -> None:
        """The message names the folder and what to do, and no file is made elsewhere."""
        missing = tmp_path / "没有这个文件夹"
        with pytest.raises(WenzhengError, match="没有这个文件夹;请先建立该文件夹") as caught:
            SqlStorageProvider().open(f"sqlite:///{missing / 'wz.db'}", "t")
        assert isinstance(caught.value, StoreError)
        with pytest.raises(StoreError, match="是文件夹"):
            SqlStorageProvider().open(f"sqlite:///{tmp_path}", "t")

    @pytest.mark.parametrize(
        "url", ["postgresql://u:hunter2@db/x", "://hunter2", "sqlite+aiosqlite:///hunter2", ""]
    )
    def test_other_urls_are_refused_without_their_password(self, url: str) -> None:
        """The message says what can be written instead and repeats no secret."""
        with pytest.raises(StoreError, match="sqlite:///") as caught:
            SqlStorage(url, "t")
        assert "hunter2" not in str(caught.value)

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

    def test_the_hook_offers_sqlite(self) -> None:
        """The plugin manager finds one provider, for URLs that begin with sqlite."""
        assert [provider.schemes for provider in wenzheng_storage()] == [("sqlite",)]

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

    def test_a_store_of_ours_opens(self, tmp_path: Path) -> None:
        """What was made before is opened."""
        url = f"sqlite:///{tmp_path / 'ours.db'}"
        SqlStorageProvider().open(url, "t").close()
        SqlStorageProvider().open(url, "t", create=False).close()
