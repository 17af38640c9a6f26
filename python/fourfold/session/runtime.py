"""onnxruntime, where it is installed: what runs the nodes that the engine has not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import onnx
from onnx import external_data_helper

from fourfold.errors import UnsupportedModelError
from fourfold.importers.onnx.source import OnnxModel
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
    model : OnnxModel
        The part, with no data outside of it.
    nodes : sequence of str
        The names of its nodes, for messages.
    threads : int
        Threads to use at most.

    Raises
    ------
    UnsupportedModelError
        If onnxruntime cannot run it either.
    """

    def __init__(self, model: OnnxModel, nodes: Sequence[str], threads: int) -> None:
        self._where = f"{model.origin}: onnxruntime, for the nodes {', '.join(map(repr, nodes))}"
        self._inputs = [value.name for value in model.proto.graph.input]
        self._outputs = [value.name for value in model.proto.graph.output]
        self._session = _open(model.proto, threads, self._where)

    def __call__(self, values: Sequence[Any]) -> Sequence[Any]:
        """Run the part.

        Raises
        ------
        ValueError
            If onnxruntime refuses the values.
        """
        feed = dict(zip(self._inputs, values, strict=True))
        try:
            results: Sequence[Any] = self._session.run(self._outputs, feed)
        except _errors() as error:
            raise ValueError(f"{self._where}: {error}") from None
        return results


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
    session = _open(proto, 1, f"{model.origin}: onnxruntime", optimized=False)
    wanted = set(names)
    return {
        output.name: parse_type(output.type)
        for output in session.get_outputs()
        if output.name in wanted
    }


def threads_for(limit: int) -> int:
    """Return how many threads a part may use: the session's limit within that of the process."""
    return min(limit, get_threads()) if limit > 0 else get_threads()


def _open(
    proto: onnx.ModelProto, threads: int, where: str, *, optimized: bool = True
) -> InferenceSession:
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
        return onnxruntime.InferenceSession(
            proto.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
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
