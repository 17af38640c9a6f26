"""A model cut into parts: what the engine runs, and what onnxruntime has to.

Parts run one after the other, and take turns: each node is in the first part of its own kind behind
everything that it depends on. Parts are convex so (no path leaves one and comes back), and as few
as the longest alternation along a path through the graph asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import onnx

from fourfold.importers.onnx.model import model_inputs
from fourfold.importers.onnx.source import OnnxModel, Source, read_source
from fourfold.importers.onnx.subgraph import part_model
from fourfold.importers.onnx.verdicts import JudgedNode, Verdicts, judge

# Tells the types of values of a model.
TypeTeller = Callable[[OnnxModel, Sequence[str]], Mapping[str, onnx.TypeProto]]


@dataclass(frozen=True)
class ModelPart:
    """Nodes that run together."""

    runs_here: bool
    """Whether the engine runs it; else onnxruntime."""

    nodes: tuple[str, ...]
    """Their names; of an unnamed one, its first output."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    model: OnnxModel
    """The part as a model of its own, with these inputs and outputs."""


def partition(source: Source, tell_types: TypeTeller) -> tuple[OnnxModel, list[ModelPart]]:
    """Cut a model into parts.

    Parameters
    ----------
    source : path, bytes or onnx.ModelProto
        The model.
    tell_types : callable
        Returns the types of the values that ONNX's own rules say nothing of: those that ops of
        other domains make.

    Returns
    -------
    OnnxModel
        The model as read.
    list of ModelPart
        The parts in the order in which they run.

    Raises
    ------
    ModelFileError, OSError, TypeError
        As `import_onnx` raises them.
    """
    model = read_source(source, any_opset=True)
    verdicts = judge(model, {})
    if verdicts.untyped:
        verdicts = judge(model, tell_types(model, verdicts.untyped))
    return model, [_part(model, verdicts, nodes) for nodes in _cut(verdicts)]


def _cut(verdicts: Verdicts) -> list[list[JudgedNode]]:
    """Return the nodes that are no constants, part by part."""
    nodes = [node for node in verdicts.nodes if not node.is_constant]
    ways = [_stages(nodes, first_here) for first_here in (True, False)]
    stages = min(ways, key=lambda stages: len(set(stages)))
    return [
        [node for node, stage in zip(nodes, stages, strict=True) if stage == number]
        for number in sorted(set(stages))
    ]


def _stages(nodes: Sequence[JudgedNode], first_here: bool) -> list[int]:
    """Return the number of the part that each node is in; even ones are of the first kind."""
    made: dict[str, int] = {}
    stages = []
    for node in nodes:
        stage = max((made.get(name, 0) for name in node.reads), default=0)
        stage += (stage % 2 == 0) != (node.runs_here == first_here)
        stages.append(stage)
        made.update(dict.fromkeys(node.proto.output, stage))
    return stages


def _part(model: OnnxModel, verdicts: Verdicts, nodes: Sequence[JudgedNode]) -> ModelPart:
    graph = model.proto.graph
    inside = {id(node) for node in nodes}
    made = [name for node in nodes for name in node.proto.output if name]
    variable = {value.name for value in model_inputs(graph)}
    for node in verdicts.nodes:
        variable.update(() if node.is_constant else node.proto.output)
    read = dict.fromkeys(name for node in nodes for name in node.reads)
    wanted = {output.name for output in graph.output}
    for node in verdicts.nodes:
        if id(node) not in inside:
            wanted.update(node.reads)
    inputs = tuple(name for name in read if name in variable and name not in set(made))
    outputs = tuple(name for name in made if name in wanted)
    constants = [name for name in read if name not in variable]
    here = nodes[0].runs_here
    protos = [node.proto for node in nodes]
    proto = part_model(model, verdicts, protos, inputs, outputs, constants, for_engine=here)
    part = OnnxModel(model.origin, proto, model.folder)
    return ModelPart(here, tuple(node.label for node in nodes), inputs, outputs, part)
