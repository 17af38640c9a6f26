"""Tables: a chain of elementwise functions of one int8 value, as what it gives for all 256."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.ir import Graph, TensorInfo
from fourfold.graph.passes.lower import lower
from fourfold.graph.passes.prune import prune
from fourfold.quantization.form import Form

ENTRIES = 256


def chain_table(
    graph: Graph, roots: Mapping[str, str], output: str, root: str, form: Form
) -> np.ndarray:
    """Return a chain's results for the values that an int8 can stand for, float32 [256].

    They are computed by the engine, as in the float graph.

    Parameters
    ----------
    graph : Graph
        The float graph.
    roots : mapping of str to str
        By the values of chains: what they are functions of.
    output, root : str
        Where the chain ends and begins.
    form : Form
        Of the root: entry i is for ``float32(i - 128 - zero) * scale``.
    """
    chain = tuple(node for node in graph.nodes if roots.get(node.outputs[0]) == root)
    numbers = {
        name: graph.constants[name].reshape(-1)
        for node in chain
        for name in node.inputs
        if name in graph.constants
    }
    x = TensorInfo(root, "float32", (ENTRIES,))
    program = CompiledProgram(lower(prune(Graph((x,), chain, (output,), numbers)), {}))
    table: np.ndarray = program(form.values())
    return table
