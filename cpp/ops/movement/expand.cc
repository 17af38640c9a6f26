// expand, tile: x over and over.
//
//   expand   x broadcast with `shape`, as NumPy broadcasts. Input shape int64 [n].
//   tile     x repeated along every axis. Input repeats int64 [rank], 0 or more.
// x is of any type. As in ONNX.
#include <algorithm>
#include <memory>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/movement/strided_copy.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

class ExpandOp final : public Op {
 public:
  InputSet needed_values() const override { return input_set({1}); }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const Shape& from = inputs[0].type.shape;
    Shape to, given;
    for (const std::int64_t size : expect_integers("shape", inputs[1])) {
      if (size < 0) refuse_value("shape: expected sizes of 0 or more, received ", size);
      given.append(size);
    }
    const std::size_t rank = std::max(from.rank(), given.rank());
    for (std::size_t axis = 0; axis < rank; ++axis) {
      const std::int64_t a = size_from_end(from, rank - axis);
      const std::int64_t b = size_from_end(given, rank - axis);
      if (a != b && a != 1 && b != 1) {
        refuse_value("shape: expected one that x ", shape_text(from), " broadcasts with, received ",
                     shape_text(given));
      }
      to.append(a == 1 ? b : a);
    }
    outputs[0] = {inputs[0].type.dtype, to};
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor& x = step.inputs[0];
    const Tensor& y = step.outputs[0];
    const Strides strides = contiguous_strides(x.shape());
    Layout from = {layout_of(x).first, {}};
    for (std::size_t axis = 0; axis < x.rank(); ++axis)
      from.strides[y.rank() - x.rank() + axis] = x.size(axis) == 1 ? 0 : strides[axis];
    copy_box(y.shape(), dtype_bytes(x.type.dtype), from, layout_of(y), execution);
  }

 private:
  // 1 where the shape has no such axis.
  static std::int64_t size_from_end(const Shape& shape, std::size_t place) {
    return place > shape.rank() ? 1 : shape[shape.rank() - place];
  }
};

class TileOp final : public Op {
 public:
  InputSet needed_values() const override { return input_set({1}); }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const Shape& from = inputs[0].type.shape;
    const std::vector<std::int64_t> repeats = expect_integers("repeats", inputs[1]);
    if (repeats.size() != from.rank()) {
      refuse_value("repeats: expected one for each axis of x ", shape_text(from), ", received ",
                   repeats.size());
    }
    outputs[0] = {inputs[0].type.dtype, {}};
    for (std::size_t axis = 0; axis < from.rank(); ++axis) {
      if (repeats[axis] < 0) refuse_value("repeats: expected 0 or more, received ", repeats[axis]);
      const std::size_t size = element_count({repeats[axis], from[axis]});  // without overflow
      outputs[0].shape.append(static_cast<std::int64_t>(size));
    }
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor& x = step.inputs[0];
    const Tensor& y = step.outputs[0];
    const Strides from = contiguous_strides(x.shape()), to = contiguous_strides(y.shape());
    StridedCopy copy(dtype_bytes(x.type.dtype), x.data, y.data);
    for (std::size_t axis = 0; axis < x.rank(); ++axis) {
      copy.add_axis(y.size(axis) / x.size(axis), 0, x.type.shape[axis] * to[axis]);
      copy.add_axis(x.size(axis), from[axis], to[axis]);
    }
    copy.run(execution);
  }
};

}  // namespace

std::unique_ptr<Op> make_expand(const OpRequest& request) {
  expect_inputs(request, {"x", "shape"});
  request.attributes.allow_only({});
  return std::make_unique<ExpandOp>();
}

std::unique_ptr<Op> make_tile(const OpRequest& request) {
  expect_inputs(request, {"x", "repeats"});
  request.attributes.allow_only({});
  return std::make_unique<TileOp>();
}

}  // namespace fourfold
