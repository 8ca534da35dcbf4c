"""The SQL store on PostgreSQL keeps the laws of the port."""

from __future__ import annotations

import pytest
from tests.adapters.sqlalchemy.servers import on

from wenzheng_core.testing import storage_suite

TestSuite = pytest.mark.server(storage_suite(on("postgresql"), examples=20))
