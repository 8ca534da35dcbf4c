"""The suites that adapters and cities run on themselves; needs pytest and Hypothesis."""

from __future__ import annotations

import pytest

# Before any of them is imported: a failed law then shows both sides, as in one's own tests.
LAWS = (
    "channel_laws",
    "source_laws",
    "storage_calls",
    "storage_diary",
    "storage_evidence",
    "storage_feed",
    "storage_leases",
    "storage_machine",
    "storage_model",
    "storage_outbox",
    "storage_privacy",
    "storage_reading",
    "storage_tenants",
    "storage_writing",
)
pytest.register_assert_rewrite(*(f"{__name__}.{name}" for name in LAWS))

from wenzheng_core.testing.channels import Arrived, ChannelBench, channel_suite  # noqa: E402
from wenzheng_core.testing.policies import policy_suite  # noqa: E402
from wenzheng_core.testing.sources import SourceBench, source_suite  # noqa: E402
from wenzheng_core.testing.storage import storage_suite  # noqa: E402

__all__ = [
    "Arrived",
    "ChannelBench",
    "SourceBench",
    "channel_suite",
    "policy_suite",
    "source_suite",
    "storage_suite",
]
