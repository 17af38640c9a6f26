"""An embedding and a linear layer that share one table, as language models have it."""

import numpy as np
import pytest

import fourfold as ff

pytest.importorskip("onnx", reason="needs onnx")
ort = pytest.importorskip("onnxruntime", reason="the baseline of ONNX models")

from onnx_quantize.onnx_networks import FLOAT, INT64, Builder  # noqa: E402  needs onnx

ROWS = 700
# Stored plain, with scales and biases in 16 bits and in 32; and packed, with rows padded to 704 and
# columns to 128.
SHALLOWER, SHALLOW, DEEP = 71, 72, 120
ANY_SPEED = ff.Gate(min_speedup=0)


def stored(columns):
    """The bytes of the table, of a scale for each row, and of a bias."""
    plain = ROWS * (columns + 2 * scale_bytes(columns))
    return plain if columns != DEEP else 704 * (128 + 8)


def scale_bytes(columns):
    return 2 if columns == SHALLOWER else 4


def tied_model(rng, form, columns=SHALLOW):
    """Words by number, through tanh, to a score for each word."""
    made = Builder(rng)
    made.weight("table", ROWS, columns, scale=0.3)
    made.node("Gather", "table", "ids", out="words")
    made.node("Tanh", "words", out="h")
    if form == "node":
        made.node("Transpose", "table", out="turned", perm=[1, 0])
        made.node("MatMul", "h", "turned", out="y")
    elif form == "attribute":
        made.node("Gemm", "h", "table", out="y", transB=1)
    else:
        values = np.frombuffer(made.initializers[0].raw_data, np.float32)
        made.constant("copy", values.reshape(ROWS, columns).T.copy())
        made.node("MatMul", "h", "copy", out="y")
    return made.model([("ids", INT64, ["N"])], [("y", FLOAT, ["N", ROWS])])


@pytest.mark.parametrize("columns", [SHALLOWER, SHALLOW, DEEP])
@pytest.mark.parametrize("form", ["node", "attribute", "copy"])
def test_the_table_is_stored_once(rng, form, columns, tmp_path):
    model = tied_model(rng, form, columns)
    ids = rng.integers(-ROWS, ROWS, 50)
    result = ff.quantize_model(model, [{"ids": ids}], gate=ANY_SPEED)
    assert result.accepted, result.reasons
    assert [layer.precision for layer in result.layers] == ["int8", "int8"]
    assert result.stats.quantized_size == stored(columns)
    copies = 2 if form == "copy" else 1
    assert result.stats.original_size == copies * 4 * ROWS * columns
    assert result.stats.int8_weight_share == 1
    result.save(tmp_path / "model.ff")
    (expected,) = result.model.run(None, {"ids": ids})
    (loaded,) = ff.load(tmp_path / "model.ff").run(None, {"ids": ids})
    np.testing.assert_array_equal(loaded, expected)


@pytest.mark.parametrize("columns", [SHALLOWER, SHALLOW, DEEP])
def test_the_bits_are_those_of_two_tables(rng, columns):
    model = tied_model(rng, "copy", columns)
    ids = rng.integers(0, ROWS, 50)
    tied = ff.quantize_model(model, [{"ids": ids}], gate=ANY_SPEED).model
    copy = model.graph.initializer[1]
    values = np.frombuffer(copy.raw_data, np.float32).copy()
    # What no scale and no rounding sees: of a column, the value nearest to a step below the last.
    column = values.reshape(columns, ROWS)[:, 5]
    steps = column / (np.abs(column).max() / 127)
    from_step = np.where(np.abs(steps) < 126, np.abs(steps - np.rint(steps)), np.inf)
    row = from_step.argmin()
    column[row] = np.nextafter(column[row], np.float32(9))
    copy.raw_data = values.tobytes()
    apart = ff.quantize_model(model, [{"ids": ids}], gate=ANY_SPEED)
    assert apart.stats.quantized_size == stored(columns) + ROWS * (columns + scale_bytes(columns))
    (one,), (other,) = (session.run(None, {"ids": ids}) for session in (tied, apart.model))
    np.testing.assert_array_equal(one, other)


def test_what_stays_in_float_is_not_tied(rng):
    model = tied_model(rng, "node")
    ids = rng.integers(0, ROWS, 50)
    for kept in ("words_Gather", "y_MatMul"):
        config = ff.QuantizationConfig(keep_float=(kept,))
        result = ff.quantize_model(model, [{"ids": ids}], config=config)
        assert result.stats.quantized_size > stored(SHALLOW)
        assert result.stats.int8_weight_share == 0.5
