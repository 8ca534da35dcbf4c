"""The citizen's data sealed: it opens with its key, nowhere else, and never after the erasure."""

from __future__ import annotations

import string
from concurrent.futures import ThreadPoolExecutor

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wenzheng_core import wire
from wenzheng_core.domain.events import CaseOpened, MessageRevised
from wenzheng_core.domain.messages import PARTS, PERSONAL, Contact, Message, Revision
from wenzheng_core.testing.builders import START, sample_message, sample_opening
from wenzheng_sqlalchemy import sealing
from wenzheng_sqlalchemy.errors import StoreError
from wenzheng_sqlalchemy.keys import OpenKeys
from wenzheng_sqlalchemy.sealing import Document, Sealer, SealError, Wrapped

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)
NAMES = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=4, max_size=9)
BASE64 = string.ascii_letters + string.digits + "+/="


@st.composite
def messages(draw: st.DrawFn, texts: st.SearchStrategy[str] = TEXTS) -> Message:
    """A message with any text in its personal fields."""
    contact = Contact(draw(texts), draw(texts), draw(texts))
    title, body, author = draw(texts), draw(texts), draw(texts)
    return attrs.evolve(sample_message(), title=title, body=body, author=author, contact=contact)


@attrs.define
class Counting:
    """Keys that lie open, and how often they were asked for."""

    asked: int = 0
    keys: OpenKeys = OpenKeys()

    def wrap(self, tenant: str, key: bytes) -> bytes:
        """Wrapped by nothing."""
        return self.keys.wrap(tenant, key)

    def unwrap(self, tenant: str, wrapped: bytes) -> bytes:
        """The key back, and one more."""
        self.asked += 1
        return self.keys.unwrap(tenant, wrapped)

    def index_key(self, tenant: str) -> bytes:
        """The tenant's index key."""
        return self.keys.index_key(tenant)


def opened(message: Message) -> Document:
    """The event that opens a case with a message, as it is written."""
    event = sample_opening("c1").records[0].event
    assert isinstance(event, CaseOpened)
    return wire.event_to_dict(attrs.evolve(event, message=message))


def of_case(first: Message, *later: Message) -> Document:
    """A case with a message and its revisions, as it is written."""
    revisions = tuple(Revision(START, message) for message in later)
    return wire.case_to_dict(
        attrs.evolve(sample_opening("c1").case, message=first, revisions=revisions)
    )


@pytest.fixture
def sealer() -> Sealer:
    """A sealer of tenant t."""
    return Sealer("t", OpenKeys())


@pytest.fixture
def wrapped(sealer: Sealer) -> Wrapped:
    """Keys of case c1."""
    return sealer.new_keys("c1")


