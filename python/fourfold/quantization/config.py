"""What a user may say about how a model is quantized."""

from __future__ import annotations

from dataclasses import dataclass

from fourfold.errors import describe_type

PRECISIONS = ("auto", "int8")


@dataclass(frozen=True)
class QuantizationConfig:
    """How to quantize.

    Parameters
    ----------
    keep_float : tuple of str
        Names of layers that stay in float32, as ``result.layers`` gives them.
    precision : str
        "auto": where INT8 throughout loses more accuracy than the gate allows, the layers that
        cost most are found by measuring, and given 16-bit activations or left in float32
        (``result.layers`` tells which). "int8": 8 bits throughout, whatever the loss.

    Raises
    ------
    TypeError
        If ``keep_float`` is not a collection of strings, or ``precision`` is no string.
    ValueError
        If ``precision`` is neither of the two.

    Examples
    --------
    >>> import fourfold as ff
    >>> ff.QuantizationConfig(keep_float=["dense_2"])
    QuantizationConfig(keep_float=('dense_2',), precision='auto')
    """

    keep_float: tuple[str, ...] = ()
    precision: str = "auto"

    def __post_init__(self) -> None:
        names = self.keep_float
        if not isinstance(names, (tuple, list, set, frozenset)):
            raise TypeError(
                f"keep_float must be a tuple of layer names, got {describe_type(names)}"
            )
        for name in names:
            if not isinstance(name, str):
                raise TypeError(f"keep_float must hold layer names, got {describe_type(name)}")
        object.__setattr__(self, "keep_float", tuple(names))
        if not isinstance(self.precision, str):
            raise TypeError(f"precision must be a string, got {describe_type(self.precision)}")
        if self.precision not in PRECISIONS:
            raise ValueError(f"precision must be one of {PRECISIONS}, got {self.precision!r}")


DEFAULT_CONFIG = QuantizationConfig()
