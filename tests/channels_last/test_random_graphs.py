"""Random graphs mean the same channels last: of any ops, and of those that networks are made of."""

import os

import numpy as np
import pytest

pytest.importorskip("onnx")

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from onnx import printer

from channels_last.graphs import CHANNELS, chain, conv, converted, image
from fourfold.graph.ir import Node
from fourfold.graph.passes import channels_last_choice
from fourfold.importers.onnx import import_onnx
from onnx_fuzz.graphs import models

# FOURFOLD_RANDOM_GRAPHS=1000 tries as many.
COUNT = int(os.environ.get("FOURFOLD_RANDOM_GRAPHS", "40"))

CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


@settings(max_examples=COUNT, suppress_health_check=CHECKS)
@given(models())
def test_any_ops(drawn):
    """All goes channels last that can."""
    proto, feeds = drawn
    note(printer.to_text(proto))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(channels_last_choice, "TRANSPOSE", 0)
        patch.setattr(channels_last_choice, "VIEW", 0)
        converted(import_onnx(proto).graph, feeds)


# What makes y of x, and of another image z of the same shape, by way of y + "1".
BLOCKS = {
    "dense": lambda x, z, y: [(*conv(x), y)],
    "depthwise": lambda x, z, y: [(*conv(x, "depthwise", group=CHANNELS), y)],
    "activation": lambda x, z, y: [("activation", (x,), {"kind": "hard_swish"}, y)],
    "sum": lambda x, z, y: [("binary", (x, z), {"kind": "add"}, y)],
    "in one layout": lambda x, z, y: [("lrn", (x,), {"size": 3}, y)],
    "excite": lambda x, z, y: [
        ("global_pool", (x,), {"kind": "average"}, y + "1"),
        ("binary", (z, y + "1"), {"kind": "mul"}, y),
    ],
    "turn": lambda x, z, y: [
        ("transpose", (x,), {"perm": (0, 2, 3, 1)}, y + "1"),
        ("transpose", (y + "1",), {"perm": (0, 3, 1, 2)}, y),
    ],
    "turn aside": lambda x, z, y: [
        ("transpose", (x,), {"perm": (0, 1, 3, 2)}, y + "1"),
        ("binary", (y + "1", z), {"kind": "max"}, y),
    ],
    "join": lambda x, z, y: [
        ("concat", (x, z), {"axis": 1}, y + "1"),
        ("slice", (y + "1", "from", "to", "axis", ""), {}, y),
    ],
    "reshape": lambda x, z, y: [
        ("shape", (z,), {}, y + "1"),
        ("reshape", (x, y + "1"), {}, y),
    ],
}


@st.composite
def networks(draw):
    """Draw nodes that make images of one shape throughout, and some of these images."""
    nodes, images = [], ["x"]
    for index in range(draw(st.integers(2, 12))):
        x, z = (draw(st.sampled_from(images)) for _ in range(2))
        block = BLOCKS[draw(st.sampled_from(sorted(BLOCKS)))]
        nodes += [Node(*node[:2], (node[3],), node[2]) for node in block(x, z, f"h{index}_")]
        images.append(f"h{index}_")
    outputs = draw(st.lists(st.sampled_from(images[1:]), min_size=1, unique=True))
    return nodes, tuple(outputs)


@settings(max_examples=2 * COUNT, suppress_health_check=CHECKS)
@given(networks())
def test_networks(drawn):
    """Convolutions of 64 channels are worth their transposes, and lrn takes one layout only."""
    nodes, outputs = drawn
    rng = np.random.default_rng(0)
    constants = {
        "w": 0.04 * rng.standard_normal((CHANNELS, CHANNELS, 3, 3)).astype(np.float32),
        "depthwise": 0.3 * rng.standard_normal((CHANNELS, 1, 3, 3)).astype(np.float32),
        "from": np.array([10]),
        "to": np.array([10 + CHANNELS]),
        "axis": np.array([1]),
    }
    inputs = [image(None, CHANNELS, None, None)]
    graph = chain(*nodes, constants=constants, inputs=inputs, outputs=outputs)
    converted(graph, {"x": rng.standard_normal((2, CHANNELS, 4, 4)).astype(np.float32)})
