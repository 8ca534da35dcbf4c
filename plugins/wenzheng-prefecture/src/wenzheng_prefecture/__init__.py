"""×××州委督查室网上留言办理."""

from collections.abc import Iterable

from wenzheng_core import City, city, hookimpl


@hookimpl
def wenzheng_policies() -> Iterable[City]:
    """The city, read from the files beside this one."""
    return [city(__name__)]
