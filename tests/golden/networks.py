"""What quantized networks give."""

import fourfold as ff
from fourfold.graph.ir import Graph, Node, TensorInfo
from fourfold.quantization.build import quantize_graph
from golden.inputs import floats, odd_rows, plain

NETWORKS = {
    "odd": ((70, 130, 51, 3), "gelu", "softmax"),
    "wide": ((64, 512, 256, 10), "relu", "log_softmax"),
    "smooth": ((100, 60, 200, 17), "tanh", "identity"),
}


def network(name):
    """One that ``quantize_graph`` made of float32 weights, behind a scaler and a norm."""
    widths, kind, last = NETWORKS[name]
    constants = {
        part: plain(10 + i, widths[0], low=-2)
        for i, part in enumerate(("shift", "scale", "offset"))
    }
    nodes = [
        Node("affine", ("x", "shift", "scale", "offset"), ("scaled",)),
        Node("normalize", ("scaled",), ("h0",), {"norm": "l2"}),
    ]
    for i in range(len(widths) - 1):
        constants[f"w{i}"] = plain(20 + i, widths[i], widths[i + 1], low=-5, high=0)
        constants[f"b{i}"] = plain(30 + i, widths[i + 1], low=-5, high=0)
        nodes.append(Node("linear", (f"h{i}", f"w{i}", f"b{i}"), (f"z{i}",), {}, f"layer{i}"))
        activation = {"kind": last if i == len(widths) - 2 else kind}
        nodes.append(Node("activation", (f"z{i}",), (f"h{i + 1}",), activation))
    inputs = (TensorInfo("x", "float32", (None, widths[0])),)
    graph = Graph(inputs, tuple(nodes), (nodes[-1].outputs[0],), constants)
    program = quantize_graph(graph, ff.QuantizationConfig(keep_float=("layer1",))).program
    for rows in (1, 7, 150):
        yield program(floats(1, rows, widths[0]))
    yield program(odd_rows(2, 20, widths[0]))


CASES = {f"network {name}": lambda name=name: network(name) for name in NETWORKS}
