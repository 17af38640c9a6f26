"""The errors that fourfold raises beside ``ValueError`` and ``TypeError``."""

from __future__ import annotations

from typing import Any


class FourfoldError(Exception):
    """Base class of the errors that are fourfold's own."""


class ModelFileError(FourfoldError, ValueError):
    """A model file is truncated, damaged, of a newer format, or no model file at all."""


class UnsupportedModelError(FourfoldError, TypeError):
    """A model is of a kind, or holds a part, that fourfold does not quantize."""


class QuantizationRejectedError(FourfoldError):
    """Raised by ``quantize_model(..., strict=True)`` in place of a result that was not accepted.

    Attributes
    ----------
    result : QuantizationResult
        What ``strict=False`` would have returned: the caller's own model and the reasons.
        If an error was the reason, it is the ``__cause__``.
    """

    def __init__(self, result: Any) -> None:
        super().__init__(" ".join(result.reasons))
        self.result = result

    def __reduce__(self) -> tuple[type[QuantizationRejectedError], tuple[Any]]:
        return type(self), (self.result,)


def describe_type(value: object) -> str:
    """Return the full name of a value's type, as an error message says it."""
    kind = type(value)
    if kind.__module__ == "builtins":
        return kind.__name__
    return f"{kind.__module__}.{kind.__name__}"
