"""The store that a command works on where no rules are needed: an audit, an export."""

from __future__ import annotations

from wenzheng_cli.options import require_kept
from wenzheng_core import Plugins, Storage


def opened_store(
    plugins: Plugins, db: str, city: str, tenant: str | None, *, create: bool = False
) -> Storage:
    """The store of a tenant, by default the city's, which must then be one that is installed.

    Raises BadInputError, UnknownError.
    """
    require_kept(db)
    name = tenant or plugins.unchecked(city).id
    return plugins.open_storage(db, name, create=create)
