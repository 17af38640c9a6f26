"""A chain of dense layers in float32, run by NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import ArrayLike

from fourfold.data import to_real
from fourfold.dense import Dense
from fourfold.errors import describe_type


class Network:
    """The layers of a ``Sequential``, checked, and how they run in float32.

    Raises
    ------
    TypeError
        If ``layers`` is no iterable, or a layer is not a ``Dense``.
    ValueError
        If there is no layer, two have one name, or one does not fit the one before it.
    """

    def __init__(self, layers: Iterable[Dense]) -> None:
        if not isinstance(layers, Iterable):
            raise TypeError(
                f"layers must be a list of fourfold.Dense, got {describe_type(layers)}: pass a "
                "list, of one layer maybe"
            )
        self._layers = tuple(layers)
        self._layer_names = _check_layers(self._layers)
        self._run: Callable[[ArrayLike], np.ndarray] = self.run_float

    def __call__(self, x: ArrayLike) -> np.ndarray:
        """Return the network's output.

        Parameters
        ----------
        x : array_like, [rows, inputs]
            Real numbers of any type; computed with as float32. No rows give no rows.

        Returns
        -------
        ndarray of float32, [rows, outputs]

        Raises
        ------
        TypeError
            If ``x`` is not of real numbers.
        ValueError
            If it is of another shape.
        """
        return self._run(x)

    predict = __call__

    @property
    def layers(self) -> tuple[Dense, ...]:
        """The layers, in float32 in any case."""
        return self._layers

    @property
    def layer_names(self) -> tuple[str, ...]:
        """The layers' names, given or by place."""
        return self._layer_names

    @property
    def widths(self) -> tuple[int, ...]:
        """Columns of the input, and of each layer's output."""
        return (self.layers[0].inputs, *(layer.outputs for layer in self.layers))

    @property
    def is_quantized(self) -> bool:
        """Whether the network answers in INT8."""
        return False

    def run_float(self, x: ArrayLike) -> np.ndarray:
        """Return the network's output in float32."""
        array = to_real(x, "the network's input")
        if array.ndim != 2 or array.shape[1] != self.layers[0].inputs:
            raise ValueError(
                f"the network's input must have shape [rows, {self.layers[0].inputs}], "
                f"got {array.shape}"
            )
        y = array.astype(np.float32, copy=False)
        for layer in self.layers:
            y = layer(y)
        return y


def _check_layers(layers: tuple[Dense, ...]) -> tuple[str, ...]:
    """Return the layers' names; raise unless they form a network."""
    for index, layer in enumerate(layers):
        if not isinstance(layer, Dense):
            raise TypeError(f"layer {index} must be a fourfold.Dense, got {describe_type(layer)}")
    if not layers:
        raise ValueError("a network must have at least one layer, got none")
    names = tuple(layer.name or f"dense_{index}" for index, layer in enumerate(layers))
    if len(set(names)) != len(names):
        raise ValueError(f"layers must have different names, got {list(names)}")
    for index in range(1, len(layers)):
        if layers[index].inputs != layers[index - 1].outputs:
            raise ValueError(
                f"layer {names[index]!r} must take the {layers[index - 1].outputs} columns that "
                f"{names[index - 1]!r} gives, but its weight has shape {layers[index].weight.shape}"
            )
    return names
