"""What recurrent layers give, in float32 and in int8."""

from golden.inputs import plain
from ops.recurrent_layers import Layer

LAYERS = {
    "lstm": {"has_peepholes": True},
    "gru": {"options": {"linear_before_reset": 1}},
    "rnn": {},
}


def layer_of(op, hidden):
    """Return one of both directions whose values are all our own."""
    layer = Layer(op, 4, 5, 70, hidden, "bidirectional", lengths=(4, 1, 3, 4, 2), **LAYERS[op])
    for seed, name in enumerate(("x", "w", "r", "b", "h0", "c0", "p")):
        drawn = getattr(layer, name)
        if drawn is not None:
            setattr(layer, name, plain(seed, *drawn.shape, low=-6, high=-1))
    return layer


def in_float(op):
    for hidden in (1, 17, 64):
        yield from layer_of(op, hidden).run()


def in_int8(op):
    for hidden in (1, 17, 64):
        yield from layer_of(op, hidden).run_s8()


CASES = {
    **{op: lambda op=op: in_float(op) for op in LAYERS},
    **{f"{op} s8": lambda op=op: in_int8(op) for op in ("lstm", "gru")},
}
