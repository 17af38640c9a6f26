"""``quantize_model`` of small convolution networks: how close, how much in INT8, which bits."""

import numpy as np
import pytest

import fourfold as ff
from networks import ANYTHING

pytest.importorskip("onnx", reason="needs onnx")

from static_int8.conv_networks import NETWORKS


def quantized(name, rng):
    """The result, rows that it has not seen, and the answer to them in float."""
    make, shape = NETWORKS[name]
    model = make(rng)
    x = rng.normal(size=shape).astype(np.float32)
    result = ff.quantize_model(model, [x[:4], x[4:8]], gate=ANYTHING, threads=1)
    assert result.accepted, result.reasons
    (expected,) = ff.InferenceSession(model).run(None, {"x": x[8:]})
    return result, x[8:], expected


@pytest.mark.parametrize("name", NETWORKS)
def test_all_of_it_runs_in_int8_and_stays_close(name):
    # One draw of weights: the softmax at the end enlarges the error by what the scores are.
    result, x, expected = quantized(name, np.random.default_rng(5))
    # All but a head of ten columns, which INT8 would not halve.
    assert {layer.name for layer in result.layers if layer.reason} <= {"scores_MatMul"}
    stats = result.stats
    assert stats.int8_multiply_add_share > 0.98
    assert (stats.rows, stats.calibration_rows) == (4, 4)
    assert stats.compression_ratio > 2
    (y,) = result.model.run(None, {"x": x})
    assert 0 < np.linalg.norm(y - expected) / np.linalg.norm(expected) < 0.06
    errors = [layer.output_error for layer in result.layers if np.isfinite(layer.output_error)]
    assert len(errors) >= 3
    assert 0 < max(errors) < 0.05


@pytest.mark.parametrize("name", NETWORKS)
def test_activations_stay_int8_between_layers(name, rng):
    result, _, _ = quantized(name, rng)
    steps = result.model.program.spec.steps
    convolutions = [step for step in steps if step.op in ("conv_s8", "depthwise_s8")]
    assert len(convolutions) >= 3
    written = [step for step in convolutions if "output_scale" in step.attributes]
    # Not those whose only reader is float, or takes a number per channel.
    assert len(written) >= len(convolutions) - (3 if name == "mobile" else 1)
    assert sum(step.op == "quantize_s8" for step in steps) <= 1  # the image, to be turned


@pytest.mark.parametrize("name", NETWORKS)
def test_the_same_bits_whatever_runs_it(name, rng, tmp_path):
    result, x, _ = quantized(name, rng)
    (expected,) = result.model.run(None, {"x": x})
    result.save(tmp_path / "model.ff")
    loaded = ff.load(tmp_path / "model.ff", verify=True)
    before = ff.active_isa(), ff.get_threads()
    try:
        for isa in ff.supported_isas():
            ff.use_isa(isa)
            for threads in (1, 3):
                ff.set_threads(threads)
                for model in (result.model, loaded):
                    np.testing.assert_array_equal(model.run(None, {"x": x})[0], expected)
        for row in range(2):
            one = loaded.run(None, {"x": x[row : row + 1]})[0]
            np.testing.assert_array_equal(one, expected[row : row + 1])
    finally:
        ff.use_isa(before[0])
        ff.set_threads(before[1])


def test_calibration_under_any_isa_gives_the_same_model(rng, isa):
    make, shape = NETWORKS["mobile"]
    generator = np.random.default_rng(5)
    model, x = make(generator), generator.normal(size=shape).astype(np.float32)
    result = ff.quantize_model(model, x[8:], calibration_data=x[:8], gate=ANYTHING, threads=2)
    assert result.stats.calibration_rows == 8
    constants = result.model.program.spec.constants
    ff.use_isa(ff.supported_isas()[-1])
    again = ff.quantize_model(model, x[8:], calibration_data=x[:8], gate=ANYTHING, threads=1)
    for one, other in zip(constants, again.model.program.spec.constants, strict=True):
        np.testing.assert_array_equal(one, other)
