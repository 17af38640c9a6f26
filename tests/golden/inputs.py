"""Inputs that are the same whatever the CPU, the C library and the version of NumPy.

They are made by integer arithmetic alone.
"""

import numpy as np


def bits(seed, *shape):
    """Return uint32 that look random: the finalizer of MurmurHash3 over a counter."""
    h = np.arange(np.prod(shape), dtype=np.uint32) + np.uint32(seed * 0x9E3779B9 % 2**32)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        h = (h ^ (h >> np.uint32(shift))) * np.uint32(factor)
    return (h ^ (h >> np.uint32(16))).reshape(shape)


def int8s(seed, *shape):
    return ((bits(seed, *shape) % np.uint32(255)).astype(np.int32) - 127).astype(np.int8)


def plain(seed, *shape, low=-8, high=3):
    """Return float32 of either sign with magnitudes from 2^low up to 2^high."""
    h = bits(seed, *shape)
    exponents = np.uint32(127 + low) + (h >> np.uint32(23)) % np.uint32(high - low)
    signs_and_fractions = bits(seed + 1000, *shape) & np.uint32(0x807FFFFF)
    return (signs_and_fractions | exponents << np.uint32(23)).view(np.float32)


def floats(seed, *shape):
    """Return float32 with zeros of both signs and denormals among them."""
    values = plain(seed, *shape)
    for start, step, pattern in ((0, 11, 0), (5, 13, 0x80000000), (7, 17, 7136)):
        values.view(np.uint32).flat[start::step] = pattern
    return values


def odd_rows(seed, *shape):
    """Return rows of floats with NaN, both infinities and extremes in some."""
    values = floats(seed, *shape)
    patterns = [0x7FC00000, 0x7F800000, 0xFF800000, 0x7F7FFFFF, 0x00000001, 0x0D7FFFFF]
    for row, pattern in enumerate(patterns[: len(values)]):
        values[row, row % values.shape[1]] = np.array(pattern, np.uint32).view(np.float32)
    return values


def padded(values):
    return np.pad(values, (0, -len(values) % 16))
