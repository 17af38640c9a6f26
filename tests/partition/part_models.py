"""Models that the engine cannot run alone, and what quantizing makes of them."""

import numpy as np
from onnx import numpy_helper

import fourfold as ff
from onnx_models import model

ANY_SPEED = ff.Gate(min_speedup=0)
PRODUCTS = """(float[N, 64] x) => (float[N, 10] y) {
    h = MatMul (x, w1)  r = Relu (h)  s = ReduceSum <keepdims = 0> (r)
    zero = Constant <value_float = 0.0> ()  c = Greater (s, zero)
    g = If (c) <
        then_branch = yes () => (float[K, 256] t) { t = Identity (r) },
        else_branch = no () => (float[K, 256] e) { e = MatMul (r, w3) }
    >
    y = MatMul (g, w2)
}"""
IMAGES = """(float[N, 16, 12, 12] x, bool c) => (float[N, 10] y) {
    a = Conv <kernel_shape = [3, 3]> (x, k1)  b = Relu (a)
    d = If (c) <
        then_branch = yes () => (float[K, 32, 10, 10] t) { t = Identity (b) },
        else_branch = no () => (float[K, 32, 10, 10] e) { e = Neg (b) }
    >
    f = Conv <kernel_shape = [3, 3]> (d, k2)  r = Relu (f)
    p = GlobalAveragePool (r)  q = Flatten (p)  y = MatMul (q, w)
}"""


# What the sum, or its argument, has for axes.
ANY_RANK = """(float[N, 3] x, bool c) => (float y) {
    b = If (c) <
        then_branch = yes () => (float t) { t = Identity (x) },
        else_branch = no () => (float e) { e = ReduceSum <keepdims = 0> (x) }
    >
    y = Neg (b)
}"""
GELU = """(float[N, 64] x) => (float[N, 32] y) {
    h = MatMul (x, w1)  g = com.microsoft.BiasGelu (h, b)  y = MatMul (g, w2)
}"""


def with_weights(text, rng, **shapes):
    proto = model(text, imports=', "com.microsoft" : 1')
    for name, shape in shapes.items():
        weight = rng.normal(size=shape).astype(np.float32) * np.prod(shape[1:]) ** -0.5
        proto.graph.initializer.append(numpy_helper.from_array(weight.astype(np.float32), name))
    return proto


def products(rng):
    return with_weights(PRODUCTS, rng, w1=(64, 256), w2=(256, 10), w3=(256, 256))


def images(rng):
    return with_weights(IMAGES, rng, k1=(32, 16, 3, 3), k2=(64, 32, 3, 3), w=(64, 10))


def quantized_gelu(rng):
    x = rng.normal(size=(128, 64)).astype(np.float32)
    proto = with_weights(GELU, rng, w1=(64, 256), b=(256,), w2=(256, 32))
    result = ff.quantize_model(proto, x, gate=ANY_SPEED)
    assert result.accepted, result.reasons
    return x, result


def quantized_products(rng, **arguments):
    x = rng.normal(size=(128, 64)).astype(np.float32)
    proto = products(rng)
    # The branch's weights stay in float32, and weigh more than all others.
    gate = ff.Gate(min_speedup=0, min_compression=1)
    result = ff.quantize_model(proto, x, gate=gate, **arguments)
    assert result.accepted, result.reasons
    return proto, x, result
