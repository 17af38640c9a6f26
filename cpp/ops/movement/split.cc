// split: x cut into pieces along an axis.
//
// Inputs      x of any type; sizes? int64 [outputs], 0 or more each, together the size of the axis;
//             absent: as many equal pieces, those at the end smaller or empty if it doesn't go
//             evenly.
// Attributes  axis (0), outputs: how many.
// As ONNX Split.
#include <algorithm>
#include <memory>

#include "base/check.h"
#include "base/round_up.h"
#include "ops/checks.h"
#include "ops/movement/strided_copy.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

constexpr std::size_t kMaxPieces = 4096;

class SplitOp final : public Op {
 public:
  SplitOp(std::size_t outputs, std::int64_t axis) : outputs_(outputs), axis_(axis) {}

  std::size_t outputs() const override { return outputs_; }
  InputSet needed_values() const override { return input_set({1}); }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const Shape& shape = inputs[0].type.shape;
    const std::size_t axis = checked_axis("axis", axis_, shape.rank());
    const std::vector<std::int64_t> sizes =
        inputs[1].present ? given_sizes(inputs[1], shape[axis]) : equal_sizes(shape[axis]);
    for (std::size_t i = 0; i < outputs_; ++i) {
      outputs[i] = inputs[0].type;
      outputs[i].shape.set(axis, sizes[i]);
    }
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor& x = step.inputs[0];
    const std::size_t axis = checked_axis("axis", axis_, x.rank());
    const std::size_t bytes = dtype_bytes(x.type.dtype);
    Layout from = layout_of(x);
    for (std::size_t i = 0; i < outputs_; ++i) {
      const Tensor& y = step.outputs[i];
      copy_box(y.shape(), bytes, from, layout_of(y), execution);
      move_along(from, axis, y.type.shape[axis], bytes);
    }
  }

 private:
  std::vector<std::int64_t> given_sizes(const Tensor& tensor, std::int64_t whole) const {
    const std::vector<std::int64_t> sizes = expect_integers("sizes", tensor);
    if (sizes.size() != outputs_) {
      refuse_value("sizes: expected ", outputs_, " of them, received ", sizes.size());
    }
    std::int64_t rest = whole;
    for (const std::int64_t size : sizes) {
      if (size < 0 || size > rest) {
        refuse_value("sizes: expected 0 or more, together ", whole, ", received ", size, " where ",
                     rest, " are left");
      }
      rest -= size;
    }
    if (rest != 0) {
      refuse_value("sizes: expected a sum of ", whole, ", received one of ", whole - rest);
    }
    return sizes;
  }

  std::vector<std::int64_t> equal_sizes(std::int64_t whole) const {
    const auto count = static_cast<std::int64_t>(outputs_);
    const std::int64_t piece = ceil_div(whole, count);
    std::vector<std::int64_t> sizes;
    for (std::int64_t i = 0; i < count; ++i)
      sizes.push_back(std::clamp<std::int64_t>(whole - i * piece, 0, piece));
    return sizes;
  }

  const std::size_t outputs_;
  const std::int64_t axis_;
};

}  // namespace

std::unique_ptr<Op> make_split(const OpRequest& request) {
  expect_inputs(request, {"x", "sizes"}, 1);
  request.attributes.allow_only({"axis", "outputs"});
  constexpr auto kRank = static_cast<std::int64_t>(kMaxRank);
  return std::make_unique<SplitOp>(request.attributes.size("outputs", kMaxPieces),
                                   request.attributes.integer_or("axis", 0, -kRank, kRank - 1));
}

}  // namespace fourfold
