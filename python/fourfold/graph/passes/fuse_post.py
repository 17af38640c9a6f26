"""Fuse: what a convolution's activated output is multiplied with, and what is added to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from fourfold.graph.ir import Graph, Node
from fourfold.graph.passes.rewriting import Rewriting
from fourfold.graph.passes.scalars import along_axis, constant_step
from fourfold.graph.passes.weighted import (
    POST_SCALE,
    POST_SHIFT,
    has_post,
    output_axis,
    weight_of,
    with_inputs,
)
from fourfold.graph.shapes import Shape


def fuse_post(graph: Graph, shapes: Mapping[str, Shape]) -> Graph:
    """Return the graph with each step by constants after a convolution done by the convolution.

    Of one number or one for each output channel, several put together: ``post_scale`` and
    ``post_shift``. Only for a convolution of float32 whose output nothing else reads.
    """
    rewriting = Rewriting(graph, shapes)

    def rule(node: Node) -> tuple[Node, ...] | None:
        step = constant_step(node, rewriting)
        conv = rewriting.inner(step.value, "conv") if step is not None else None
        weight = weight_of(conv, rewriting) if conv is not None else None
        if step is None or conv is None or weight is None:
            return None
        axis, channels = output_axis(conv, weight)
        scale, shift = (
            along_axis(array, weight.ndim, axis, channels) for array in (step.scale, step.shift)
        )
        if scale is None or shift is None:
            return None
        if has_post(conv):
            first, second = (rewriting.constants[conv.inputs[i]] for i in (POST_SCALE, POST_SHIFT))
            scale, shift = first * scale, second * scale + shift
        base = node.outputs[0]
        places = {
            "post_scale": rewriting.add_constant(scale.astype(np.float32), f"{base}.post_scale"),
            "post_shift": rewriting.add_constant(shift.astype(np.float32), f"{base}.post_shift"),
        }
        return (replace(with_inputs(conv, **places), outputs=node.outputs),)

    return rewriting.apply(rule)