class TestSealing:
    """What is sealed comes back as it was."""

    @given(message=messages(), later=messages())
    def test_sealing_then_opening_gives_back_any_text(
        self, message: Message, later: Message
    ) -> None:
        """Events and cases come back equal, whatever is written in them."""
        sealer = Sealer("t", OpenKeys())
        wrapped = sealer.new_keys("c1")
        revised = wire.event_to_dict(MessageRevised(message=later))
        for document in (opened(message), revised, of_case(message), of_case(message, later)):
            sealed = wire.from_json(wire.to_json(sealer.seal(document, "c1", wrapped)))
            assert wire.to_json(sealer.unseal(sealed, "c1", wrapped)) == wire.to_json(document)

    @given(message=messages(NAMES), later=messages(NAMES))
    def test_nothing_of_the_fields_is_in_what_is_sealed(
        self, message: Message, later: Message
    ) -> None:
        """No personal field shows, neither as it is nor as JSON escapes it."""
        sealer = Sealer("t", OpenKeys())
        sealed = wire.to_json(sealer.seal(of_case(message, later), "c1", sealer.new_keys("c1")))
        for one in (message, later):
            contact = attrs.astuple(one.contact)
            for text in (one.title, one.body, one.author, *contact):
                assert text not in sealed
                assert text.encode("unicode_escape").decode() not in sealed

    def test_every_personal_field_is_sealed_and_no_other(
        self, sealer: Sealer, wrapped: Wrapped
    ) -> None:
        """What a message keeps in clear are the fields that no part names."""
        document = opened(sample_message())
        left = sealer.seal(document, "c1", wrapped)["message"]
        personal = {name for names in PERSONAL.values() for name in names}
        assert set(left["sealed"]) == set(PARTS)
        assert set(left) == set(document["message"]) - personal | {"sealed"}

    def test_a_document_without_a_message_stays_as_it_is(
        self, sealer: Sealer, wrapped: Wrapped
    ) -> None:
        """Most events hold nothing personal: they come back as the same object."""
        document = wire.event_to_dict(sample_opening("c1").records[1].event)
        assert sealer.seal(document, "c1", wrapped) is document
        assert sealer.unseal(document, "c1", wrapped) is document

    def test_sealing_leaves_the_document_of_the_caller_alone(
        self, sealer: Sealer, wrapped: Wrapped
    ) -> None:
        """What was handed in reads as before."""
        document = of_case(sample_message(), sample_message("2"))
        before = wire.to_json(document)
        sealed = sealer.seal(document, "c1", wrapped)
        closed = wire.to_json(sealed)
        sealer.unseal(sealed, "c1", wrapped)
        assert (wire.to_json(document), wire.to_json(sealed)) == (before, closed)

    def test_no_two_sealed_texts_are_equal(self, sealer: Sealer, wrapped: Wrapped) -> None:
        """Who wrote the same thing twice does not show."""
        document = opened(sample_message())
        seen = [sealer.seal(document, "c1", wrapped)["message"]["sealed"] for _ in range(50)]
        assert len({sealed["words"] for sealed in seen}) == 50

    def test_what_is_no_unicode_is_refused(self, sealer: Sealer, wrapped: Wrapped) -> None:
        """An unpaired surrogate is a StoreError, as where nothing is sealed."""
        document = opened(attrs.evolve(sample_message(), body="\ud800"))
        with pytest.raises(StoreError, match="代理字符"):
            sealer.seal(document, "c1", wrapped)


class TestErasure:
    """A part without its key."""

    @given(message=messages(), parts=st.sets(st.sampled_from(PARTS)))
    def test_an_erased_part_reads_as_the_domain_empties_it(
        self, message: Message, parts: set[str]
    ) -> None:
        """Without its key a part is empty and the rest as it was: ``Message.without`` of it."""
        sealer = Sealer("t", OpenKeys())
        wrapped = sealer.new_keys("c1")
        sealed = sealer.seal(opened(message), "c1", wrapped)
        left = {part: key for part, key in wrapped.items() if part not in parts}
        read = wire.event_from_dict(sealer.unseal(sealed, "c1", left))
        assert isinstance(read, CaseOpened)
        assert read.message == message.without(parts)

    @given(message=messages(), parts=st.sets(st.sampled_from(PARTS)))
    def test_what_is_left_can_be_sealed_again(self, message: Message, parts: set[str]) -> None:
        """An erased case is written on with the keys that it still has."""
        sealer = Sealer("t", OpenKeys())
        left = {part: key for part, key in sealer.new_keys("c1").items() if part not in parts}
        document = of_case(message.without(parts), message.without(parts))
        sealed = sealer.seal(document, "c1", left)
        assert wire.to_json(sealer.unseal(sealed, "c1", left)) == wire.to_json(document)

    @pytest.mark.parametrize("part", PARTS)
    def test_what_is_erased_is_never_written_again(
        self, sealer: Sealer, wrapped: Wrapped, part: str
    ) -> None:
        """To seal a part whose key is gone is an error that names the case and shows nothing."""
        left = {name: key for name, key in wrapped.items() if name != part}
        with pytest.raises(SealError, match="c1") as error:
            sealer.seal(opened(sample_message()), "c1", left)
        assert error.value.case_id == "c1"
        assert "张三" not in str(error.value)

    def test_a_key_that_is_gone_opens_nothing_though_it_was_used(
        self, sealer: Sealer, wrapped: Wrapped
    ) -> None:
        """What counts is what is stored, not what a process still remembers."""
        sealed = sealer.seal(opened(sample_message()), "c1", wrapped)
        assert sealer.unseal(sealed, "c1", wrapped)["message"]["author"]
        assert sealer.unseal(sealed, "c1", {})["message"].get("author", "") == ""


