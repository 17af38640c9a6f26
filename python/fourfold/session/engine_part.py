"""A part of a model that the engine runs, between others that it does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import onnx

from fourfold.graph.compiled import CompiledProgram
from fourfold.importers.onnx import import_read
from fourfold.importers.onnx.source import OnnxModel
from fourfold.importers.onnx.types import shape_of
from fourfold.quantization.given import compile_given


class EnginePart:
    """A part of a model, as one program for each combination of ranks that it is called with.

    What onnxruntime hands on may be of any rank, as far as types tell; programs are of fixed ranks.
    Where all ranks are known there is one program, made at once.

    Parameters
    ----------
    model : OnnxModel
        The part.
    max_threads : int
        Threads to use at most; 0 for all of them.
    """

    def __init__(self, model: OnnxModel, max_threads: int) -> None:
        self._model = model
        self._max_threads = max_threads
        inputs = enumerate(model.proto.graph.input)
        self._of_any_rank = [index for index, value in inputs if shape_of(value.type) is None]
        self._programs: dict[tuple[int, ...], CompiledProgram] = {}
        if not self._of_any_rank:
            self._programs[()] = self._compile(model)

    def __call__(self, values: Sequence[Any]) -> Sequence[Any]:
        """Run the part."""
        ranks = tuple(values[index].ndim for index in self._of_any_rank)
        program = self._programs.get(ranks)
        if program is None:
            program = self._programs[ranks] = self._compile(self._with_ranks(ranks))
        results = program.run(*values)
        return results if isinstance(results, tuple) else (results,)

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

    def _compile(self, model: OnnxModel) -> CompiledProgram:
        program = compile_given(import_read(model).graph)
        program.limit_threads(self._max_threads)
        return program
