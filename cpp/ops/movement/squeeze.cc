// identity, flatten, squeeze, unsqueeze: views of x.
//
//   identity   x.
//   flatten    [product of the sizes before `axis`, product of the others]; attribute axis (1).
//   squeeze    without the axes given, each of size 1; input axes int64 [n], absent: all of size 1.
//   unsqueeze  with an axis of size 1 at each place of `axes` in the output; input axes int64 [n].
// As in ONNX.
#include <algorithm>
#include <memory>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/movement/views.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

// For each of `rank` axes: is it listed? Refuses an axis that is listed twice.
std::vector<bool> listed_axes(const Tensor& axes, std::size_t rank) {
  std::vector<bool> listed(rank, false);
  for (const std::int64_t given : expect_integers("axes", axes)) {
    const std::size_t axis = checked_axis("axes", given, rank);
    if (listed[axis]) refuse_value("axes: expected each axis once, received ", given, " again");
    listed[axis] = true;
  }
  return listed;
}

class IdentityOp final : public ViewOp {
 public:
  bool infers_any_size() const override { return true; }
  void infer(const Tensor* inputs, TensorType* outputs) const override {
    outputs[0] = inputs[0].type;
  }
};

class FlattenOp final : public ViewOp {
 public:
  explicit FlattenOp(std::int64_t axis) : axis_(axis) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const Shape& shape = inputs[0].type.shape;
    const auto rank = static_cast<std::int64_t>(shape.rank());
    if (axis_ < -rank || axis_ > rank) {
      refuse_value("axis: expected ", -rank, " to ", rank, ", received ", axis_);
    }
    const auto cut = static_cast<std::size_t>(axis_ < 0 ? axis_ + rank : axis_);
    std::int64_t sizes[2] = {1, 1};
    for (std::size_t axis = 0; axis < shape.rank(); ++axis)
      sizes[axis < cut ? 0 : 1] *= shape[axis];
    outputs[0] = {inputs[0].type.dtype, {sizes[0], sizes[1]}};
  }

 private:
  const std::int64_t axis_;
};

class SqueezeOp final : public ViewOp {
 public:
  InputSet needed_values() const override { return input_set({1}); }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const Shape& shape = inputs[0].type.shape;
    std::vector<bool> dropped(shape.rank());
    if (inputs[1].present) {
      dropped = listed_axes(inputs[1], shape.rank());
    } else {
      for (std::size_t axis = 0; axis < shape.rank(); ++axis)
        dropped[axis] = shape[axis] == 1;
    }
    outputs[0] = {inputs[0].type.dtype, {}};
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
      if (!dropped[axis]) outputs[0].shape.append(shape[axis]);
      if (dropped[axis] && shape[axis] != 1) {
        refuse_value("axes: expected an axis of size 1, received axis ", axis, " of x ",
                     shape_text(shape));
      }
    }
  }
};

class UnsqueezeOp final : public ViewOp {
 public:
  InputSet needed_values() const override { return input_set({1}); }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const Shape& shape = inputs[0].type.shape;
    const std::size_t rank = shape.rank() + expect_integers("axes", inputs[1]).size();
    const std::vector<bool> added = listed_axes(inputs[1], rank);
    outputs[0] = {inputs[0].type.dtype, {}};
    std::size_t next = 0;
    for (std::size_t axis = 0; axis < rank; ++axis)
      outputs[0].shape.append(added[axis] ? 1 : shape[next++]);
  }
};

}  // namespace

std::unique_ptr<Op> make_identity(const OpRequest& request) {
  expect_inputs(request, {"x"});
  request.attributes.allow_only({});
  return std::make_unique<IdentityOp>();
}

std::unique_ptr<Op> make_flatten(const OpRequest& request) {
  expect_inputs(request, {"x"});
  request.attributes.allow_only({"axis"});
  constexpr auto kRank = static_cast<std::int64_t>(kMaxRank);
  return std::make_unique<FlattenOp>(request.attributes.integer_or("axis", 1, -kRank, kRank));
}

std::unique_ptr<Op> make_squeeze(const OpRequest& request) {
  expect_inputs(request, {"x", "axes"}, 1);
  request.attributes.allow_only({});
  return std::make_unique<SqueezeOp>();
}

std::unique_ptr<Op> make_unsqueeze(const OpRequest& request) {
  expect_inputs(request, {"x", "axes"});
  request.attributes.allow_only({});
  return std::make_unique<UnsqueezeOp>();
}

}  // namespace fourfold
