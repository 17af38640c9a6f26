"""PP-OCR's networks channels last: the same results, transposes only at their ends."""

import numpy as np
import pytest
from benchmarks.models.tasks import TASKS

pytest.importorskip("onnx")

from channels_last.graphs import converted, layouts, transposes
from fourfold.importers.onnx import import_onnx
from models.sessions import available

pytestmark = pytest.mark.models

# cls ends in a vector, det in one channel: views both. In det two transposed convolutions put their
# pixels in order. rec has nine as it comes, around an attention: two of them undo a layout and
# vanish, and there is one at its entry and one before a reshape.
TRANSPOSES = {"PP-OCR cls": 1, "PP-OCRv4 rec": 9, "PP-OCRv4 det": 3}

SHAPES = {
    "PP-OCR cls": (2, 3, 48, 192),
    "PP-OCRv4 rec": (2, 3, 48, 96),
    "PP-OCRv4 det": (1, 3, 96, 64),
}


@pytest.mark.parametrize("name", TRANSPOSES)
def test_every_convolution_goes_channels_last(name, rng):
    graph = import_onnx(available(TASKS[name].model)).graph
    x = rng.uniform(-1, 1, SHAPES[name]).astype(np.float32)
    last = converted(graph, {graph.inputs[0].name: x})
    assert all(layouts(last))
    assert len(transposes(last)) == TRANSPOSES[name]
