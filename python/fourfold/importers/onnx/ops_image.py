"""Translators of the ops that sample images and boxes."""

from __future__ import annotations

from collections.abc import Mapping

from fourfold.graph.ir import Attribute
from fourfold.importers.onnx.emitter import Emitter
from fourfold.importers.onnx.node import OnnxNode
from fourfold.importers.onnx.registry import Result, translates

# GridSample's names before opset 20.
SAMPLE_MODES: Mapping[str, str] = {"bilinear": "linear", "bicubic": "cubic"}


@translates("Resize", "Upsample", needs=["resize"])
def resize(node: OnnxNode, emitter: Emitter) -> Result:
    """Another resolution, by scales or by sizes."""
    attributes: dict[str, Attribute] = {
        "mode": node.text("mode"),
        "coordinate": node.text("coordinate_transformation_mode"),
        "nearest": node.text("nearest_mode"),
        "cubic_a": node.real("cubic_coeff_a", -0.75),
        "exclude_outside": node.integer("exclude_outside", 0),
        "extrapolation": node.real("extrapolation_value", 0.0),
        "antialias": node.integer("antialias", 0),
        "policy": node.text("keep_aspect_ratio_policy", "stretch"),
    }
    if node.has("axes"):
        attributes["axes"] = node.integers("axes")
    return emitter.emit(
        "resize", *(_unless_empty(name, emitter) for name in node.inputs), **attributes
    )


def _unless_empty(name: str, emitter: Emitter) -> str:
    """Return an input, or "" for a constant without elements: so Resize 11 leaves inputs out."""
    array = emitter.known(name)
    return "" if array is not None and array.size == 0 else name


@translates("GridSample", needs=["grid_sample"])
def grid_sample(node: OnnxNode, emitter: Emitter) -> Result:
    """X at the points of a grid."""
    mode = node.text("mode")
    return emitter.emit(
        "grid_sample",
        *node.inputs,
        mode=SAMPLE_MODES.get(mode, mode),
        padding_mode=node.text("padding_mode"),
        align_corners=node.integer("align_corners"),
    )


@translates("RoiAlign", needs=["roi_align"])
def roi_align(node: OnnxNode, emitter: Emitter) -> Result:
    """The mean or the largest of samples in each bin of a region."""
    return emitter.emit(
        "roi_align",
        *node.inputs,
        mode=node.text("mode"),
        coordinate_transformation_mode=node.text("coordinate_transformation_mode"),
        output_height=node.integer("output_height"),
        output_width=node.integer("output_width"),
        sampling_ratio=node.integer("sampling_ratio"),
        spatial_scale=node.real("spatial_scale"),
    )


@translates("MaxRoiPool", needs=["max_roi_pool"])
def max_roi_pool(node: OnnxNode, emitter: Emitter) -> Result:
    """The largest value in each bin of a region."""
    shape, scale = node.integers("pooled_shape"), node.real("spatial_scale")
    return emitter.emit("max_roi_pool", *node.inputs, pooled_shape=shape, spatial_scale=scale)


@translates("NonMaxSuppression", needs=["non_max_suppression"])
def non_max_suppression(node: OnnxNode, emitter: Emitter) -> Result:
    """Boxes that no better one of their class overlaps."""
    center = node.integer("center_point_box")
    return emitter.emit("non_max_suppression", *node.inputs, center_point_box=center)
