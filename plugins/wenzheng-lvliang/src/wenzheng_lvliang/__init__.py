"""吕梁市与其下级孝义市的领导留言板群众留言办理."""

from collections.abc import Iterable

from wenzheng_core import City, city, hookimpl


@hookimpl
def wenzheng_policies() -> Iterable[City]:
    """The city and the one below it, each read from the files of its folder."""
    return [city("wenzheng_lvliang.shi"), city("wenzheng_lvliang.xiaoyi")]
