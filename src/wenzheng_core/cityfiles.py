"""What the readers of a city's files share: shape first, then schema, times and bases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from wenzheng_core.domain.errors import Fault, InputFaultsError
from wenzheng_core.domain.instants import BEIJING
from wenzheng_core.policywords import Words
from wenzheng_core.tomlfile import Salvaged, lenient, make_converter, parse_toml

T = TypeVar("T")

_CONVERTER = make_converter()


def read_shape(data: Mapping[str, Any], shape: type[T]) -> tuple[Salvaged[T], Words]:
    """What is sound in the data as a ``shape``, and the words that further faults go into."""
    found = lenient(data, shape, _CONVERTER)
    return found, Words(found.lost)


def read_file(text: str, subject: str, shape: type[T], schema: str) -> tuple[Salvaged[T], Words]:
    """The same of a TOML text, whose schema must be this one. Raises InputFaultsError."""
    found, words = read_shape(parse_toml(text, subject), shape)
    came = getattr(found.value, "schema", "")
    if came != schema:
        words.fault(f"不认识的格式 {came}", "$.schema", f'应为 schema = "{schema}"')
    return found, words


def require_sound(subject: str, *faults: Fault) -> None:
    """Raise InputFaultsError with the faults, if there are any."""
    if faults:
        raise InputFaultsError(subject, faults)


def check_basis(words: Words, basis: str, path: str) -> None:
    """An example says where it stands written."""
    words.require(basis, f"{path}.basis", "缺少依据", "写明出处")


def check_instants(words: Words, path: str, **times: datetime | None) -> None:
    """Times are Beijing time and bear no zone."""
    for name, at in times.items():
        if at is not None and at.tzinfo is not None:
            mend = "删去时区,如 2020-09-28T16:00:00"
            words.fault("时间不要写时区,一律为北京时间", f"{path}.{name}", mend)


def beijing(at: datetime) -> datetime:
    """The instant at which a clock in Beijing shows this time."""
    return at.replace(tzinfo=BEIJING)
