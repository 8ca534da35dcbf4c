"""甘肃省委办公厅网民留言办理."""

from collections.abc import Iterable

from wenzheng_core import City, city, hookimpl


@hookimpl
def wenzheng_policies() -> Iterable[City]:
    """The province, read from the files beside this one."""
    return [city(__name__)]
