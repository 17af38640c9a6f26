"""Random networks that the tests share."""

import numpy as np

import fourfold as ff


def random_network(rng, widths=(64, 256, 48), activation="relu", last="identity", **options):
    """A float32 network whose layers keep the variance of what passes through."""
    layers = []
    for index in range(len(widths) - 1):
        depth, columns = widths[index : index + 2]
        weight = rng.normal(scale=(2 / depth) ** 0.5, size=(depth, columns))
        kind = last if index == len(widths) - 2 else activation
        layers.append(ff.Dense(weight, rng.normal(scale=0.1, size=columns), kind))
    return ff.Sequential(layers, **options)


def random_rows(rng, rows, columns=64):
    return rng.normal(size=(rows, columns)).astype(np.float32)


# Tests measure speed but do not judge it: the machine may be busy.
ANY_SPEED = ff.Gate(min_speedup=0)
ANYTHING = ff.Gate(max_accuracy_loss=np.inf, min_compression=0, min_speedup=0)


def quantize(model, *data, **options):
    """Quantize, by default at any speed and on one thread."""
    return ff.quantize_model(model, *data, **{"gate": ANY_SPEED, "threads": 1, **options})


def reason_to_reject(model, *data, **options):
    """The one reason, after a check that the caller's model came back."""
    result = quantize(model, *data, **options)
    assert not result.accepted
    assert result.model is model
    (reason,) = result.reasons
    return reason
