"""Promotion: which layers get more than 8 bits, so that the outputs keep within a distance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from fourfold.quantization.effects import Effect
from fourfold.quantization.precision import FLOAT_BITS

# What a multiply-add takes, by the bits of its activations, in those of INT8: two products for 16
# bits; float32 on AVX512-VNNI, where INT8 gains most. Never measured: the choice must not depend on
# the machine, or on what else it is doing.
COSTS: Mapping[int, int] = {8: 1, 16: 2, FLOAT_BITS: 4}


def choose_widths(effects: Sequence[Effect], shrink: float) -> dict[str, int]:
    """Return the layers that are raised, by their first outputs, and to how many bits.

    Rounding errors of different layers have little to do with each other, so the squares of their
    effects add up. Greedy: as long as the sum is too large, the step comes next that takes off most
    of it for the multiply-adds that it costs.

    Parameters
    ----------
    effects : sequence of Effect
        Of all layers that can be raised.
    shrink : float
        What the distance of the outputs has to be multiplied with, below 1.

    Returns
    -------
    dict
        Empty if not even float32 for all of them would do.
    """
    widths = [min(effect.errors) for effect in effects]
    errors = [{**effect.errors, FLOAT_BITS: 0.0} for effect in effects]
    limit = shrink**2 * sum(error[width] for error, width in zip(errors, widths, strict=True))
    if not 0 < limit < math.inf:
        return {}

    def gain(step: tuple[int, int]) -> float:
        place, wider = step
        cost = (COSTS[wider] - COSTS[widths[place]]) * effects[place].multiply_adds
        return (errors[place][widths[place]] - errors[place][wider]) / cost

    while sum(error[width] for error, width in zip(errors, widths, strict=True)) > limit:
        steps = [
            (place, width)
            for place, error in enumerate(errors)
            for width in error
            if width > widths[place]
        ]
        place, widths[place] = max(steps, key=gain)
    return {
        output: width
        for effect, width in zip(effects, widths, strict=True)
        if width > min(effect.errors)
        for output in effect.layers
    }
