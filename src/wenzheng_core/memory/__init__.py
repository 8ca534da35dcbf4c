"""The reference adapters: a store and a channel in memory; a default, and the oracle of the tests.

Nothing here outlives the process. What a real adapter does must agree with this, call by call.
"""

from __future__ import annotations

from wenzheng_core.memory.channels import Delivery, MemoryChannel
from wenzheng_core.memory.storage import MemoryDatabase, MemoryStorage, MemoryStorageProvider

__all__ = ["Delivery", "MemoryChannel", "MemoryDatabase", "MemoryStorage", "MemoryStorageProvider"]
