"""信访、政府信息公开及期间计算的国家规定."""

from collections.abc import Iterable

from wenzheng_core import City, city, hookimpl


@hookimpl
def wenzheng_policies() -> Iterable[City]:
    """One city for each law, read from the folder of its name."""
    return [city(f"{__name__}.{law}") for law in ("xinfang", "xxgk", "minfadian", "minsu")]
