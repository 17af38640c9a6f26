"""Float graphs of convolutions, channels last, written node by node, and calibrated."""

import numpy as np

from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.ir import Graph, Node, TensorInfo
from fourfold.graph.passes.lower import lower
from fourfold.quantization.build import quantize_layers
from fourfold.quantization.calibrate import calibrate
from fourfold.quantization.static_forms import choose_forms
from fourfold.quantization.static_joins import fuse_joins
from fourfold.quantization.static_write import write_forms

CHANNELS = 8


class Drawing:
    """A graph in the making, on images [N, height, width, 8]; every value is named by its maker."""

    def __init__(self, rng):
        self.rng = rng
        self.nodes = []
        self.constants = {}
        self.int8 = set()

    def conv(self, x, out, *, filters=CHANNELS, channels=CHANNELS, size=3, group=1, **attributes):
        """A convolution that may run in INT8, with a bias, the output as large as the input."""
        more = {key: attributes.pop(key) for key in ("residual",) if key in attributes}
        shape = (filters, channels // group, size, size)
        scale = np.prod(shape[1:]) ** -0.5
        self.constants[f"{out}.w"] = self.rng.normal(scale=scale, size=shape).astype(np.float32)
        self.constants[f"{out}.b"] = self.rng.normal(scale=0.2, size=filters).astype(np.float32)
        inputs = (x, f"{out}.w", f"{out}.b", *more.values())
        self.int8.add(out)
        reach = (size // 2,) * 4
        return self.node(
            "conv",
            *inputs,
            out=out,
            kernel_shape=(size, size),
            pads=reach,
            group=group,
            layout="nhwc",
            **attributes,
        )

    def constant(self, name, array):
        self.constants[name] = np.asarray(array)
        return name

    def node(self, op, *inputs, out, **attributes):
        self.nodes.append(Node(op, inputs, (out,), attributes, out))
        return out

    def graph(self, *outputs):
        x = TensorInfo("x", "float32", (None, None, None, CHANNELS))
        return Graph((x,), tuple(self.nodes), outputs, self.constants)


class Int8:
    """A drawing in INT8: what became of its values, and how far its outputs moved."""

    def __init__(self, drawing, *outputs, size=9):
        graph = drawing.graph(*outputs)
        self.x = drawing.rng.normal(size=(2, size, size, CHANNELS)).astype(np.float32)
        calibration = calibrate(graph, [[self.x]])
        graph = fuse_joins(graph, calibration.dtypes)
        self.forms = choose_forms(graph, drawing.int8, calibration)
        self.float_graph = graph
        self.graph = write_forms(graph, self.forms, calibration)
        quantized = quantize_layers(self.graph, drawing.int8)
        self.program = CompiledProgram(lower(self.graph, quantized))
        self.float_program = CompiledProgram(lower(graph, {}))

    @property
    def scales(self):
        return {name: form.scale for name, form in self.forms.values.items()}

    def ops(self):
        return [node.op for node in self.graph.nodes]

    def error(self):
        """The relative distance of the first output from the float graph's."""
        found, expected = (program(self.x) for program in (self.program, self.float_program))
        if isinstance(found, tuple):
            found, expected = found[0], expected[0]
        return np.linalg.norm(found - expected) / np.linalg.norm(expected)
