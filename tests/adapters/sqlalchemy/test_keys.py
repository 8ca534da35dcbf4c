"""Who holds the keys: nobody, or a file; and how they are wrapped anew."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, event, insert, select, update

from wenzheng_core.domain.errors import UnknownError
from wenzheng_core.ports import KeyProvider
from wenzheng_sqlalchemy import rewrapping
from wenzheng_sqlalchemy.keyfile import KeyFile
from wenzheng_sqlalchemy.keys import KeysError, OpenKeys
from wenzheng_sqlalchemy.rewrapping import rewrap_keys
from wenzheng_sqlalchemy.tables import CASE_KEY

KEY = bytes(range(32))
TENANTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)

posix = pytest.mark.skipif(os.name != "posix", reason="the modes of files are POSIX's")


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    """A file with the keys of tenants t and t2."""
    made = KeyFile.create(tmp_path / "keys.json")
    made.add("t")
    made.add("t2")
    return made


@pytest.fixture(params=["open", "file"])
def provider(request: pytest.FixtureRequest, keys: KeyFile) -> KeyProvider:
    """Each provider of this package."""
    return OpenKeys() if request.param == "open" else keys


class TestProviders:
    """What both promise."""

    def test_what_was_wrapped_comes_back(self, provider: KeyProvider) -> None:
        """Wrapping and unwrapping gives the key."""
        assert provider.unwrap("t", provider.wrap("t", KEY)) == KEY

    def test_the_index_key_is_the_tenants_and_stays(self, provider: KeyProvider) -> None:
        """32 bytes, the same each time, another tenant's are others."""
        assert provider.index_key("t") == provider.index_key("t")
        assert len(provider.index_key("t")) == 32
        assert provider.index_key("t") != provider.index_key("t2")

    def test_a_key_of_the_other_provider_is_refused(self, keys: KeyFile) -> None:
        """Neither opens what the other wrapped; a file never takes an open key for one of its own."""
        with pytest.raises(KeysError, match="密钥文件"):
            OpenKeys().unwrap("t", keys.wrap("t", KEY))
        with pytest.raises(KeysError, match="不是由密钥文件"):
            keys.unwrap("t", OpenKeys().wrap("t", KEY))