class TestRefusals:
    """What has a key and does not open."""

    @pytest.mark.parametrize("part", PARTS)
    def test_any_other_character_in_a_sealed_text_is_refused(
        self, sealer: Sealer, wrapped: Wrapped, part: str
    ) -> None:
        """No character can be changed, added or left out, in whatever place."""
        sealed = sealer.seal(opened(sample_message()), "c1", wrapped)["message"]["sealed"]
        text = sealed[part]
        others = [
            text[:place] + BASE64[(BASE64.find(text[place]) + 1) % len(BASE64)] + text[place + 1 :]
            for place in range(len(text))
        ]
        others += [text[:place] + text[place + 1 :] for place in range(len(text))]
        others += ["", "v1.", text + "A", text + "=", text + "\n", "Ä" + text]
        for other in others:
            document = {"message": {"sealed": {part: other}}}
            with pytest.raises(SealError, match=r"c1.*由备份恢复"):
                sealer.unseal(document, "c1", wrapped)

    @pytest.mark.parametrize("message", [None, 5, {"sealed": "x"}, {"sealed": {"words": 5}}])
    def test_what_is_no_message_is_refused(
        self, sealer: Sealer, wrapped: Wrapped, message: object
    ) -> None:
        """What somebody wrote in its place is an error of the case, whatever it is."""
        for document in ({"message": message}, {"revisions": [{"message": message}]}):
            with pytest.raises(SealError, match="c1"):
                sealer.unseal(document, "c1", wrapped)

    def test_another_tenant_case_or_part_does_not_open_it(
        self, sealer: Sealer, wrapped: Wrapped
    ) -> None:
        """A sealed text is bound to its place, even where the key is the same."""
        sealed = sealer.seal(opened(sample_message()), "c1", wrapped)
        with pytest.raises(SealError):
            Sealer("t2", OpenKeys()).unseal(sealed, "c1", wrapped)
        with pytest.raises(SealError):
            sealer.unseal(sealed, "c2", wrapped)
        contact = sealed["message"]["sealed"]["contact"]
        swapped = {"message": {"sealed": {"words": contact}}}
        with pytest.raises(SealError):
            sealer.unseal(swapped, "c1", {"words": wrapped["contact"]})

    def test_the_place_is_bound_by_more_than_its_letters(self, sealer: Sealer) -> None:
        """Tenant and case are told apart where they meet: ("t", "1c") is not ("t1", "c")."""
        wrapped = sealer.new_keys("1c")
        sealed = sealer.seal(opened(sample_message()), "1c", wrapped)
        with pytest.raises(SealError):
            Sealer("t1", OpenKeys()).unseal(sealed, "c", wrapped)

    def test_the_key_of_another_case_does_not_open_it(
        self, sealer: Sealer, wrapped: Wrapped
    ) -> None:
        """Keys that were swapped in the database open nothing."""
        sealed = sealer.seal(opened(sample_message()), "c1", wrapped)
        with pytest.raises(SealError):
            sealer.unseal(sealed, "c1", sealer.new_keys("c2"))

    @pytest.mark.parametrize("stored", [b"", b"open\0", b"open\0short", b"file\0" + bytes(60)])
    def test_a_spoilt_key_is_an_error_that_names_the_case(
        self, sealer: Sealer, wrapped: Wrapped, stored: bytes
    ) -> None:
        """What the provider says is told with the case; it is no erasure."""
        sealed = sealer.seal(opened(sample_message()), "c1", wrapped)
        with pytest.raises(SealError, match="办件 c1 的个人信息的密钥无法解开"):
            sealer.unseal(sealed, "c1", {"words": stored})


