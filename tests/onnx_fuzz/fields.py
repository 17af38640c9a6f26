"""Odd values, and protobuf fields and attributes that are given them."""

import onnx
from google.protobuf.descriptor import FieldDescriptor
from onnx import AttributeProto, helper

INTEGERS = (
    *(-(2**63), -(2**31) - 1, -(2**31), -(2**16), -100, -3, -2, -1, 0, 1, 2, 3, 4, 5, 7, 16, 17),
    *(100, 255, 256, 1000, 2**16, 2**20, 2**31 - 1, 2**31, 2**32, 2**40, 2**61, 2**62, 2**63 - 1),
)
REALS = (float("nan"), float("inf"), -float("inf"), 0.0, -0.0, 1.0, -1.0, 0.5, 1e-45, 3e38, 1e9)
TEXTS = ("", "x", "Relu", "axis", "../../etc/passwd", "/etc/passwd", "SAME_UPPER", "a" * 5000, "é")
INTEGER_TYPES = (FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_INT64)


def edit_field(rng, model):
    """Clear, set, repeat, drop or move one field anywhere."""
    message = rng.choice(list(_messages(model)))
    descriptor = rng.choice(message.DESCRIPTOR.fields)
    if not descriptor.is_repeated:
        if rng.random() < 0.2 or descriptor.message_type:
            message.ClearField(descriptor.name)
        else:
            setattr(message, descriptor.name, _odd(rng, descriptor))
        return
    values = getattr(message, descriptor.name)
    kind = rng.choice(("add", "drop", "change", "change", "swap"))
    if kind == "add" or not values:
        if descriptor.message_type:
            if values:
                values.add().CopyFrom(rng.choice(values))
        else:
            values.append(_odd(rng, descriptor))
    elif kind == "drop":
        del values[rng.randrange(len(values))]
    elif kind == "change" and not descriptor.message_type:
        values[rng.randrange(len(values))] = _odd(rng, descriptor)
    else:
        kept = list(values)
        rng.shuffle(kept)
        del values[:]
        values.extend(kept)


def edit_attribute(rng, node):
    """Change a number of an attribute of a node, its kind, or give the node one more."""
    if not node.attribute or rng.random() < 0.4:
        name, kind = rng.choice(_known_attributes(node))
        kept = [item for item in node.attribute if item.name != name]
        del node.attribute[:]
        node.attribute.extend([*kept, helper.make_attribute(name, _attribute_value(rng, kind))])
        return
    item = rng.choice(node.attribute)
    if rng.random() < 0.1:
        item.type = rng.choice(AttributeProto.AttributeType.values())
    elif item.type == AttributeProto.INT:
        item.i = rng.choice(INTEGERS)
    elif item.type == AttributeProto.FLOAT:
        item.f = rng.choice(REALS)
    elif item.type == AttributeProto.INTS:
        for place in range(len(item.ints)):
            if rng.random() < 0.5:
                item.ints[place] = rng.choice(INTEGERS)
        if rng.random() < 0.3:
            item.ints.append(rng.choice(INTEGERS))
    else:
        node.attribute.remove(item)


def _known_attributes(node):
    """Return the attributes that a node may have, each with its kind."""
    domain = "" if node.domain == "ai.onnx" else node.domain
    if not onnx.defs.has(node.op_type, domain):
        return [("axis", AttributeProto.INT)]
    attributes = onnx.defs.get_schema(node.op_type, domain).attributes.values()
    found = [(item.name, int(item.type)) for item in attributes]
    return found or [("axis", AttributeProto.INT)]


def _attribute_value(rng, kind):
    """Return a value of a kind, or now and then of any."""
    makers = {
        AttributeProto.INT: lambda: rng.choice(INTEGERS),
        AttributeProto.FLOAT: lambda: rng.choice(REALS),
        AttributeProto.STRING: lambda: rng.choice(TEXTS),
        AttributeProto.INTS: lambda: _list(rng, rng.choice((INTEGERS, (-1, 0, 1, 2, 3)))),
        AttributeProto.FLOATS: lambda: _list(rng, REALS),
    }
    if kind not in makers or rng.random() < 0.05:
        kind = rng.choice(list(makers))
    return makers[kind]()


def _list(rng, values):
    return [rng.choice(values) for _ in range(rng.randrange(1, 7))]


def _messages(message):
    """Yield a message and all messages in it."""
    yield message
    for descriptor, value in message.ListFields():
        if descriptor.message_type:
            for inner in value if descriptor.is_repeated else [value]:
                yield from _messages(inner)


def _odd(rng, descriptor):
    kind = descriptor.cpp_type
    if kind == FieldDescriptor.CPPTYPE_ENUM:
        return rng.choice(descriptor.enum_type.values).number
    if kind in INTEGER_TYPES:
        bits = 31 if kind == FieldDescriptor.CPPTYPE_INT32 else 63
        return max(-(2**bits), min(2**bits - 1, rng.choice(INTEGERS)))
    if kind == FieldDescriptor.CPPTYPE_UINT64:
        return abs(rng.choice(INTEGERS))
    if kind == FieldDescriptor.CPPTYPE_STRING:
        text = rng.choice(TEXTS)
        return text.encode() if descriptor.type == FieldDescriptor.TYPE_BYTES else text
    return rng.choice(REALS)
