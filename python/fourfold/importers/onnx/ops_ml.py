"""Translators of ai.onnx.ml: scalers, linear models, normalisers, and lookups among numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fourfold.importers.onnx.emitter import Emitter
from fourfold.importers.onnx.node import OnnxNode
from fourfold.importers.onnx.refusal import UnsupportedNode
from fourfold.importers.onnx.registry import ML, Result, translates

# What comes behind the scores.
LINKS: Mapping[str, str] = {"NONE": "", "LOGISTIC": "sigmoid", "SOFTMAX": "softmax"}


@translates("Scaler", domain=ML, needs=["binary", "cast"])
def scaler(node: OnnxNode, emitter: Emitter) -> Result:
    """(x - offset) * scale, by column."""
    x = _as_float(node, emitter)
    for name, kind, neutral in (("offset", "sub", 0.0), ("scale", "mul", 1.0)):
        values = node.reals(name, (neutral,))
        x = emitter.emit("binary", x, emitter.constant(values, np.float32, name), kind=kind)
    return x


@translates("LinearRegressor", domain=ML, needs=["linear", "cast"])
def linear_regressor(node: OnnxNode, emitter: Emitter) -> Result:
    """X @ coefficients' + intercepts."""
    targets = node.integer("targets", 1)
    return _linked(_scores(node, emitter, targets), node, emitter)


@translates(
    "LinearClassifier", domain=ML, needs=["linear", "cast", "arg_reduce", "gather", "concat"]
)
def linear_classifier(node: OnnxNode, emitter: Emitter) -> Result:
    """The class of the highest score, and the scores behind their link.

    Two classes may have one column of scores, that of the second. As onnxruntime has it, the
    second wins if that is above 0, the first's is 1 less it, and a softmax is not taken.
    """
    if not node.has("classlabels_ints"):
        raise UnsupportedNode("its classes are strings")
    labels = node.integers("classlabels_ints")
    columns = len(node.reals("coefficients")) // _columns(node)
    scores = _scores(node, emitter, columns)
    if len(labels) == 2 and columns == 1:
        is_softmax = node.text("post_transform") == "SOFTMAX"
        linked = scores if is_softmax else _linked(scores, node, emitter)
        scores, linked = _both(0, scores, emitter), _both(1, linked, emitter)
    elif len(labels) == columns:
        linked = _linked(scores, node, emitter)
    else:
        raise UnsupportedNode(f"{len(labels)} classes, {columns} columns of scores")
    best = emitter.emit("arg_reduce", scores, kind="max", axis=1, keepdims=0, select_last_index=0)
    return emitter.emit("gather", emitter.integers(*labels), best, axis=0), linked


@translates("Normalizer", domain=ML, needs=["reduce", "binary", "where", "cast"])
def normalizer(node: OnnxNode, emitter: Emitter) -> Result:
    """Rows by their largest value, the sum of magnitudes or the Euclidean norm; of zeros zeros."""
    x = _as_float(node, emitter)
    norms, norm = {"MAX": "max", "L1": "l1", "L2": "l2"}, node.text("norm")
    if norm not in norms:
        raise ValueError(f"attribute 'norm': expected one of {list(norms)}, received {norm[:60]!r}")
    kind = norms[norm]
    axes = emitter.integers(-1)
    norm = emitter.emit("reduce", x, axes, kind=kind, keepdims=1, noop_with_empty_axes=0)
    zero, one = (emitter.constant(value, np.float32) for value in (0, 1))
    is_zero = emitter.emit("binary", norm, zero, kind="equal")
    return emitter.emit("binary", x, emitter.emit("where", is_zero, one, norm), kind="div")


@translates("ArrayFeatureExtractor", domain=ML, needs=["gather", "reshape"])
def array_feature_extractor(node: OnnxNode, emitter: Emitter) -> Result:
    """Columns by number; of a vector one row of them."""
    indices = emitter.emit("reshape", node.input(1), emitter.integers(-1), allow_zero=0)
    columns = emitter.emit("gather", node.input(0), indices, axis=-1)
    if node.rank() != 1:
        return columns
    return emitter.emit("reshape", columns, emitter.integers(1, -1), allow_zero=0)


@translates("Binarizer", domain=ML, needs=["binary", "cast"])
def binarizer(node: OnnxNode, emitter: Emitter) -> Result:
    """1 above a threshold, else 0."""
    threshold = emitter.constant(node.real("threshold"), node.dtype(), "threshold")
    above = emitter.emit("binary", node.input(0), threshold, kind="greater")
    return emitter.emit("cast", above, to=node.output_dtype() or node.dtype())


@translates("FeatureVectorizer", domain=ML, needs=["concat", "cast"])
def feature_vectorizer(node: OnnxNode, emitter: Emitter) -> Result:
    """All columns side by side, as float32."""
    if any(node.rank(index) != 2 for index in range(len(node.inputs))):
        raise UnsupportedNode("inputs that are not rows")
    parts = [_as_float(node, emitter, index) for index in range(len(node.inputs))]
    return emitter.emit("concat", *parts, axis=1)


def _as_float(node: OnnxNode, emitter: Emitter, index: int = 0) -> str:
    """Return an input as float32: these ops take integers too, and answer in float32."""
    x = node.input(index)
    return x if node.dtype(index) == "float32" else emitter.emit("cast", x, to="float32")


def _columns(node: OnnxNode) -> int:
    """Return how many columns the input has."""
    columns = (node.shape() or (None,))[-1]
    if not isinstance(columns, int) or columns < 1:
        raise UnsupportedNode("the number of columns is not known")
    return columns


def _scores(node: OnnxNode, emitter: Emitter, targets: int) -> str:
    """Add x @ coefficients' + intercepts; the coefficients are [targets, columns], flattened."""
    coefficients = np.array(node.reals("coefficients"), np.float32)
    if targets < 1 or coefficients.size == 0 or coefficients.size % targets:
        raise UnsupportedNode(f"{coefficients.size} coefficients for {targets} targets")
    weight = coefficients.reshape(targets, -1).T
    bias = node.reals("intercepts", (0.0,) * targets)
    return emitter.emit(
        "linear",
        _as_float(node, emitter),
        emitter.constant(np.ascontiguousarray(weight), np.float32, "coefficients"),
        emitter.constant(bias, np.float32, "intercepts"),
        activation="identity",
        alpha=0.0,
    )


def _linked(scores: str, node: OnnxNode, emitter: Emitter) -> str:
    """Add what ``post_transform`` says."""
    name = node.text("post_transform")
    if name not in LINKS:
        raise UnsupportedNode(f"post_transform {name}")
    kind = LINKS[name]
    return emitter.emit("activation", scores, kind=kind, alpha=0.0) if kind else scores


def _both(whole: int, second: str, emitter: Emitter) -> str:
    """Add the first of two classes' column, ``whole - second``, before the second's."""
    total = emitter.constant(whole, np.float32, "whole")
    first = emitter.emit("binary", total, second, kind="sub")
    return emitter.emit("concat", first, second, axis=1)