class TestKeptKeys:
    """Keys that are kept open."""

    def test_a_key_is_unwrapped_once(self) -> None:
        """The provider may be a service far away: it is asked once for a case in use."""
        keys = Counting()
        wrapped = Sealer("t", keys).new_keys("c1")
        sealer = Sealer("t", keys)
        sealed = sealer.seal(opened(sample_message()), "c1", wrapped)
        for _ in range(5):
            sealer.unseal(sealed, "c1", wrapped)
        assert keys.asked == len(PARTS)

    def test_fresh_keys_need_not_be_unwrapped(self) -> None:
        """A new case is written without asking for what was just made."""
        keys = Counting()
        sealer = Sealer("t", keys)
        sealer.seal(opened(sample_message()), "c1", sealer.new_keys("c1"))
        assert keys.asked == 0

    def test_a_forgotten_case_is_asked_for_again(self) -> None:
        """After ``forget`` nothing of the case is kept, and of the others all."""
        keys = Counting()
        sealer = Sealer("t", keys)
        first, second = sealer.new_keys("c1"), sealer.new_keys("c2")
        sealer.forget("c1")
        sealer.forget("c1")
        sealer.seal(opened(sample_message()), "c2", second)
        assert keys.asked == 0
        sealer.seal(opened(sample_message()), "c1", first)
        assert keys.asked == len(PARTS)

    def test_a_key_that_was_wrapped_again_is_unwrapped_again(self) -> None:
        """What is kept belongs to the bytes that are stored."""
        sealer = Sealer("t", OpenKeys())
        first, second = sealer.new_keys("c1"), sealer.new_keys("c1")
        sealed = sealer.seal(opened(sample_message()), "c1", first)
        with pytest.raises(SealError):
            sealer.unseal(sealed, "c1", second)
        assert sealer.unseal(sealed, "c1", first) == opened(sample_message())

    def test_no_more_are_kept_than_the_bound(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The case that was used longest ago goes first."""
        monkeypatch.setattr(sealing, "CASES_KEPT", 3)
        keys = Counting()
        sealer = Sealer("t", keys)
        wrapped = {name: sealer.new_keys(name) for name in ("c1", "c2", "c3")}
        document = opened(sample_message())
        sealer.seal(document, "c1", wrapped["c1"])
        sealer.new_keys("c4")
        sealer.seal(document, "c1", wrapped["c1"])
        sealer.seal(document, "c3", wrapped["c3"])
        assert keys.asked == 0
        sealer.seal(document, "c2", wrapped["c2"])
        assert keys.asked == len(PARTS)
        assert len(sealer._open) == 3

    def test_threads_share_a_sealer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Threads that seal, open and forget more cases than are kept all read their own."""
        monkeypatch.setattr(sealing, "CASES_KEPT", 2)
        sealer = Sealer("t", OpenKeys())
        wrapped = {f"c{n}": sealer.new_keys(f"c{n}") for n in range(5)}

        def work(start: int) -> bool:
            fine = True
            for n in range(start, start + 200):
                case_id = f"c{n % 5}"
                document = opened(sample_message(case_id, body=f"第{n}条"))
                sealed = sealer.seal(document, case_id, wrapped[case_id])
                if n % 3 == 0:
                    sealer.forget(case_id)
                fine &= sealer.unseal(sealed, case_id, wrapped[case_id]) == document
            return fine

        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(work, range(4)))


class TestLookup:
    """The digests by which a telephone number is found."""

    def test_one_number_is_one_in_any_writing(self, sealer: Sealer) -> None:
        """Spaces, dashes and the country's code do not count."""
        same = {sealer.lookup(x) for x in ("13800000000", "138 0000-0000", "+86 13800000000")}
        assert len(same) == 1
        assert len(same.pop()) == 64

    def test_tenants_and_numbers_have_their_own(self, sealer: Sealer) -> None:
        """What one tenant stores says nothing about another's citizens."""
        asked = [sealer.lookup("13800000000"), sealer.lookup("13800000001")]
        asked.append(Sealer("t2", OpenKeys()).lookup("13800000000"))
        assert len(set(asked)) == 3

    @pytest.mark.parametrize("phone", ["", " ", "无", "-"])
    def test_what_has_no_digit_is_no_number(self, sealer: Sealer, phone: str) -> None:
        """Nobody is found by nothing."""
        assert sealer.lookup(phone) == ""

    def test_every_number_of_a_case_is_looked_up(self, sealer: Sealer) -> None:
        """Those of the revisions too; a message without one adds nothing."""
        first, bare = sample_message(), attrs.evolve(sample_message(), contact=Contact("李四"))
        later = attrs.evolve(first, contact=Contact(phone="13900000000"))
        expected = {sealer.lookup("13800000000"), sealer.lookup("13900000000")}
        assert sealer.lookups(of_case(first, later, bare)) == expected
        assert sealer.lookups(opened(bare)) == set()
        assert sealer.lookups({"type": "Accepted"}) == set()
