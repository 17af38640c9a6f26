"""INT8 convolutions whose rows are about as long as those copied with their border, bit for bit."""

import pytest

from guarded import SIDES, guarded, needs_guard_pages
from ops.conv_s8_layers import int8, random_layer
from reference import assert_same_bits

# Attributes, and by how many columns a row with its border is longer than x.
WINDOWS = [
    ((3, 3), {"pads": (1, 1, 1, 1)}, 2),
    ((1, 3), {"pads": (0, 2, 0, 0)}, 2),
    ((2, 4), {"pads": (0, 0, 1, 3), "strides": (1, 2)}, 3),
    ((3, 2), {"pads": (4, 4, 4, 4), "strides": (2, 3)}, 8),
    ((3, 3), {"pads": (1, 1, 1, 1), "dilations": (2, 1)}, 2),
    ((3, 3), {"pads": (2, 2, 2, 2), "dilations": (1, 2)}, 4),
]
COLUMNS = {1: 1024, 3: 341, 16: 64}  # of so many channels, in 1 KiB


@pytest.mark.parametrize("channels", COLUMNS)
@pytest.mark.parametrize("case", range(len(WINDOWS)))
def test_lengths(isa, rng, case, channels):
    sizes, attributes, border = WINDOWS[case]
    layer = random_layer(rng, channels, 20, sizes, output_scale=0.04, **attributes)
    longest = COLUMNS[channels] - border
    for width in (1, 2, 5, longest - 1, longest, longest + 1):
        x = int8(rng, 2, 3, max(width, sizes[1]), channels)
        assert_same_bits(layer.run(x), layer.expected(x))


@needs_guard_pages
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("channels", COLUMNS)
def test_reads_stay_inside(isa, rng, channels, side):
    for sizes, attributes, _ in WINDOWS:
        layer = random_layer(rng, channels, 20, sizes, output_scale=0.04, **attributes)
        x = int8(rng, 1, 5, 14, channels)
        assert_same_bits(layer.run(guarded(x, side)), layer.expected(x))
