"""Fresh copies of laws, so that marks and results of one suite's test are not those of another's."""

from __future__ import annotations

from types import FunctionType


def fresh_laws(laws: type) -> dict[str, FunctionType]:
    """A copy of each test of a class, by its name."""
    return {name: _fresh(law) for name, law in vars(laws).items() if name.startswith("test_")}


def _fresh(law: FunctionType) -> FunctionType:
    copy = FunctionType(
        law.__code__, law.__globals__, law.__name__, law.__defaults__, law.__closure__
    )
    copy.__doc__, copy.__annotations__ = law.__doc__, law.__annotations__
    copy.__kwdefaults__, copy.__qualname__ = law.__kwdefaults__, law.__qualname__
    copy.__dict__.update(law.__dict__)
    return copy
