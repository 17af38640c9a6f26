"""ONNX models from text, and their results on the engine."""

from onnx import parser

from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.passes.lower import lower
from fourfold.importers.onnx import import_onnx


def model(body, *, opset=17, functions="", imports=""):
    """Return a model from ONNX's text form: ``(float[N] x) => (float[N] y) { y = Relu (x) }``."""
    text = f'<ir_version: 8, opset_import: ["" : {opset}{imports}]> agraph {body} {functions}'
    return parser.parse_model(text)


def graph_of(source):
    return import_onnx(source).graph


def ops_of(source):
    return [node.op for node in graph_of(source).nodes]


def run(source, *inputs):
    """Return the outputs of a model: one, or a tuple of them."""
    return CompiledProgram(lower(graph_of(source), {}))(*inputs)
