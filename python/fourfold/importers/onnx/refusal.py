"""What the importer has to say about nodes that it cannot take over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fourfold.errors import UnsupportedModelError

REMEDY = "With onnxruntime installed (pip install 'fourfold[onnxruntime]') such nodes run in it"


class UnsupportedNode(Exception):  # noqa: N818  a reason that travels up to the node, no error yet
    """Why one node cannot be translated, without the node's name."""


@dataclass(frozen=True)
class Refusal:
    """A node that cannot be translated."""

    node: str
    """Its name; of an unnamed one, its first output."""

    op: str
    """Its op, with the domain in front unless that is ONNX's own."""

    reason: str


def op_name(domain: str, op_type: str) -> str:
    """Return an op's name as messages say it."""
    return f"{domain}.{op_type}" if domain else op_type


def unsupported(origin: str, refusals: Sequence[Refusal]) -> UnsupportedModelError:
    """Return the error that names all ops and nodes at once."""
    ops = sorted({refusal.op for refusal in refusals})
    nodes = "; ".join(f"{r.node!r} ({r.op}): {r.reason}" for r in refusals)
    return UnsupportedModelError(
        f"{origin}: cannot run {len(refusals)} of its nodes, of the ops {', '.join(ops)}: {nodes}. "
        + REMEDY
    )
