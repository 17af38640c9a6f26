"""Without onnxruntime, a model with nodes that the engine lacks is refused, and says what helps."""

import subprocess
import sys

import pytest

pytest.importorskip("onnx")

from onnx_models import model

SCRIPT = """
import sys
sys.modules["onnxruntime"] = None
import fourfold as ff
try:
    ff.InferenceSession(sys.stdin.buffer.read())
except ff.UnsupportedModelError as error:
    print(error)
"""


def refusal(proto):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], input=proto.SerializeToString(), capture_output=True
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode()


def test_ops_and_nodes_are_named():
    told = refusal(
        model("(float[N] x) => (float[N] y) { r = RandomNormalLike (x)  y = Add (x, r) }")
    )
    assert "'r' (RandomNormalLike)" in told
    assert "pip install 'fourfold[onnxruntime]'" in told


def test_inputs_of_other_types_are_named():
    told = refusal(model("(string[N] x) => (string[N] y) { y = Identity (x) }"))
    assert "input 'x'" in told and "tensor(string)" in told
    assert "pip install 'fourfold[onnxruntime]'" in told
