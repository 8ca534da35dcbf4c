"""武汉城市留言板与四家驻守单位的网民留言办理."""

from collections.abc import Iterable

from wenzheng_core import City, city, hookimpl


@hookimpl
def wenzheng_policies() -> Iterable[City]:
    """The platform and four of its units, each read from the files of its folder."""
    return [
        city("wenzheng_wuhan.platform"),
        city("wenzheng_wuhan.donghu"),
        city("wenzheng_wuhan.kfq"),
        city("wenzheng_wuhan.jyj"),
        city("wenzheng_wuhan.fgj"),
    ]
