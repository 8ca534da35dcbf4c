"""A secret that shows nowhere by accident: not in a repr, not in a text, not in a traceback's locals."""

from __future__ import annotations

import attrs


@attrs.frozen(repr=False)
class Secret:
    """A key, a password, or an address that contains one; only :meth:`reveal` gives it away."""

    _value: str

    def reveal(self) -> str:
        """The secret itself, for the request that needs it and for nothing else."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__
