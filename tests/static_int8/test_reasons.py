"""Why convolutions stay in float32, in sentences; and what that leaves of the model."""

import numpy as np
import pytest

import fourfold as ff
from networks import ANYTHING

pytest.importorskip("onnx", reason="needs onnx")

from onnx import numpy_helper

from static_int8.conv_networks import NETWORKS, ConvBuilder, residual


def reasons(result):
    return {layer.name: layer.reason for layer in result.layers if layer.reason}


def quantize(model, *data, **options):
    return ff.quantize_model(model, *data, gate=ANYTHING, threads=1, **options)


def fixed_batch(channels=3):
    """A network for one image only."""
    made = ConvBuilder(np.random.default_rng(1))
    x = made.relu(made.conv("x", 64, channels, out="a"))
    made.conv(x, 64, 64, out="y")
    model = made.images(("y", 4), channels=channels)
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    return model


def test_nothing_to_calibrate_on(rng):
    x = rng.normal(size=(1, 3, 8, 8)).astype(np.float32)
    result = ff.quantize_model(fixed_batch(), x)
    assert not result.accepted
    for reason in reasons(result).values():
        assert reason.endswith("pass calibration_data")
    assert any("pass calibration_data" in reason for reason in result.reasons)
    assert result.stats.calibration_rows == 0
    helped = quantize(fixed_batch(), x, calibration_data=[x, x + 1])
    assert helped.accepted, helped.reasons
    assert not reasons(helped)
    assert (helped.stats.rows, helped.stats.calibration_rows) == (1, 2)


def test_a_layer_that_is_kept(rng):
    x = rng.normal(size=(10, 3, 16, 16)).astype(np.float32)
    config = ff.QuantizationConfig(keep_float=["b0_Conv"])
    result = quantize(residual(rng), x, config=config)
    assert reasons(result) == {"b0_Conv": "the configuration keeps it in float32"}
    kept = next(layer for layer in result.layers if layer.reason)
    assert kept.original_bytes == kept.quantized_bytes == 4 * (64 * 64 * 9 + 64)
    unknown = quantize(residual(rng), x, config=ff.QuantizationConfig(keep_float=["conv"]))
    assert "keep_float names ['conv']" in unknown.reasons[0]


def test_convolutions_that_are_all_kept_need_no_calibration(rng):
    model = fixed_batch()
    x = rng.normal(size=(1, 3, 8, 8)).astype(np.float32)
    config = ff.QuantizationConfig(keep_float=["a_Conv", "y_Conv"])
    result = ff.quantize_model(model, x, config=config)
    assert set(reasons(result).values()) == {"the configuration keeps it in float32"}
    assert result.model is model


def power_spectrum(rng, rows):
    """[rows, 32, 40], as of sound: a few of the first bins are 5,000 times as large as the rest."""
    spectrum = rng.uniform(0.5, 1.5, size=(rows, 32, 40))
    spectrum[:, 0] *= 5000
    return spectrum.astype(np.float32)


def spectral(rng):
    """A convolution that looks away from the large bin, as a trained one does; and one more."""
    made = ConvBuilder(rng)
    x = made.conv("x", 64, 32, axes=1, out="a")
    weight = numpy_helper.to_array(made.initializers[0]).copy()
    weight[:, 0] *= 1e-4
    made.initializers[0] = numpy_helper.from_array(weight, "a_w")
    made.conv(made.relu(x), 64, 64, axes=1, out="y")
    return made.images(("y", 3), channels=32, axes=1)


def test_a_range_that_int8_cannot_hold(rng):
    result = quantize(spectral(rng), power_spectrum(rng, 10))
    assert result.accepted, result.reasons
    ((name, reason),) = reasons(result).items()
    assert name == "a_Conv"
    assert reason.startswith("INT8 would change its output by ")
    assert reason.endswith("% on the calibration data, more than 15 %")
    layers = {layer.name: layer for layer in result.layers}
    assert layers["a_Conv"].output_error > 0.15 > layers["y_Conv"].output_error
    assert result.stats.accuracy_loss < 3


def test_a_float_layer_that_several_convolutions_read(rng):
    made = ConvBuilder(rng)
    x = made.relu(made.conv("x", 64, 3, out="a"))
    parts = [made.conv(x, 64, 64, out=name) for name in ("b", "c")]
    model = made.images((made.node("Add", *parts, out="y"), 4))
    images = rng.normal(size=(20, 3, 12, 12)).astype(np.float32)
    result = quantize(model, images, config=ff.QuantizationConfig(keep_float=["a_Conv"]))
    assert reasons(result) == {"a_Conv": "the configuration keeps it in float32"}
    assert result.stats.accuracy_loss < 3


