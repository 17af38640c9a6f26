"""A float32 network in plain NumPy, which can check on construction whether INT8 serves as well."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from fourfold.accuracy import MetricFunction
from fourfold.api import quantize_model
from fourfold.dense import Dense
from fourfold.errors import ModelFileError
from fourfold.gate import DEFAULT_GATE, Gate
from fourfold.network import Network
from fourfold.progress import Progress
from fourfold.quantization.config import DEFAULT_CONFIG, QuantizationConfig
from fourfold.result import QuantizationResult

if TYPE_CHECKING:
    from typing_extensions import Self

FILE_KIND = "float32_network"


class Sequential(Network):
    """A network of dense layers in float32, run by NumPy.

    With ``test_data`` the quantization is evaluated on construction, as ``quantize_model`` does:
    if it is accepted, the network answers in INT8 from then on. Without test data, or if it is
    rejected, the network stays as it is.

    Parameters
    ----------
    layers : iterable of Dense
        At least one.
    test_data, labels, metric, higher_is_better, gate, config, threads, progress, strict
        As for ``quantize_model``.

    Attributes
    ----------
    layers : tuple of Dense
        The layers, in float32 in any case.
    quantization : QuantizationResult or None
        The evaluation, with its verdict and figures; None without test data.

    Raises
    ------
    TypeError
        If ``layers`` is no iterable, or a layer is not a ``Dense``.
    ValueError
        If there is no layer, two have one name, or one does not fit the one before it.
    QuantizationRejectedError
        With ``strict=True``, if the quantization is not accepted.

    Examples
    --------
    >>> import numpy as np
    >>> import fourfold as ff
    >>> rng = np.random.default_rng(0)
    >>> layers = [
    ...     ff.Dense(rng.normal(size=(64, 512)), activation="relu"),
    ...     ff.Dense(rng.normal(size=(512, 32))),
    ... ]
    >>> network = ff.Sequential(layers)
    >>> network
    Sequential(64 -> 512 -> 32, float32)
    >>> network(rng.normal(size=(5, 64))).shape
    (5, 32)
    >>> x = rng.normal(size=(200, 64))
    >>> ff.Sequential(layers, test_data=x, gate=ff.Gate(min_speedup=0))
    Sequential(64 -> 512 -> 32, INT8)
    """

    def __init__(
        self,
        layers: Iterable[Dense],
        *,
        test_data: Any = None,
        labels: Any = None,
        metric: str | MetricFunction | None = None,
        higher_is_better: bool = True,
        gate: Gate = DEFAULT_GATE,
        config: QuantizationConfig = DEFAULT_CONFIG,
        threads: int | None = None,
        progress: Progress = False,
        strict: bool = False,
    ) -> None:
        super().__init__(layers)
        self.quantization: QuantizationResult | None = None
        if test_data is None:
            return
        self.quantization = quantize_model(
            self,
            test_data,
            labels,
            metric=metric,
            higher_is_better=higher_is_better,
            gate=gate,
            config=config,
            threads=threads,
            progress=progress,
            strict=strict,
        )
        if self.is_quantized:
            self._run = self.quantization.model

    @property
    def is_quantized(self) -> bool:
        """Whether the network answers in INT8."""
        return self.quantization is not None and self.quantization.accepted

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the float32 network to a file, for ``Sequential.load``.

        What ``quantization`` holds is not part of it: ``network.quantization.save`` writes that.

        Raises
        ------
        OSError
            If the file cannot be written; an older one stays as it was.
        """
        from fourfold.model_file import write_container

        layers, arrays = [], {}
        for index, layer in enumerate(self.layers):
            arrays[f"{index}.weight"] = layer.weight
            if layer.bias is not None:
                arrays[f"{index}.bias"] = layer.bias
            record = {"activation": layer.activation, "alpha": layer.alpha, "name": layer.name}
            layers.append(record)
        write_container(path, FILE_KIND, {"layers": layers}, arrays)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a network that ``save`` wrote; its parameters are those of the mapped file.

        Raises
        ------
        ModelFileError
            If the file is damaged, or holds something else.
        OSError
            If it cannot be read.
        """
        from fourfold.model_file import read_container

        container = read_container(path)
        if container.kind != FILE_KIND:
            raise ModelFileError(
                f"{os.fspath(path)} holds a {container.kind!r} model, not a float32 network: "
                "fourfold.load reads quantized models"
            )
        arrays = container.arrays
        try:
            return cls(
                Dense(arrays[f"{index}.weight"], arrays.get(f"{index}.bias"), **record)
                for index, record in enumerate(container.content["layers"])
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ModelFileError(f"{os.fspath(path)}: the layers do not fit: {error}") from error

    def __repr__(self) -> str:
        widths = " -> ".join(str(width) for width in self.widths)
        return f"{type(self).__name__}({widths}, {'INT8' if self.is_quantized else 'float32'})"
