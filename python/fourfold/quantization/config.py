"""What a user may say about how a model is quantized."""

from __future__ import annotations

from dataclasses import dataclass

from fourfold.errors import describe_type


@dataclass(frozen=True)
class QuantizationConfig:
    """How to quantize.

    Parameters
    ----------
    keep_float : tuple of str
        Names of layers that stay in float32, as ``result.layers`` gives them.

    Raises
    ------
    TypeError
        If ``keep_float`` is not a collection of strings.

    Examples
    --------
    >>> import fourfold as ff
    >>> ff.QuantizationConfig(keep_float=["dense_2"])
    QuantizationConfig(keep_float=('dense_2',))
    """

    keep_float: tuple[str, ...] = ()

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


DEFAULT_CONFIG = QuantizationConfig()
