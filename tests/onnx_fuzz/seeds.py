"""The models that are damaged: those of ONNX's own test-suite, and some whose ops it leaves out."""

from dataclasses import dataclass

import numpy as np
from onnx import numpy_helper
from onnx.backend.test.loader import load_model_tests

from fourfold.importers.onnx.claims import claimed_ops
from onnx_models import model

# A mutation must cost little: models that hold more are left out.
MAX_BYTES = 20_000

TEXTS = (
    "(bool[N, 3] x) => (bool[N, 3] y) { y = Not (x) }",
    "(float[1, 2, 6, 6] x, float[2, 5] r) => (float[2, 2, 3, 3] y) "
    "{ y = MaxRoiPool <pooled_shape = [3, 3], spatial_scale = 0.5> (x, r) }",
    "(float[N, 2] x) => (float[N, 2] y) "
    "{ y = ai.onnx.ml.Scaler <offset = [0.5, 1.0], scale = [2.0, 3.0]> (x) }",
    "(float[N, 2] x) => (float[N, 1] y) { y = ai.onnx.ml.LinearRegressor "
    "<coefficients = [0.5, 1.0], intercepts = [2.0], targets = 1> (x) }",
    "(float[N, 2] x) => (int64[N] y, float[N, 3] z) { y, z = ai.onnx.ml.LinearClassifier "
    "<coefficients = [0.5, 1.0, -1.0, 2.0, 0.25, 0.5], intercepts = [0.0, 1.0, 2.0], "
    'classlabels_ints = [3, 5, 7], post_transform = "SOFTMAX"> (x) }',
    '(float[N, 4] x) => (float[N, 4] y) { y = ai.onnx.ml.Normalizer <norm = "L2"> (x) }',
    "(float[N, 2] x, float[N, 3] z) => (float[N, 5] y) "
    "{ y = ai.onnx.ml.FeatureVectorizer <inputdimensions = [2, 3]> (x, z) }",
    "(int64[N] x) => (int64[N] y) { y = ai.onnx.ml.LabelEncoder "
    "<keys_int64s = [1, 2, 3], values_int64s = [30, 20, 10], default_int64 = -1> (x) }",
    "(float[N, 3, 8, 8] x) => (float[N, 2] y) "
    "<float[4, 3, 3, 3] w, float[4] s, float[4] b, float[4] m, float[4] v, float[4, 2] g> {"
    "  c = Conv <pads = [1, 1, 1, 1], strides = [2, 2]> (x, w)"
    "  n = BatchNormalization (c, s, b, m, v)"
    "  r = Relu (n)"
    "  p = MaxPool <kernel_shape = [2, 2]> (r)"
    "  q = GlobalAveragePool (p)"
    "  f = Flatten (q)"
    "  y = Gemm (f, g) }",
    "(int64[N, T] i) => (float[N, T, 4] y) <float[7, 4] e, float[4, 4] w, float[4] s, float[4] b> {"
    "  x = Gather (e, i)"
    "  n = LayerNormalization (x, s, b)"
    "  q = MatMul (n, w)"
    "  t = Transpose <perm = [0, 2, 1]> (n)"
    "  a = MatMul (q, t)"
    "  p = Softmax (a)"
    "  o = MatMul (p, n)"
    "  y = Add (x, o) }",
    "(float[5, N, 3] x) => (float[5, N, 4] y, float[1, N, 2] h) "
    "<float[1, 8, 3] w, float[1, 8, 2] r, float[1, 16] b, int64[3] z = {0, 0, -1}> {"
    "  o, h = LSTM <hidden_size = 2> (x, w, r, b)"
    "  s = Reshape (o, z)"
    "  y = Concat <axis = -1> (s, s) }",
    "(float[N, 4, 4] x) => (float[A, B] y) <int64[1] one = {1}, float zero = {0.0}> {"
    "  s = Shape (x)"
    "  n = Gather <axis = 0> (s, one)"
    "  m = Range (zero, zero, zero)"
    "  c = ConstantOfShape (s)"
    "  k = Greater (x, c)"
    "  w = Where (k, x, c)"
    "  r = ReduceMean <axes = [1], keepdims = 0> (x)"
    "  y = Expand (r, n) }",
    # As quantizers write it: weights in int8, Quantize- and DequantizeLinear around each layer.
    "(float[N, 2, 5, 5] x) => (float[N, 3] y) "
    "<int8[4, 2, 1, 1] w = {1, -2, 3, -4, 5, -6, 7, 127}, float[4] ws = {0.1, 0.2, 0.3, 0.4}, "
    "int8[4] wz = {0, 0, 0, 0}, int8[4, 1, 3, 3] d = {1, 2, 3, 4, 5, 6, 7, 8, 9, -1, -2, -3, -4, "
    "-5, -6, -7, -8, -9, 9, 8, 7, 6, 5, 4, 3, 2, 1, 11, 22, 33, 44, 55, 66, 77, 88, 99}, "
    "int8[3, 4] g = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, -12}, float gs = {0.05}, "
    "float s = {0.02}, uint8 z = {128}> {"
    "  a = QuantizeLinear (x, s, z)"
    "  b = DequantizeLinear (a, s, z)"
    "  c = DequantizeLinear <axis = 0> (w, ws, wz)"
    "  e = Conv (b, c)"
    "  f = Relu (e)"
    "  h = QuantizeLinear (f, s, z)"
    "  i = DequantizeLinear (h, s, z)"
    "  j = DequantizeLinear <axis = 0> (d, ws, wz)"
    "  k = Conv <group = 4, pads = [1, 1, 1, 1]> (i, j)"
    "  l = Add (k, i)"
    "  m = QuantizeLinear (l, s, z)"
    "  n = DequantizeLinear (m, s, z)"
    "  o = GlobalAveragePool (n)"
    "  p = Flatten (o)"
    "  q = DequantizeLinear (g, gs)"
    "  y = Gemm <transB = 1> (p, q) }",
    "(float[N, 4] x) => (float[N, 2] y) <int8[4, 2] w = {1, 2, 3, 4, 5, -6, 7, 8}, "
    "float[2] ws = {0.5, 0.25}, int8[2] wz = {0, 0}, float[2] b = {1.0, 2.0}> {"
    "  q, s, z = DynamicQuantizeLinear (x)"
    "  i = MatMulInteger (q, w, z, wz)"
    "  f = Cast <to = 1> (i)"
    "  t = Mul (s, ws)"
    "  m = Mul (f, t)"
    "  y = Add (m, b) }",
    "(float[5, N, 3] x) => (float[5, 2, N, 4] y, float[1, N, 2] h) "
    "<float[2, 12, 3] w, float[2, 12, 4] r, float[2, 24] b, float[1, 2, 8] v, float[1, 2, 2] u, "
    "int64[3] z = {5, -1, 8}> {"
    '  y = GRU <hidden_size = 4, direction = "bidirectional", linear_before_reset = 1> (x, w, r, b)'
    "  t = Transpose <perm = [0, 2, 1, 3]> (y)"
    "  s = Reshape (t, z)"
    "  o, h = RNN <hidden_size = 2> (s, v, u) }",
    "(float[N, 4, 6, 6] x) => (float[N, 2, 12, 12] y) "
    "<float[4, 1, 3, 3] d, float[4, 2, 2, 2] t, float[1, 4, 1, 1] g> {"
    "  a = Conv <group = 4, pads = [1, 1, 1, 1], strides = [2, 2]> (x, d)"
    "  h = HardSigmoid <alpha = 0.1666667, beta = 0.5> (a)"
    "  m = Mul (a, h)"
    "  o = Constant <value_floats = [1.0, 2.0, 3.0, 4.0]> ()"
    "  i = InstanceNormalization (m, o, o)"
    "  p = AveragePool <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (i)"
    "  s = Mul (p, g)"
    "  u = ConvTranspose <strides = [2, 2]> (s, t)"
    "  n = Constant <value_floats = [1.0, 1.0, 2.0, 2.0]> ()"
    '  y = Resize <mode = "nearest"> (u, , n) }',
)


