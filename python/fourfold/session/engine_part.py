"""A part of a model that the engine runs, where only a run tells the ranks of what it reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import onnx

from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.ir import Graph
from fourfold.importers.onnx import read_graph
from fourfold.importers.onnx.model import parameter_bytes
from fourfold.importers.onnx.source import OnnxModel
from fourfold.importers.onnx.types import shape_of
from fourfold.quantization.given import compile_given


def open_inputs(model: OnnxModel) -> list[int]:
    """Return the numbers of those inputs of a part whose ranks are not known."""
    inputs = enumerate(model.proto.graph.input)
    return [number for number, value in inputs if shape_of(value.type) is None]


class EnginePart:
    """A part of a model, as one program for each combination of ranks that it is called with.

    What onnxruntime hands on may be of any rank, as far as types tell; programs are of fixed ranks.

    Parameters
    ----------
    model : OnnxModel
        The part.
    """

    content = None

    def __init__(self, model: OnnxModel) -> None:
        self.weight_bytes = parameter_bytes(model.proto.graph)
        self._model = model
        self._max_threads = 0
        self._of_any_rank = open_inputs(model)
        self._programs: dict[tuple[int, ...], CompiledProgram] = {}

    def limit_threads(self, threads: int) -> None:
        """Let runs use at most so many threads, of those of ``set_threads``; 0 for all of them."""
        self._max_threads = threads
        for program in self._programs.values():
            program.limit_threads(threads)

    def settled(self, values: Sequence[Any]) -> Graph:
        """Return the graph of the part for inputs of the ranks that these have."""
        return read_graph(self._with_ranks(self._ranks(values)))

    def run(self, *values: Any) -> Any:
        """Run the part; return its outputs, or its one output."""
        ranks = self._ranks(values)
        program = self._programs.get(ranks)
        if program is None:
            program = compile_given(read_graph(self._with_ranks(ranks)))
            program.limit_threads(self._max_threads)
            self._programs[ranks] = program
        return program.run(*values)

    def _ranks(self, values: Sequence[Any]) -> tuple[int, ...]:
        return tuple(np.ndim(values[number]) for number in self._of_any_rank)

    def _with_ranks(self, ranks: Sequence[int]) -> OnnxModel:
        """Return the part with inputs of some ranks."""
        proto = onnx.ModelProto()
        proto.CopyFrom(self._model.proto)
        for index, rank in zip(self._of_any_rank, ranks, strict=True):
            shape = proto.graph.input[index].type.tensor_type.shape
            shape.SetInParent()
            for _ in range(rank):
                shape.dim.add()
        return replace(self._model, proto=proto)
