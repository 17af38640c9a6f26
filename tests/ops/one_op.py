"""Programs of one op."""

from fourfold import _core


def run_op(op, *arrays, outputs=1, constants=(), **attributes):
    """Run ``op`` on the arrays, None for an absent input, as inputs of sizes known by the call.

    Inputs whose places are in ``constants`` are constants of the program instead.
    """
    given = [i for i, array in enumerate(arrays) if array is not None and i not in constants]
    order = [*given, *constants]
    inputs = [(f"input{i}", arrays[i].dtype.name, (None,) * arrays[i].ndim) for i in given]
    operands = tuple(None if a is None else order.index(i) for i, a in enumerate(arrays))
    results = tuple(range(len(order), len(order) + outputs))
    steps = [(op, operands, results, attributes)]
    program = _core.Program(inputs, [arrays[i] for i in constants], steps, results)
    return program(*[arrays[i] for i in given])
