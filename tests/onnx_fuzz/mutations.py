"""Damage to ONNX models: to their bytes, to single protobuf fields, and to what the graph means."""

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

from onnx_fuzz.fields import INTEGERS, REALS, TEXTS, edit_attribute, edit_field

ELEMENTS = tuple(range(27))


def mutate(rng, content):
    """Return the bytes of a model after one to four mutations."""
    model = onnx.ModelProto.FromString(content)
    if rng.random() < 0.5:
        loosen(rng, model)
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
        rng.choice(MUTATIONS)(rng, model)
    content = model.SerializeToString()
    return mutate_bytes(rng, content) if rng.random() < 0.04 else content


def mutate_bytes(rng, content):
    """Flip bits, overwrite, cut off, cut out or insert."""
    raw = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 5))):
        if not raw:
            break
        at, length = rng.randrange(len(raw)), rng.choice((1, 1, 2, 8, 64))
        kind = rng.choice(("flip", "flip", "set", "truncate", "delete", "insert"))
        if kind == "flip":
            raw[at] ^= 1 << rng.randrange(8)
        elif kind == "set":
            raw[at : at + length] = rng.randbytes(length)
        elif kind == "truncate":
            del raw[at:]
        elif kind == "delete":
            del raw[at : at + length]
        else:
            raw[at:at] = rng.randbytes(length)
    return bytes(raw)


def loosen(rng, model):
    """Let inputs have any sizes, and forget what is said of other values: shapes clash in runs."""
    for value in model.graph.input:
        for dim in value.type.tensor_type.shape.dim:
            if rng.random() < 0.8:
                dim.dim_param = rng.choice(("N", "M", "K"))
    for value in model.graph.output:
        for dim in value.type.tensor_type.shape.dim:
            dim.Clear()
    del model.graph.value_info[:]


def edit_tensor(rng, tensor):
    """Change an initializer's shape, type, values, length or place."""
    others = ("dims", "type", "raw", "external", "reshape", "reshape")
    kind = "values" if rng.random() < 0.7 else rng.choice(others)
    if kind == "values":
        array = _values(tensor)
        if array.size and array.dtype.kind in "iuf":
            options = REALS if array.dtype.kind == "f" else INTEGERS
            for _ in range(rng.choice((1, 1, 3))):
                value = rng.choice(options)
                at = rng.randrange(array.size)
                if array.dtype.kind != "f":
                    value = value % 2 ** (8 * array.dtype.itemsize)
                    array.reshape(-1).view(f"u{array.dtype.itemsize}")[at] = value
                else:
                    array.reshape(-1)[at] = min(value, 6e4) if array.itemsize == 2 else value
            tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))
    elif kind == "dims":
        tensor.dims.extend([rng.choice(INTEGERS)] * (not tensor.dims))
        tensor.dims[rng.randrange(len(tensor.dims))] = rng.choice(INTEGERS)
    elif kind == "reshape":
        shape = list(tensor.dims)
        rng.shuffle(shape)
        del tensor.dims[:]
        tensor.dims.extend(rng.choice((shape, [*shape, 1], shape[1:], [])))
    elif kind == "type":
        tensor.data_type = rng.choice(ELEMENTS)
    elif kind == "raw":
        tensor.raw_data = tensor.raw_data[: rng.randrange(len(tensor.raw_data) + 1)]
    else:
        tensor.data_location = TensorProto.EXTERNAL
        for key, options in (("location", TEXTS), ("offset", INTEGERS), ("length", INTEGERS)):
            tensor.external_data.add(key=key, value=str(rng.choice(options)))


def _values(tensor):
    """Return the values of a tensor, none of one that is damaged already."""
    try:
        if tensor.data_location != TensorProto.EXTERNAL:
            return numpy_helper.to_array(tensor).copy()
    except (ValueError, TypeError):
        pass
    return np.zeros(0)


def edit_constant(rng, model):
    """Change an initializer, or the value of a Constant."""
    held = [item.t for node in model.graph.node for item in node.attribute if item.HasField("t")]
    tensors = [*model.graph.initializer, *held]
    if tensors:
        edit_tensor(rng, rng.choice(tensors))


def edit_node(rng, model):
    """Change an attribute of a node."""
    edit_attribute(rng, _node(rng, model))


def edit_type(rng, model):
    """Change the element type or a size of an input, output or value."""
    values = [*model.graph.input, *model.graph.output, *model.graph.value_info]
    if not values:
        return
    tensor = rng.choice(values).type.tensor_type
    if rng.random() < 0.4:
        tensor.elem_type = rng.choice(ELEMENTS)
    elif tensor.shape.dim and rng.random() < 0.8:
        rng.choice(tensor.shape.dim).dim_value = rng.choice(INTEGERS)
    else:
        tensor.shape.dim.add(dim_value=rng.choice(INTEGERS))


def edit_edges(rng, model):
    """Give a node another input, fewer, more, the same twice: cycles, double names, lost values."""
    node, other = _node(rng, model), _node(rng, model)
    names = [value.name for value in [*model.graph.input, *model.graph.initializer]]
    names += [*other.output, *node.output, ""]
    kind = rng.choice(("change", "change", "add", "drop", "output", "duplicate", "op"))
    if kind == "change" and node.input:
        node.input[rng.randrange(len(node.input))] = rng.choice(names)
    elif kind == "add":
        node.input.append(rng.choice(names))
    elif kind == "drop" and node.input:
        del node.input[rng.randrange(len(node.input))]
    elif kind == "output" and node.output:
        node.output[rng.randrange(len(node.output))] = rng.choice(names)
    elif kind == "duplicate":
        model.graph.node.add().CopyFrom(node)
    else:
        node.op_type = rng.choice(OPS)


def edit_opset(rng, model):
    """Say that the model is of another opset or IR version."""
    if model.opset_import and rng.random() < 0.8:
        rng.choice(model.opset_import).version = rng.choice((*range(1, 30), 2**31, -1))
    else:
        model.ir_version = rng.choice(INTEGERS)


OPS = sorted({schema.name for schema in onnx.defs.get_all_schemas()})
MUTATIONS = (
    *(edit_field, edit_type, edit_edges, edit_edges, edit_opset),
    *(edit_node,) * 6,
    *(edit_constant,) * 8,
)


def _node(rng, model):
    return rng.choice(model.graph.node) if model.graph.node else model.graph.node.add()
