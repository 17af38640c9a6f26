"""A fully connected layer in float32, run by NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fourfold.activations import ACTIVATIONS, DEFAULT_ALPHA, NUMPY_ACTIVATIONS
from fourfold.data import check_real
from fourfold.errors import describe_type

# Types that parameters keep as they are stored; all others are converted to float32.
STORED_TYPES = (np.float32, np.float16, np.int8)

# Names stand in the header of a model file, which is limited.
MAX_NAME = 1000


class Dense:
    """A fully connected layer: ``activation(x @ weight + bias)``.

    Parameters
    ----------
    weight : array_like, [inputs, outputs]
        Real numbers. float32, float16 and int8 are kept as they are; anything else is converted
        to float32. All computation is in float32. An array that is kept is not copied, so that
        layers can share one: do not write to it afterwards.
    bias : array_like, [outputs], optional
        As ``weight``.
    activation : str
        One of ``fourfold.ACTIVATIONS``.
    alpha : float, optional
        Slope below zero of "leaky_relu" (0.01), scale of "elu" (1), slope of "hard_sigmoid" (1/6).
    name : str, optional
        For messages and ``QuantizationConfig(keep_float=...)``, at most 1000 characters; a
        ``Sequential`` calls a nameless layer "dense_0", "dense_1", ... by its place.

    Raises
    ------
    TypeError
        If the parameters are not of real numbers, ``alpha`` is no number or ``name`` no string.
    ValueError
        If a shape does not fit, the activation is unknown, ``alpha`` is not finite as float32, or
        ``name`` is too long.

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
        self._weight = _parameter(weight, "weight", 2)
        self._bias = None if bias is None else _parameter(bias, "bias", 1)
        if 0 in self.weight.shape:
            raise ValueError(f"weight must not be empty, got shape {self.weight.shape}")
        if self.bias is not None and self.bias.shape != (self.outputs,):
            raise ValueError(
                f"bias must have one value for each of the weight's {self.outputs} columns, "
                f"got shape {self.bias.shape}"
            )
        if activation not in ACTIVATIONS:
            raise ValueError(f"activation must be one of {list(ACTIVATIONS)}, got {activation!r}")
        self._activation = activation
        self._alpha = DEFAULT_ALPHA.get(activation, 0.0) if alpha is None else _checked_alpha(alpha)
        self._name = _checked_name(name)
        self._weight_f32 = self._weight.astype(np.float32, copy=False)
        self._bias_f32 = None if self._bias is None else self._bias.astype(np.float32, copy=False)
        self._activate: Callable[[np.ndarray, float], np.ndarray] = NUMPY_ACTIVATIONS[activation]

    @property
    def weight(self) -> np.ndarray:
        """The weight as stored, [inputs, outputs]."""
        return self._weight

    @property
    def bias(self) -> np.ndarray | None:
        """The bias as stored, [outputs], if there is one."""
        return self._bias

    @property
    def activation(self) -> str:
        """The activation's name."""
        return self._activation

    @property
    def alpha(self) -> float:
        """The activation's parameter; 0 where it has none."""
        return self._alpha

    @property
    def name(self) -> str | None:
        """The name that the layer was given."""
        return self._name

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
        """Return the layer's output, float32 [rows, outputs], for real x [rows, inputs]."""
        y = np.asarray(x).astype(np.float32, copy=False) @ self._weight_f32
        if self._bias_f32 is not None:
            y += self._bias_f32
        return self._activate(y, self._alpha)

    def __repr__(self) -> str:
        return f"Dense({self.inputs} -> {self.outputs}, {self.activation})"


def _checked_alpha(alpha: Any) -> float:
    if isinstance(alpha, (bool, np.bool_)) or not isinstance(
        alpha, (int, float, np.integer, np.floating)
    ):
        raise TypeError(f"alpha must be a number, got {describe_type(alpha)}")
    largest = float(np.finfo(np.float32).max)
    if not -largest <= alpha <= largest:  # so that NaN fails it, and 10**400
        raise ValueError(f"alpha must be finite as float32, got {alpha}")
    return float(alpha)


def _checked_name(name: Any) -> str | None:
    if name is None:
        return None
    if not isinstance(name, str):
        raise TypeError(f"name must be a string, got {describe_type(name)}")
    if len(name) > MAX_NAME:
        raise ValueError(f"name must have at most {MAX_NAME} characters, got {len(name)}")
    try:
        name.encode()
    except UnicodeEncodeError as error:  # half of a surrogate pair: no file could hold it
        raise ValueError(f"name must be valid Unicode, got {name!r}") from error
    return name


def _parameter(values: ArrayLike, what: str, axes: int) -> np.ndarray:
    array = np.asarray(values)
    check_real(array, what)
    if array.ndim != axes:
        raise ValueError(f"{what} must have {axes} axes, got shape {array.shape}")
    if array.dtype not in STORED_TYPES:
        array = array.astype(np.float32)
    return np.ascontiguousarray(array)
