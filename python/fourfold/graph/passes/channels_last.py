"""Channels last: convolutions, and what lies between them, on values [N, spatial..., C].

INT8 convolutions read the channels of a pixel side by side. So this pass turns a float graph into
an equal one whose convolutions, and pools, have the layout "nhwc". Ops that need not care go along
(``channels_last_rules``, ``channels_last_windows``); which ones do, is where transposes are fewest
(``channels_last_choice``). Inputs and outputs of the graph stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fourfold.graph.ir import Graph
from fourfold.graph.passes import channels_last_rules, channels_last_windows
from fourfold.graph.passes.channels_last_change import Change
from fourfold.graph.passes.channels_last_choice import choose_channels_last
from fourfold.graph.passes.channels_last_facts import Facts, gather_facts
from fourfold.graph.passes.channels_last_rewrite import Rewriter
from fourfold.graph.passes.prune import prune

RULES = {**channels_last_rules.RULES, **channels_last_windows.RULES}


def to_channels_last(graph: Graph, ranks: Mapping[str, int]) -> tuple[Graph, Mapping[str, str]]:
    """Return an equal graph whose convolutions run channels last, and whence its values come.

    Results are the same bits, but for sums along whole axes: the mean of ``global_pool``, and
    ``reduce`` of a kind that adds, add in another order.

    Parameters
    ----------
    graph : Graph
        The graph, with channels first.
    ranks : mapping of str to int
        The number of dimensions of every input and of every node's outputs, by name. What lacks
        one stays as it is.

    Returns
    -------
    graph : Graph
        With the same inputs and outputs. ``name.nhwc`` is value ``name`` with channels last;
        ``name`` is what it was, if it is still there.
    origin : mapping of str to str
        By the name of each new value, the value of the old graph that has the same elements in
        another order: so also the same range, and the same scale. A new value that is not in it
        holds sizes.

    Examples
    --------
    >>> import numpy as np
    >>> from fourfold.graph.ir import Graph, Node, TensorInfo
    >>> nodes = (
    ...     Node("conv", ("x", "w", ""), ("h",), {"kernel_shape": (1, 1)}),
    ...     Node("global_pool", ("h",), ("y",), {"kind": "average"}),
    ... )
    >>> weight = np.ones((128, 128, 1, 1), np.float32)
    >>> x = TensorInfo("x", "float32", (None, 128, None, None))
    >>> graph, origin = to_channels_last(
    ...     Graph((x,), nodes, ("y",), {"w": weight}), {"x": 4, "h": 4, "y": 4}
    ... )
    >>> [node.op for node in graph.nodes]
    ['transpose', 'conv', 'global_pool', 'squeeze', 'unsqueeze']
    >>> origin["h.nhwc"]
    'h'
    """
    facts = gather_facts(graph, ranks)
    changes = _changes(graph, facts)
    last = choose_channels_last(graph, changes, facts)
    rewriter = Rewriter(graph, facts)
    for place, node in enumerate(graph.nodes):
        if node.op == "transpose" and node.outputs[0] in facts.ranks:
            rewriter.transpose(node, place in last)
        elif node.op == "shape" and node.inputs[0] in facts.ranks:
            rewriter.shape(node)
        elif place in last:
            rewriter.change(node, changes[place])
        else:
            rewriter.keep(node)
    for name in graph.outputs:
        rewriter.output(name)
    nodes, constants = tuple(rewriter.nodes), rewriter.constants
    written = prune(replace(graph, nodes=nodes, constants=constants))
    made = {name for node in written.nodes for name in node.outputs}
    return written, {name: old for name, old in rewriter.origin.items() if name in made}


def _changes(graph: Graph, facts: Facts) -> dict[int, Change]:
    """Return what nodes may become, by their places."""
    changes = {}
    for place, node in enumerate(graph.nodes):
        rule = RULES.get(node.op)
        change = None if rule is None else rule(node, facts)
        if change is not None:
            changes[place] = change
    return changes
