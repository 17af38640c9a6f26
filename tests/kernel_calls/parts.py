"""What calls of kernels are made of."""

import numpy as np

# Around vectors of 4, 8 and 16 lanes, 32 virtual lanes, 64 depths, and four vectors of 16.
WIDTHS = [1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 49, 63, 64, 65, 97, 130]


def int8(rng, *shape):
    return rng.integers(-127, 128, shape, dtype=np.int8)


def float32(rng, *shape):
    return rng.standard_normal(shape, np.float32)


def writing(kernel, *shape, results=1, dtype=np.float32):
    """A function that has `out`, of a kernel that is given the arrays that it writes, in order."""

    def run(*operands, out=None, **options):
        outs = out if isinstance(out, tuple) else (out,)
        if out is None:
            outs = tuple(np.empty(shape, dtype) for _ in range(results))
        kernel(*operands, *outs, **options)
        return outs if results > 1 else outs[0]

    return run
