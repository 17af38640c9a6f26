"""ONNX element types: how the engine holds each, and how messages and sessions write it.

float16 and bfloat16 are computed in float32, so a value of either is a float32 value inside the
graph: only the graph's inputs and outputs, and what a Cast rounds, are ever stored in half
precision. 4-bit and 2-bit integers exist as constants alone, held in int8 and uint8.
"""

from __future__ import annotations

from onnx import TensorProto, TypeProto, helper

HALF: dict[int, str] = {TensorProto.FLOAT16: "float16", TensorProto.BFLOAT16: "bfloat16"}

# The dtype of a value inside the graph, as NumPy names it.
ENGINE: dict[int, str] = {
    TensorProto.FLOAT: "float32",
    TensorProto.DOUBLE: "float64",
    TensorProto.BOOL: "bool",
    TensorProto.INT8: "int8",
    TensorProto.INT16: "int16",
    TensorProto.INT32: "int32",
    TensorProto.INT64: "int64",
    TensorProto.UINT8: "uint8",
    TensorProto.UINT16: "uint16",
    TensorProto.UINT32: "uint32",
    TensorProto.UINT64: "uint64",
    **dict.fromkeys(HALF, "float32"),
}

# Those that only a constant may have.
CONSTANT_ONLY: dict[int, str] = {
    TensorProto.INT4: "int8",
    TensorProto.INT2: "int8",
    TensorProto.UINT4: "uint8",
    TensorProto.UINT2: "uint8",
}

Shape = tuple[int | str | None, ...]


def element_name(element: int) -> str:
    """Return an element type as onnxruntime writes it: "float", "int64", "float8e4m3fn"."""
    names: dict[int, str] = {TensorProto.FLOAT: "float", TensorProto.DOUBLE: "double"}
    if element not in TensorProto.DataType.values():
        return f"unknown {element}"
    return names.get(element) or str(TensorProto.DataType.Name(element)).lower()


def element_bits(element: int) -> int:
    """Return how many bits an element takes as ONNX stores it; 0 of no fixed size."""
    no_size = (TensorProto.UNDEFINED, TensorProto.STRING)
    if element in no_size or element not in TensorProto.DataType.values():
        return 0
    name = TensorProto.DataType.Name(element)
    for bits in (2, 4):
        if name in (f"INT{bits}", f"UINT{bits}") or name.startswith(f"FLOAT{bits}"):
            return bits
    return 8 * helper.tensor_dtype_to_np_dtype(element).itemsize


def type_name(value: TypeProto) -> str:
    """Return a type as onnxruntime writes it: "tensor(float)", "seq(tensor(int64))"."""
    kind = value.WhichOneof("value")
    if kind == "tensor_type":
        return f"tensor({element_name(value.tensor_type.elem_type)})"
    if kind == "sequence_type":
        return f"seq({type_name(value.sequence_type.elem_type)})"
    if kind == "optional_type":
        return f"optional({type_name(value.optional_type.elem_type)})"
    if kind == "map_type":
        key, held = value.map_type.key_type, value.map_type.value_type
        return f"map({element_name(key)},{type_name(held)})"
    return "nothing" if kind is None else kind.replace("_type", "")


def parse_type(text: str) -> TypeProto:
    """Return the type that `type_name` writes so; shapes are not part of it.

    Raises
    ------
    ValueError
        If the text names no type.
    """
    kind, _, inner = text.strip().removesuffix(")").partition("(")
    value = TypeProto()
    if kind == "tensor":
        value.tensor_type.elem_type = _element_named(inner)
    elif kind == "seq":
        value.sequence_type.elem_type.CopyFrom(parse_type(inner))
    elif kind == "optional":
        value.optional_type.elem_type.CopyFrom(parse_type(inner))
    elif kind == "map":
        key, _, held = inner.partition(",")
        value.map_type.key_type = _element_named(key)
        value.map_type.value_type.CopyFrom(parse_type(held))
    else:
        raise ValueError(f"expected a type such as 'tensor(float)', received {text!r}")
    return value


def _element_named(name: str) -> int:
    for element in TensorProto.DataType.values():
        if element_name(element) == name:
            return int(element)
    raise ValueError(f"expected an element type of ONNX, received {name!r}")


def element_type(value: TypeProto | None) -> int:
    """Return the element type of a tensor's type; UNDEFINED (0) for what is no tensor."""
    if value is None or value.WhichOneof("value") != "tensor_type":
        return TensorProto.UNDEFINED
    return value.tensor_type.elem_type


def shape_of(value: TypeProto | None) -> Shape | None:
    """Return a tensor's shape: sizes, names, None for unnamed; None if even the rank is open."""
    if value is None or not value.tensor_type.HasField("shape"):
        return None
    return tuple(
        dim.dim_value if dim.HasField("dim_value") else dim.dim_param or None
        for dim in value.tensor_type.shape.dim
    )


def with_open_sizes(value: TypeProto) -> TypeProto:
    """Return a tensor's type where negative sizes are open: some converters write -1 for them."""
    opened = TypeProto()
    opened.CopyFrom(value)
    if opened.WhichOneof("value") == "tensor_type":
        for dim in opened.tensor_type.shape.dim:
            if dim.dim_value < 0:
                dim.Clear()
    return opened


def static_shape(value: TypeProto | None) -> tuple[int, ...] | None:
    """Return a tensor's shape if every size of it is known, else None."""
    shape = shape_of(value)
    if shape is None:
        return None
    sizes = tuple(size for size in shape if isinstance(size, int) and size >= 0)
    return sizes if len(sizes) == len(shape) else None


def tensor_type(element: int, shape: tuple[int, ...]) -> TypeProto:
    """Return the type of a tensor of a known shape."""
    value = TypeProto()
    value.tensor_type.elem_type = element
    value.tensor_type.shape.SetInParent()
    for size in shape:
        value.tensor_type.shape.dim.add().dim_value = size
    return value
