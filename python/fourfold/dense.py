"""A fully connected layer in float32, run by NumPy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from fourfold.activations import ACTIVATIONS, DEFAULT_ALPHA, NUMPY_ACTIVATIONS
from fourfold.data import check_real

# Types that parameters keep as they are stored; all others are converted to float32.
STORED_TYPES = (np.float32, np.float16, np.int8)


class Dense:
    """A fully connected layer: ``activation(x @ weight + bias)``.

    Parameters
    ----------
    weight : array_like, [inputs, outputs]
        Real numbers. float32, float16 and int8 are kept as they are; anything else is converted
        to float32. All computation is in float32.
    bias : array_like, [outputs], optional
        As ``weight``.
    activation : str
        One of ``fourfold.ACTIVATIONS``.
    alpha : float, optional
        Slope below zero of "leaky_relu" (0.01), scale of "elu" (1), slope of "hard_sigmoid" (1/6).
    name : str, optional
        For messages and ``QuantizationConfig(keep_float=...)``; a ``Sequential`` calls a nameless
        layer "dense_0", "dense_1", ... by its place.

    Raises
    ------
    TypeError
        If the parameters are not of real numbers.
    ValueError
        If a shape does not fit, or the activation is unknown.

    Examples
    --------
    >>> import numpy as np
    >>> import fourfold as ff
    >>> layer = ff.Dense([[1.0, -1.0], [2.0, -2.0]], bias=[0.5, 0.5], activation="relu")
    >>> layer(np.array([[1.0, 1.0]], np.float32))
    array([[3.5, 0. ]], dtype=float32)
    """

    def __init__(
        self,
        weight: ArrayLike,
        bias: ArrayLike | None = None,
        activation: str = "identity",
        *,
        alpha: float | None = None,
        name: str | None = None,
    ) -> None:
        self.weight = _parameter(weight, "weight", 2)
        self.bias = None if bias is None else _parameter(bias, "bias", 1)
        if 0 in self.weight.shape:
            raise ValueError(f"weight must not be empty, got shape {self.weight.shape}")
        if self.bias is not None and self.bias.shape != (self.outputs,):
            raise ValueError(
                f"bias must have one value for each of the weight's {self.outputs} columns, "
                f"got shape {self.bias.shape}"
            )
        if activation not in ACTIVATIONS:
            raise ValueError(f"activation must be one of {list(ACTIVATIONS)}, got {activation!r}")
        self.activation = activation
        self.alpha = DEFAULT_ALPHA.get(activation, 0.0) if alpha is None else float(alpha)
        self.name = name
        self._weight = self.weight.astype(np.float32, copy=False)
        self._bias = None if self.bias is None else self.bias.astype(np.float32, copy=False)
        self._activate: Callable[[np.ndarray, float], np.ndarray] = NUMPY_ACTIVATIONS[activation]

    @property
    def inputs(self) -> int:
        """Columns of the input."""
        return int(self.weight.shape[0])

    @property
    def outputs(self) -> int:
        """Columns of the output."""
        return int(self.weight.shape[1])

    @property
    def parameters(self) -> tuple[np.ndarray, ...]:
        """Weight, and bias if there is one, as stored."""
        return (self.weight,) if self.bias is None else (self.weight, self.bias)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return the layer's output, float32 [rows, outputs], for float32 [rows, inputs]."""
        y = x @ self._weight
        if self._bias is not None:
            y += self._bias
        return self._activate(y, self.alpha)

    def __repr__(self) -> str:
        return f"Dense({self.inputs} -> {self.outputs}, {self.activation})"


def _parameter(values: ArrayLike, what: str, axes: int) -> np.ndarray:
    array = np.asarray(values)
    check_real(array, what)
    if array.ndim != axes:
        raise ValueError(f"{what} must have {axes} axes, got shape {array.shape}")
    if array.dtype not in STORED_TYPES:
        array = array.astype(np.float32)
    return np.ascontiguousarray(array)
