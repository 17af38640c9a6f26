"""onnxruntime, where it is installed: what runs the nodes that the engine has not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import onnx
from onnx import external_data_helper

from fourfold.errors import ModelFileError, UnsupportedModelError
from fourfold.graph.partitioned import Part
from fourfold.importers.onnx.model import parameter_bytes
from fourfold.importers.onnx.source import OnnxModel, check_part
from fourfold.importers.onnx.types import parse_type
from fourfold.machine import get_threads

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

FATAL_ONLY = 4  # of onnxruntime's severities: what it has to say, its exceptions say


def is_installed() -> bool:
    """Return whether onnxruntime can be imported."""
    return find_spec("onnxruntime") is not None


class RuntimePart:
    """A part of a model that onnxruntime runs.

    Parameters
    ----------
    content : bytes
        The part as an ONNX model, with no data outside of it.
    where : str
        What messages call it.

    Raises
    ------
    UnsupportedModelError
        If onnxruntime cannot run it either.
    """

    def __init__(self, content: bytes, where: str) -> None:
        graph = onnx.ModelProto.FromString(content).graph
        self.content = content
        self.weight_bytes = parameter_bytes(graph)
        self._where = where
        self._inputs = [value.name for value in graph.input]
        self._outputs = [value.name for value in graph.output]
        self._limit, self._threads = 0, 0
        self._keep_to_threads()

    @classmethod
    def of_model(cls, model: OnnxModel, nodes: Sequence[str]) -> RuntimePart:
        """Return the part for a model of some nodes."""
        where = f"{model.origin}: onnxruntime, for the nodes {', '.join(map(repr, nodes))}"
        return cls(model.proto.SerializeToString(), where)

    @classmethod
    def of_stored(cls, content: bytes, where: str, part: Part) -> RuntimePart:
        """Return the part that a model file holds, checked.

        Raises
        ------
        ModelFileError
            If it is damaged, or not the part that it is said to be.
        UnsupportedModelError
            If onnxruntime is not installed, or cannot run it.
        """
        check_part(content, where)
        runner = cls(content, where)
        if (tuple(runner._inputs), tuple(runner._outputs)) != (part.inputs, part.outputs):
            raise ModelFileError(f"{where}: its model has other inputs and outputs than the part")
        return runner

    def limit_threads(self, threads: int) -> None:
        """Let runs use at most so many threads, of those of ``set_threads``; 0 for all of them."""
        self._limit = threads
        self._keep_to_threads()

    def settled(self, values: Sequence[Any]) -> RuntimePart:
        """Return the part as it is: it takes what it gets."""
        return self

    def run(self, *values: Any) -> Sequence[Any]:
        """Run the part.

        Raises
        ------
        ValueError
            If onnxruntime refuses the values.
        """
        self._keep_to_threads()
        feed = dict(zip(self._inputs, values, strict=True))
        try:
            results: Sequence[Any] = self._session.run(self._outputs, feed)
        except _errors() as error:
            raise ValueError(f"{self._where}: {error}") from None
        return results

    def _keep_to_threads(self) -> None:
        threads = threads_for(self._limit)
        if threads != self._threads:
            self._session = _open(self.content, threads, self._where)
            self._threads = threads


def tell_types(model: OnnxModel, names: Sequence[str]) -> Mapping[str, onnx.TypeProto]:
    """Return the types that onnxruntime gives values of a model; nothing if it is not installed."""
    if not is_installed():
        return {}
    proto = onnx.ModelProto()
    proto.CopyFrom(model.proto)
    if model.folder is not None:
        external_data_helper.load_external_data_for_model(proto, str(model.folder))
    given = {output.name for output in proto.graph.output}
    proto.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name not in given)
    session = _open(proto.SerializeToString(), 1, f"{model.origin}: onnxruntime", optimized=False)
    wanted = set(names)
    return {
        output.name: parse_type(output.type)
        for output in session.get_outputs()
        if output.name in wanted
    }


def threads_for(limit: int) -> int:
    """Return how many threads a part may use: the session's limit within that of the process."""
    return min(limit, get_threads()) if limit > 0 else get_threads()


def _open(content: bytes, threads: int, where: str, *, optimized: bool = True) -> InferenceSession:
    if not is_installed():
        raise UnsupportedModelError(
            f"{where} needs onnxruntime: pip install 'fourfold[onnxruntime]'"
        )
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = FATAL_ONLY
    # Between its parts the engine's own threads need the cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if not optimized:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except _errors() as error:
        raise UnsupportedModelError(
            f"{where}: {error}; fourfold has no implementation of its own"
        ) from None


def _errors() -> tuple[type[Exception], ...]:
    """Return what onnxruntime raises."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    own = [value for value in vars(state).values() if isinstance(value, type)]
    return (
        *(kind for kind in own if issubclass(kind, Exception)),
        RuntimeError,
        TypeError,
        ValueError,
    )
