"""Attention: a masked softmax and a spelled-out normalization stay in float."""

import numpy as np
import pytest

import fourfold as ff

pytest.importorskip("onnx", reason="needs onnx")
pytest.importorskip("onnxruntime", reason="the baseline of ONNX models")

from onnx_quantize.onnx_networks import FLOAT, Builder


def attention(rng, width=64, heads=4):
    """Self-attention whose mask adds the lowest float to the scores, and a spelled-out norm."""
    made = Builder(rng)
    head = width // heads
    shape = made.constant("heads", np.array([0, 0, heads, head], np.int64))
    for name in "qkv":
        made.node("MatMul", "x", made.weight(f"w{name}", width, width), out=f"{name}_flat")
        made.node("Reshape", f"{name}_flat", shape, out=f"{name}_split")
        perm = [0, 2, 3, 1] if name == "k" else [0, 2, 1, 3]
        made.node("Transpose", f"{name}_split", out=name, perm=perm)
    made.node("MatMul", "q", "k", out="products")
    made.node("Mul", "products", made.constant("scale", np.float32(head**-0.5)), out="scores")
    made.node("Add", "scores", "mask", out="masked")
    made.node("Softmax", "masked", out="weights", axis=-1)
    made.node("MatMul", "weights", "v", out="mixed")
    made.node("Transpose", "mixed", out="mixed_t", perm=[0, 2, 1, 3])
    made.node("Reshape", "mixed_t", made.constant("flat", np.array([0, 0, width])), out="joined")
    made.node("ReduceMean", "joined", out="mean", axes=[-1])
    made.node("Sub", "joined", "mean", out="centred")
    made.node("Mul", "centred", "centred", out="squares")
    made.node("ReduceMean", "squares", out="variance", axes=[-1])
    made.node("Add", "variance", made.constant("epsilon", np.float32(1e-12)), out="variance_e")
    made.node("Sqrt", "variance_e", out="deviation")
    made.node("Div", "centred", "deviation", out="normal")
    made.node("MatMul", "normal", made.weight("wo", width, width), out="y")
    return made.model(
        [("x", FLOAT, ["B", "T", width]), ("mask", FLOAT, ["B", 1, 1, "T"])],
        [("y", FLOAT, ["B", "T", width])],
    )


def test_masked_softmax_and_spelled_out_norms_stay_in_float(rng):
    model = attention(rng)
    x = rng.normal(size=(3, 10, 64)).astype(np.float32)
    mask = np.zeros((3, 1, 1, 10), np.float32)
    mask[1, ..., 6:] = mask[2, ..., 1:] = np.finfo(np.float32).min
    result = ff.quantize_model(model, {"x": x, "mask": mask}, gate=ff.Gate(min_speedup=0))
    assert result.accepted, result.reasons
    assert [layer.name for layer in result.layers] == [
        "q_flat_MatMul",
        "k_flat_MatMul",
        "v_flat_MatMul",
        "y_MatMul",
    ]
    ops = [step.op for step in result.model.program.spec.steps]
    assert ops.count("linear_s8") == 4
    assert "head_attention" in ops  # of float32
    # What is masked out has no influence at all: not a bit changes with it.
    other = x.copy()
    other[1, 6:], other[2, 1:] = 100, -100
    run = result.model.run
    before, after = (run(None, {"x": one, "mask": mask})[0] for one in (x, other))
    np.testing.assert_array_equal(before[1, :6], after[1, :6])
    np.testing.assert_array_equal(before[2, :1], after[2, :1])
