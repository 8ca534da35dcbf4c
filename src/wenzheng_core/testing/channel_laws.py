"""Laws of a channel: a receipt only for what was accepted, nothing altered, at least once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import attrs
import pytest

from wenzheng_core.cities import make_city
from wenzheng_core.memory import MemoryDatabase
from wenzheng_core.office import Office
from wenzheng_core.ports import DeliveryError
from wenzheng_core.testing.builders import (
    START,
    TEXT,
    sample_calendar,
    sample_change,
    sample_opening,
    sample_outgoing,
    sample_policy,
    sample_rules,
)

if TYPE_CHECKING:
    from wenzheng_core.testing.channels import ChannelBench

TEXTS = {
    "a sentence": TEXT,
    "one character": "阅",
    "a digest": "\n".join(f"{n}. 请尽快办理第{n}件" for n in range(1, 201)),
    "space at both ends": "  请尽快办理。\n",
    "signs": """他说:"50%的<路灯>&{街道}\\n'全坏'了";{{name}} %s $1""",
    "beyond the first plane": "𠮷路的路灯🔔",
}


class ChannelLaws:
    """What comes of a send."""

    def test_it_has_a_name(self, bench: ChannelBench) -> None:
        """By its name a policy's rungs and the embedding program mean it."""
        name = bench.channel.name
        assert isinstance(name, str)
        assert name
        assert name == name.strip()

    def test_what_is_accepted_has_a_receipt(self, bench: ChannelBench) -> None:
        """The receipt is a text that says something, and the provider has it once."""
        receipt = bench.channel.send(bench.to, TEXT, ["c1/1/0"])
        assert isinstance(receipt, str)
        assert receipt.strip()
        assert len(bench.arrived()) == 1

    @pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
    def test_the_text_is_not_altered(self, bench: ChannelBench, text: str) -> None:
        """Long or short, with signs and line ends: the provider gets it to the letter."""
        bench.channel.send(bench.to, text, ["c1/1/0"])
        assert [each.text for each in bench.arrived()] == [text]

    def test_the_addressee_is_not_altered(self, bench: ChannelBench) -> None:
        """It goes to whom it is meant for."""
        bench.channel.send(bench.to, TEXT, ["c1/1/0"])
        assert [each.to for each in bench.arrived()] == [bench.to]

    def test_the_keys_go_with_it(self, bench: ChannelBench) -> None:
        """Each item's key goes along, in their order: by it a provider drops what it has seen."""
        keys = [f"c{n}/1/0" for n in range(3)]
        bench.channel.send(bench.to, TEXT, keys)
        wanted = tuple(keys) if bench.carries_keys else ()
        assert [each.keys for each in bench.arrived()] == [wanted]

    def test_what_is_refused_is_a_delivery_error(self, bench: ChannelBench) -> None:
        """There is no receipt for it, the error says something, and nothing has arrived."""
        bench.refuse()
        with pytest.raises(DeliveryError) as refused:
            bench.channel.send(bench.to, TEXT, ["c1/1/0"])
        assert str(refused.value).strip()
        assert list(bench.arrived()) == []

    def test_what_was_refused_goes_later(self, bench: ChannelBench) -> None:
        """A refusal leaves nothing behind: the same item, sent again, arrives."""
        bench.refuse()
        for _ in range(2):
            with pytest.raises(DeliveryError):
                bench.channel.send(bench.to, TEXT, ["c1/1/0"])
        bench.accept()
        assert bench.channel.send(bench.to, TEXT, ["c1/1/0"]).strip()
        assert len(bench.arrived()) == 1

    def test_the_same_key_may_come_again(self, bench: ChannelBench) -> None:
        """Whoever sends could not note that it went: that is no error, and there is a receipt."""
        receipts = [bench.channel.send(bench.to, TEXT, ["c1/1/0"]) for _ in range(2)]
        assert all(receipt.strip() for receipt in receipts)
        assert 1 <= len(bench.arrived()) <= 2

    def test_a_key_may_come_in_other_company(self, bench: ChannelBench) -> None:
        """Which items share a text may differ from one time to the next."""
        first = bench.channel.send(bench.to, TEXT, ["c1/1/0", "c2/1/0"])
        second = bench.channel.send(bench.to, f"1. {TEXT}", ["c2/1/0", "c3/1/0"])
        assert first.strip()
        assert second.strip()
        assert bench.arrived()[-1].text == f"1. {TEXT}"

    def test_the_outbox_is_emptied_through_it(self, bench: ChannelBench) -> None:
        """What the provider refuses stays in the outbox; what it accepts goes out of it."""
        store = MemoryDatabase().open("li")
        item = attrs.evolve(sample_outgoing("c1/1/0"), to=bench.to)
        office = Office(
            city=make_city([sample_policy()], sample_rules().units),
            storage=store,
            calendar=sample_calendar(),
            channels={item.channel: bench.channel},
        )
        with store.transaction() as transaction:
            transaction.write([sample_change(sample_opening("c1"), outgoing=[item])])
        later = START + timedelta(days=1)
        bench.refuse()
        report = office.deliver(START)
        assert (report.sent, len(report.failed)) == (0, 1)
        bench.accept()
        assert list(bench.arrived()) == []
        assert office.deliver(later).sent == 1
        assert office.deliver(later).sent == 0
        assert [each.text for each in bench.arrived()] == [item.text]