@dataclass(frozen=True)
class Seed:
    """A model to damage, and what it is run on."""

    name: str
    proto: object
    feeds: dict


def load_seeds():
    """Return all of them, in an order that is always the same."""
    rng = np.random.default_rng(0)
    made = [_made(f"made {i}", text, rng) for i, text in enumerate(TEXTS)]
    claimed = claimed_ops().keys()
    for test in sorted(load_model_tests(kind="node"), key=lambda test: test.name):
        proto = test.model
        ops = {(node.domain, node.op_type) for node in proto.graph.node}
        if ops <= claimed and proto.ByteSize() <= MAX_BYTES:
            names = [value.name for value in proto.graph.input]
            made.append(Seed(test.name, proto, _arrays(names, test.data_sets[0][0])))
    return made


def _arrays(names, values):
    """Return the suite's inputs by name, without those that are no arrays."""
    pairs = zip(names, values, strict=False)
    return {name: value for name, value in pairs if isinstance(value, np.ndarray | np.generic)}


def _made(name, text, rng):
    proto = model(text, imports=', "ai.onnx.ml" : 4')
    # Initializers without values get some.
    given = {tensor.name for tensor in proto.graph.initializer}
    for value in [*proto.graph.value_info]:
        shape = [dim.dim_value for dim in value.type.tensor_type.shape.dim]
        if value.name not in given:
            array = rng.random(shape, np.float32)
            proto.graph.initializer.append(numpy_helper.from_array(array, value.name))
    return Seed(name, proto, {})


def freeze(proto, feeds):
    """Return a model whose inputs are constants: all of it is folded as it is imported."""
    frozen = type(proto)()
    frozen.CopyFrom(proto)
    kept = [value for value in frozen.graph.input if value.name not in feeds]
    given = [
        numpy_helper.from_array(np.asarray(array), name)
        for name, array in feeds.items()
        if name in {value.name for value in frozen.graph.input}
    ]
    del frozen.graph.input[:]
    frozen.graph.input.extend(kept)
    frozen.graph.initializer.extend(given)
    return frozen


def random_feed(rng, node):
    """Return an array that may fit an input of a session, or None if it would be a large one."""
    shape = [size if isinstance(size, int) else rng.choice((0, 1, 2, 3, 7)) for size in node.shape]
    if not all(size >= 0 for size in shape) or np.prod(shape, dtype=object) > 100_000:
        return None
    generator = np.random.default_rng(rng.randrange(2**32))
    dtype = np.dtype(node.dtype if node.type != "tensor(bfloat16)" else "uint16")
    if dtype.kind == "f":
        return generator.normal(size=shape).astype(dtype)
    low = -3 if dtype.kind == "i" else 0
    return generator.integers(low, 2 if dtype.kind == "b" else 8, shape).astype(dtype)
