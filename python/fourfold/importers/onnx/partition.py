"""A model cut into parts: what the engine runs, and what onnxruntime has to.

Parts run one after the other, and take turns: each node is in the first part of its own kind behind
everything that it depends on. Parts are convex so (no path leaves one and comes back), and as few
as the longest alternation along a path through the graph asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace

import onnx

from fourfold.graph.branches import BranchGraph
from fourfold.importers.onnx.model import model_inputs
from fourfold.importers.onnx.source import OnnxModel
from fourfold.importers.onnx.subgraph import part_model
from fourfold.importers.onnx.verdicts import JudgedNode, Verdicts, judge

# Tells the types of values of a model.
TypeTeller = Callable[[OnnxModel, Sequence[str]], Mapping[str, onnx.TypeProto]]
# Makes the engine run an If with what it may choose from, or returns None.
OpenBranches = Callable[["ModelPart"], BranchGraph | None]


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

    branches: BranchGraph | None = None
    """What it runs, if it is an If that the engine runs."""


def partition(
    model: OnnxModel, tell_types: TypeTeller, open_branches: OpenBranches
) -> list[ModelPart]:
    """Cut a model into parts.

    Parameters
    ----------
    model : OnnxModel
        The model, of any opset.
    tell_types : callable
        Returns the types of the values that ONNX's own rules say nothing of: those that ops of
        other domains make.
    open_branches : callable
        Gets an If as a part; returns its branches if the engine can run it, as a part of its own.

    Returns
    -------
    list of ModelPart
        The parts in the order in which they run.

    Raises
    ------
    ModelFileError
        If the model contradicts itself.
    """
    verdicts = judge(model, {})
    if verdicts.untyped:
        verdicts = judge(model, tell_types(model, verdicts.untyped))
    alone = {}
    for node in verdicts.nodes:
        if not node.runs_here and node.proto.op_type == "If" and not node.proto.domain:
            part = _part(model, verdicts, [node], for_engine=True)
            branches = open_branches(part)
            if branches is not None:
                alone[id(node)] = replace(part, branches=branches)
    return [
        alone.get(id(nodes[0])) or _part(model, verdicts, nodes, for_engine=nodes[0].runs_here)
        for stage in _cut(verdicts)
        for nodes in _runs(stage, alone)
    ]


def _cut(verdicts: Verdicts) -> list[list[JudgedNode]]:
    """Return the nodes that are no constants, part by part."""
    nodes = [node for node in verdicts.nodes if not node.is_constant]
    ways = [_stages(nodes, first_here) for first_here in (True, False)]
    stages = min(ways, key=lambda stages: len(set(stages)))
    return [
        [node for node, stage in zip(nodes, stages, strict=True) if stage == number]
        for number in sorted(set(stages))
    ]


def _runs(nodes: Sequence[JudgedNode], alone: Container[int]) -> list[list[JudgedNode]]:
    """Return the nodes of a part in its order, those apart that are parts of their own."""
    runs: list[list[JudgedNode]] = []
    is_open = False
    for node in nodes:
        if id(node) in alone or not is_open:
            runs.append([])
        runs[-1].append(node)
        is_open = id(node) not in alone
    return runs


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


def _part(
    model: OnnxModel, verdicts: Verdicts, nodes: Sequence[JudgedNode], *, for_engine: bool
) -> ModelPart:
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
    protos = [node.proto for node in nodes]
    proto = part_model(model, verdicts, protos, inputs, outputs, constants, for_engine=for_engine)
    part = OnnxModel(model.origin, proto, model.folder)
    return ModelPart(for_engine, tuple(node.label for node in nodes), inputs, outputs, part)
