"""Activations: the forms of int8 values, as they are told to others (``exporters``)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from fourfold.graph.ir import Graph
from fourfold.graph.passes.check import label
from fourfold.quantization.form import Form
from fourfold.quantization.static import Basis


@dataclass(frozen=True)
class ActivationForms:
    """Forms of int8 values, by the names that the model gives."""

    values: Mapping[str, Form] = field(default_factory=dict)
    """Of values that are int8 to all who read them."""

    inputs: Mapping[str, Form] = field(default_factory=dict)
    """By the names of layers that quantize what they read: in which form."""


NO_ACTIVATIONS = ActivationForms()


def activation_forms(
    basis: Basis, graph: Graph, forms: Mapping[str, Form], int8: Collection[str]
) -> ActivationForms:
    """Return the forms of a quantization.

    Where channels were brought to one range, which the model itself knows nothing of, the form is
    that of the values as they were.

    Parameters
    ----------
    basis : Basis
        The model as it was calibrated.
    graph : Graph
        The graph whose values got their forms.
    forms : mapping of str to Form
        Of the values of the graph that are int8.
    int8 : collection of str
        The outputs of convolutions that run in INT8.
    """
    assert basis.calibration is not None
    own = {name: seen.form() for name, seen in basis.unequalized.items()}
    values = {basis.origin.get(name, name): own.get(name, form) for name, form in forms.items()}
    inputs = {}
    for node in graph.nodes:
        x = node.inputs[0] if node.inputs else ""
        if node.outputs[0] in int8 and x not in forms:
            inputs[label(node)] = own.get(x) or basis.calibration.ranges[x].form()
    return ActivationForms(values, inputs)