def test_groups_of_few_channels(rng):
    made = ConvBuilder(rng)
    x = made.relu(made.conv("x", 64, 3, out="a"))
    x = made.relu(made.conv(x, 64, 64, group=32, out="grouped"))
    x = made.relu(made.conv(x, 128, 64, group=64, out="doubled"))
    made.conv(x, 64, 128, out="y")
    model = made.images(("y", 4))
    # A fifth of them calibrates: of 10 that is 2, whose ranges some draws go far beyond.
    result = quantize(model, rng.normal(size=(50, 3, 12, 12)).astype(np.float32))
    found = reasons(result)
    assert set(found) == {"grouped_Conv", "doubled_Conv"}
    assert found["grouped_Conv"] == ("its 32 groups have 2 filters each, and INT8 computes 16")
    assert result.stats.accuracy_loss < 5


def test_depthwise_of_few_channels(rng):
    """The kernels take 16 at once: of 4 the rest would be zeros, and in INT8 take longer."""
    made = ConvBuilder(rng)
    x = made.relu(made.conv("x", 8, 3, out="a"))
    x = made.relu(made.conv(x, 8, 8, group=8, out="eight"))
    x = made.relu(made.conv(x, 4, 8, out="b"))
    x = made.relu(made.conv(x, 4, 4, group=4, out="four"))
    made.conv(x, 32, 4, out="y")
    model = made.images(("y", 4))
    found = reasons(quantize(model, rng.normal(size=(50, 3, 12, 12)).astype(np.float32)))
    assert found["four_Conv"] == "it has 4 channels, and INT8 computes 16"
    assert found.get("eight_Conv") != "it has 8 channels, and INT8 computes 16"


def test_weights_that_are_not_finite(rng):
    model = residual(rng)
    weights = {tensor.name: tensor for tensor in model.graph.initializer}
    array = numpy_helper.to_array(weights["b0_w"]).copy()
    array[0, 0, 0, 0] = np.inf
    weights["b0_w"].CopyFrom(numpy_helper.from_array(array, "b0_w"))
    result = ff.quantize_model(model, rng.normal(size=(10, 3, 16, 16)).astype(np.float32))
    assert not result.accepted
    assert reasons(result).get("b0_Conv", "its weights hold NaN or infinity").startswith("its ")


def test_weights_from_outside_are_no_layer(rng):
    made = ConvBuilder(rng)
    made.node("Conv", "x", "w", out="y")
    model = made.model(
        [("x", 1, ["N", 3, "H", "W"]), ("w", 1, [4, 3, 3, 3])], [("y", 1, ["N", 4, "A", "B"])]
    )
    x = {"x": rng.normal(size=(4, 3, 8, 8)), "w": rng.normal(size=(4, 3, 3, 3))}
    feeds = {name: array.astype(np.float32) for name, array in x.items()}
    result = ff.quantize_model(model, feeds)
    assert not result.accepted
    assert not result.layers
    assert result.stats.rows == 4  # none was kept to calibrate on


@pytest.mark.parametrize("name", ["residual", "sound"])
def test_data_of_any_size_calibrate(name, rng):
    make, shape = NETWORKS[name]
    model = make(rng)
    sizes = [(2, *shape[1:]), (1, shape[1], *(size + 7 for size in shape[2:])), (3, *shape[1:])]
    batches = [rng.normal(size=size).astype(np.float32) for size in sizes]
    result = quantize(model, batches[:1] * 2, calibration_data=batches)
    assert result.accepted, result.reasons
    assert (result.stats.rows, result.stats.calibration_rows) == (4, 6)


def test_a_convolution_that_loses_too_much_is_raised(rng):
    """No error that its own sums tell: what it says is later multiplied by a thousand."""
    made = ConvBuilder(rng)
    x = made.relu(made.conv("x", 64, 3, out="a"))
    loud = made.relu(made.conv(x, 64, 64, out="loud"))
    quiet = made.conv(x, 64, 64, out="quiet")
    factor = made.constant("factor", np.array(40, np.float32))
    made.node("Add", made.node("Mul", loud, factor, out="louder"), quiet, out="y")
    model, x = made.images(("y", 4)), rng.normal(size=(10, 3, 16, 16)).astype(np.float32)
    plain = quantize(model, x)
    assert not reasons(plain)
    gate = ff.Gate(
        max_accuracy_loss=0.6 * plain.stats.accuracy_loss, min_compression=0, min_speedup=0
    )
    result = ff.quantize_model(model, x, gate=gate, threads=1)
    assert result.accepted, result.reasons
    found = reasons(result)
    assert set(found.values()) == {"INT8 would lose too much accuracy"}
    assert 0 < len(found) < 3
    assert "quiet_Conv" not in found