class TestKeyFile:
    """Keys in a file."""

    def test_another_process_reads_the_same_keys(self, keys: KeyFile) -> None:
        """What one object wrapped, another one of the same file opens."""
        again = KeyFile(keys.path)
        assert again.unwrap("t", keys.wrap("t", KEY)) == KEY
        assert again.index_key("t") == keys.index_key("t")

    @posix
    def test_only_the_owner_may_read_it(self, keys: KeyFile) -> None:
        """It is made with mode 0600, and keeps it when it is changed."""
        keys.rotate("t")
        assert stat.S_IMODE(keys.path.stat().st_mode) == 0o600

    @posix
    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o660, 0o601, 0o777])
    def test_a_file_open_to_others_is_refused(self, keys: KeyFile, mode: int) -> None:
        """Whatever others may do with it, it is not used, and the mend is a command."""
        keys.path.chmod(mode)
        with pytest.raises(KeysError, match=f"chmod 600 {keys.path}"):
            KeyFile(keys.path)

    def test_the_wrapped_key_shows_nothing_and_never_repeats(self, keys: KeyFile) -> None:
        """The key is not in it, and wrapping again gives other bytes."""
        first, second = keys.wrap("t", KEY), keys.wrap("t", KEY)
        assert first != second
        assert KEY[:8] not in first

    def test_another_tenant_does_not_open_it(self, keys: KeyFile) -> None:
        """Each tenant has its own keys."""
        with pytest.raises(KeysError, match="t2"):
            keys.unwrap("t2", keys.wrap("t", KEY))

    def test_a_tenant_with_anothers_keys_does_not_open_it(self, keys: KeyFile) -> None:
        """What is wrapped is bound to the tenant's name, not to its key alone."""
        data = json.loads(keys.path.read_bytes())
        data["tenants"]["t2"] = data["tenants"]["t"]
        keys.path.write_text(json.dumps(data))
        copied = KeyFile(keys.path)
        with pytest.raises(KeysError):
            copied.unwrap("t2", copied.wrap("t", KEY))

    def test_a_flipped_bit_or_a_cut_is_refused(self, keys: KeyFile) -> None:
        """No bit of what is wrapped can be changed, and none left out."""
        wrapped = keys.wrap("t", KEY)
        others = [wrapped[:n] for n in range(len(wrapped))]
        for place in range(len(wrapped) * 8):
            changed = bytearray(wrapped)
            changed[place // 8] ^= 1 << place % 8
            others.append(bytes(changed))
        for other in others:
            with pytest.raises(KeysError):
                keys.unwrap("t", other)

    def test_after_a_rotation_both_keys_open(self, keys: KeyFile) -> None:
        """New ones are wrapped by the new key, which the number in front tells from the old one."""
        before, index = keys.wrap("t", KEY), keys.index_key("t")
        assert keys.rotate("t") == 2
        after = keys.wrap("t", KEY)
        assert (before[:9], after[:9]) == (b"file\0\0\0\0\1", b"file\0\0\0\0\2")
        assert keys.unwrap("t", before) == keys.unwrap("t", after) == KEY
        assert keys.index_key("t") == index

    def test_a_running_process_learns_of_new_keys_and_tenants(self, keys: KeyFile) -> None:
        """A number or a tenant that it does not know is looked for in the file."""
        running = KeyFile(keys.path)
        keys.rotate("t")
        keys.add("t3")
        assert running.unwrap("t", keys.wrap("t", KEY)) == KEY
        assert running.unwrap("t3", keys.wrap("t3", KEY)) == KEY

    def test_a_lost_number_says_what_to_restore(self, keys: KeyFile) -> None:
        """A file older than the database lacks a key, and says which."""
        old = keys.path.read_bytes()
        keys.rotate("t")
        wrapped = keys.wrap("t", KEY)
        keys.path.write_bytes(old)
        with pytest.raises(KeysError, match="租户「t」的第 2 号密钥"):
            KeyFile(keys.path).unwrap("t", wrapped)

    def test_a_tenant_must_be_added_before_it_is_used(self, keys: KeyFile) -> None:
        """A mistyped tenant never gets keys of its own by the way."""
        for ask in (
            lambda: keys.wrap("typo", KEY),
            lambda: keys.index_key("typo"),
            lambda: keys.rotate("typo"),
        ):
            with pytest.raises(UnknownError, match=r"typo.*add\("):
                ask()

    def test_a_tenant_is_added_once(self, keys: KeyFile) -> None:
        """Its index key is for ever."""
        index = keys.index_key("t")
        with pytest.raises(KeysError, match="rotate"):
            keys.add("t")
        assert KeyFile(keys.path).index_key("t") == index

    def test_what_is_there_is_never_overwritten(self, keys: KeyFile) -> None:
        """Making a file where there is one leaves it as it is."""
        before = keys.path.read_bytes()
        with pytest.raises(KeysError, match="已经存在"):
            KeyFile.create(keys.path)
        assert keys.path.read_bytes() == before

    def test_two_never_change_it_at_once(self, keys: KeyFile) -> None:
        """The next file is the lock: who finds it changes nothing and leaves it where it is."""
        before, fresh = keys.path.read_bytes(), keys.path.with_name("keys.json.new")
        fresh.touch()
        with pytest.raises(KeysError, match=r"keys\.json\.new"):
            keys.rotate("t")
        assert fresh.exists()
        assert keys.path.read_bytes() == before

    def test_a_change_that_fails_leaves_the_file_and_no_other(
        self, keys: KeyFile, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A full disk loses no key: the old file stays until the new one is written and synced."""
        before = keys.path.read_bytes()

        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("wenzheng_sqlalchemy.keyfile.os.fsync", full)
        with pytest.raises(KeysError, match="No space left"):
            keys.rotate("t")
        assert keys.path.read_bytes() == before
        assert [path.name for path in keys.path.parent.iterdir()] == ["keys.json"]

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "密钥",
            "[]",
            "{}",
            '{"form": 2, "tenants": {}}',
            '{"form": 1, "tenants": {"t": {"index": "AAAA", "keys": {}}}}',
            '{"form": 1, "tenants": {"t": {"index": "%s", "keys": {}}}}' % ("A" * 43 + "="),
            '{"form": 1, "tenants": {"t": {"index": "%s", "keys": {"x": ""}}}}' % ("A" * 43 + "="),
            '{"form": 1, "tenants": {"t": 1}}',
        ],
    )
    def test_a_spoilt_file_is_refused_and_shows_nothing(self, keys: KeyFile, text: str) -> None:
        """What cannot be read as keys is no key file; the error carries no piece of it."""
        keys.path.write_text(text, encoding="utf-8")
        with pytest.raises(KeysError, match="由备份恢复") as error:
            KeyFile(keys.path)
        assert error.value.__context__ is None

    def test_a_missing_file_says_how_to_make_one(self, tmp_path: Path) -> None:
        """No file is made by opening it."""
        with pytest.raises(KeysError, match=r"KeyFile\.create"):
            KeyFile(tmp_path / "none.json")
        with pytest.raises(KeysError, match="请检查文件夹"):
            KeyFile.create(tmp_path / "none" / "keys.json")
        assert list(tmp_path.iterdir()) == []

    def test_no_key_shows_in_a_repr(self, keys: KeyFile) -> None:
        """Only the path does."""
        assert repr(keys) == f"KeyFile(path={keys.path!r})"
        assert [repr(ring) for ring in keys._rings.values()] == ["_Ring()"] * 2
        assert repr(OpenKeys()) == "OpenKeys()"

    @given(tenant=TENANTS, key=st.binary(min_size=32, max_size=32))
    def test_any_name_of_a_tenant_keeps_its_keys(
        self, tmp_path_factory: pytest.TempPathFactory, tenant: str, key: bytes
    ) -> None:
        """A tenant may be called anything that JSON can hold."""
        keys = KeyFile.create(tmp_path_factory.mktemp("keys") / "keys.json")
        keys.add(tenant)
        assert KeyFile(keys.path).unwrap(tenant, keys.wrap(tenant, key)) == key


@pytest.fixture
def engine(empty: Engine) -> Engine:
    """A database with the table of keys."""
    CASE_KEY.create(empty)
    return empty


def store(engine: Engine, tenant: str, keys: KeyProvider, cases: int) -> dict[str, bytes]:
    """Keys of so many cases, two parts each, stored under a provider; by case and part."""
    made = {(f"c{n}", part): os.urandom(32) for n in range(cases) for part in ("contact", "words")}
    with engine.connect() as connection:
        for (case, part), key in made.items():
            row = {"tenant": tenant, "case_id": case, "part_name": part}
            connection.execute(insert(CASE_KEY), row | {"wrapped": keys.wrap(tenant, key)})
        connection.commit()
    return {f"{case}/{part}": key for (case, part), key in made.items()}


def stored(engine: Engine, tenant: str) -> dict[str, bytes]:
    """What is stored of a tenant, by case and part."""
    with engine.connect() as connection:
        rows = connection.execute(select(CASE_KEY).where(CASE_KEY.c.tenant == tenant)).all()
    return {f"{row.case_id}/{row.part_name}": row.wrapped for row in rows}


def unwrapped(engine: Engine, keys: KeyProvider) -> dict[str, bytes]:
    """The keys of tenant t, opened."""
    return {name: keys.unwrap("t", wrapped) for name, wrapped in stored(engine, "t").items()}


class TestRewrapping:
    """The keys of the cases under another key of the tenant."""

    @pytest.mark.parametrize("cases", [0, 1, 2, 3, 4, 7])
    def test_every_key_is_wrapped_by_the_present_one(
        self, engine: Engine, keys: KeyFile, monkeypatch: pytest.MonkeyPatch, cases: int
    ) -> None:
        """Whatever the pages are, all come under the new key and none is another one now."""
        monkeypatch.setattr(rewrapping, "_KEYS", rewrapping._KEYS.limit(3))
        made = store(engine, "t", keys, cases)
        keys.rotate("t")
        assert rewrap_keys(engine, "t", keys) == 2 * cases
        assert unwrapped(engine, keys) == made
        assert {x[:9] for x in stored(engine, "t").values()} <= {b"file\0\0\0\0\2"}

    def test_another_tenants_keys_are_left_alone(self, engine: Engine, keys: KeyFile) -> None:
        """One tenant at a time."""
        store(engine, "t", keys, 2)
        store(engine, "t2", keys, 2)
        before = stored(engine, "t2")
        keys.rotate("t2")
        rewrap_keys(engine, "t", keys)
        assert stored(engine, "t2") == before

    def test_open_keys_move_into_a_file(self, engine: Engine, keys: KeyFile) -> None:
        """``was`` opens what is stored; afterwards only the new provider does."""
        made = store(engine, "t", OpenKeys(), 2)
        assert rewrap_keys(engine, "t", keys, was=OpenKeys()) == 4
        assert unwrapped(engine, keys) == made

    def test_a_move_that_was_broken_off_goes_on(
        self, engine: Engine, keys: KeyFile, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Called again, it takes those that are moved already for what they are."""
        monkeypatch.setattr(rewrapping, "_KEYS", rewrapping._KEYS.limit(3))
        made = store(engine, "t", OpenKeys(), 4)
        spoilt = update(CASE_KEY).where(CASE_KEY.c.case_id == "c2")
        with engine.connect() as connection:
            connection.execute(spoilt.values(wrapped=b"spoilt"))
            connection.commit()
        with pytest.raises(KeysError):
            rewrap_keys(engine, "t", keys, was=OpenKeys())
        whole = [OpenKeys().wrap("t", made[f"c2/{part}"]) for part in ("contact", "words")]
        with engine.connect() as connection:
            for part, wrapped in zip(("contact", "words"), whole, strict=True):
                mended = spoilt.where(CASE_KEY.c.part_name == part).values(wrapped=wrapped)
                connection.execute(mended)
            connection.commit()
        assert rewrap_keys(engine, "t", keys, was=OpenKeys()) == 8
        assert unwrapped(engine, keys) == made

    def test_a_key_that_does_not_open_is_left_as_it_is(self, engine: Engine, keys: KeyFile) -> None:
        """Nothing of its page is written: what cannot be opened is not lost silently."""
        store(engine, "t", OpenKeys(), 2)
        before = stored(engine, "t")
        with pytest.raises(KeysError):
            rewrap_keys(engine, "t", keys)
        assert stored(engine, "t") == before

    def test_no_key_stands_in_a_statement(self, engine: Engine, keys: KeyFile) -> None:
        """The statements carry values as parameters, never in their text."""
        store(engine, "t", keys, 1)
        seen: list[str] = []
        event.listen(engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
        rewrap_keys(engine, "t", keys)
        ours = [sql for sql in seen if "wz_case_key" in sql and "pg_catalog" not in sql]
        assert any(sql.startswith("UPDATE") for sql in ours)
        assert [sql for sql in ours if "'" in sql or "file" in sql] == []
