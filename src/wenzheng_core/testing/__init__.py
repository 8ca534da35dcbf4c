"""The suites that adapters and cities run on themselves; needs pytest and Hypothesis."""

from __future__ import annotations

import pytest

# Before any of them is imported: a failed law then shows both sides, as in one's own tests.
pytest.register_assert_rewrite(
    f"{__name__}.storage_outbox", f"{__name__}.storage_reading", f"{__name__}.storage_writing"
)

from wenzheng_core.testing.storage import storage_suite  # noqa: E402

__all__ = ["storage_suite"]
