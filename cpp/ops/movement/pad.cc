// pad: x with elements added before and after it along some of the axes, or, where a pad is
// negative, taken away; what is taken away goes first.
//
// Inputs      x of any type; pads int64 [2 n]: those before along n axes, then those after; value?
//             one element of x's type, absent: 0; axes? int64 [n], absent: all.
// Attributes  mode: constant (value), reflect (x mirrored about its edge, which is not repeated),
//             edge (the edge repeated) or wrap (x again); "constant".
// As ONNX Pad. A pad longer than x goes on mirroring or wrapping, as in NumPy.
#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/movement/pad_border.h"
#include "ops/movement/strided_copy.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

constexpr std::int64_t kMaxPad = std::int64_t{1} << 44;  // as many elements as a tensor can have

PadMode mode_named(const std::string& name) {
  if (name == "constant") return PadMode::kConstant;
  if (name == "reflect") return PadMode::kReflect;
  if (name == "edge") return PadMode::kEdge;
  if (name == "wrap") return PadMode::kWrap;
  refuse_value("mode: expected one of constant, reflect, edge, wrap; received '", name, "'");
}

// What happens to each axis: negative pads are in `cropped`, positive ones in `added`.
struct Padding {
  std::array<PadExtent, kMaxRank> cropped{};
  std::array<PadExtent, kMaxRank> added{};
};

PadExtent positive_part(std::int64_t before, std::int64_t after) {
  return {std::max<std::int64_t>(before, 0), std::max<std::int64_t>(after, 0)};
}

Padding padding_of(const Tensor* inputs) {
  const std::size_t rank = inputs[0].rank();
  const std::vector<std::int64_t> pads = expect_integers("pads", inputs[1]);
  std::vector<std::int64_t> axes;
  for (std::size_t axis = 0; axis < rank; ++axis)
    axes.push_back(static_cast<std::int64_t>(axis));
  if (inputs[3].present) axes = expect_integers("axes", inputs[3]);
  if (pads.size() != 2 * axes.size()) {
    refuse_value("pads: expected ", 2 * axes.size(), " values for ", axes.size(),
                 " axes, received ", pads.size());
  }
  Padding padding;
  std::array<bool, kMaxRank> listed{};
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t axis = checked_axis("axes", axes[i], rank);
    if (listed[axis]) refuse_value("axes: expected each axis once, received ", axes[i], " again");
    listed[axis] = true;
    const std::int64_t before = pads[i], after = pads[i + axes.size()];
    for (const std::int64_t pad : {before, after}) {
      if (pad < -kMaxPad || pad > kMaxPad) {
        refuse_value("pads: expected ", -kMaxPad, " to ", kMaxPad, ", received ", pad);
      }
    }
    padding.cropped[axis] = positive_part(-before, -after);
    padding.added[axis] = positive_part(before, after);
  }
  return padding;
}

Shape cropped_shape(const Shape& shape, const Padding& padding) {
  Shape cropped = shape;
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    const PadExtent& crop = padding.cropped[axis];
    if (crop.before + crop.after > shape[axis]) {
      refuse_value("pads: expected to take away at most ", shape[axis], " along axis ", axis,
                   ", received ", -crop.before, " and ", -crop.after);
    }
    cropped.set(axis, shape[axis] - crop.before - crop.after);
  }
  return cropped;
}

class PadOp final : public Op {
 public:
  explicit PadOp(PadMode mode) : mode_(mode) {}

  InputSet needed_values() const override { return input_set({1, 3}); }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const TensorType& type = inputs[0].type;
    const Padding padding = padding_of(inputs);
    outputs[0] = {type.dtype, cropped_shape(type.shape, padding)};
    for (std::size_t axis = 0; axis < type.shape.rank(); ++axis) {
      const PadExtent& added = padding.added[axis];
      const std::int64_t size = outputs[0].shape[axis];
      if (size == 0 && mode_ != PadMode::kConstant && added.before + added.after > 0) {
        refuse_value("pads: expected none along axis ", axis, ", which is empty");
      }
      outputs[0].shape.set(axis, size + added.before + added.after);
    }
    if (!inputs[2].present) return;
    const TensorType& value = inputs[2].type;
    if (value.dtype != type.dtype || element_count(value.shape) != 1) {
      refuse_value("value: expected one ", dtype_name(type.dtype), ", received ", type_text(value));
    }
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor& x = step.inputs[0];
    const Tensor& y = step.outputs[0];
    const std::size_t bytes = dtype_bytes(x.type.dtype);
    const Padding padding = padding_of(step.inputs);
    const Shape middle = cropped_shape(x.shape(), padding);
    Layout from = layout_of(x), to = layout_of(y);
    for (std::size_t axis = 0; axis < x.rank(); ++axis) {
      move_along(from, axis, padding.cropped[axis].before, bytes);
      move_along(to, axis, padding.added[axis].before, bytes);
    }
    copy_box(middle, bytes, from, to, execution);
    std::byte value[sizeof(double)] = {};
    if (step.inputs[2].present) std::memcpy(value, step.inputs[2].data, bytes);
    pad_borders({middle, to, padding.added.data(), bytes, value}, mode_, execution);
  }

 private:
  const PadMode mode_;
};

}  // namespace

std::unique_ptr<Op> make_pad(const OpRequest& request) {
  expect_inputs(request, {"x", "pads", "value", "axes"}, 2);
  request.attributes.allow_only({"mode"});
  return std::make_unique<PadOp>(mode_named(request.attributes.text_or("mode", "constant")));
}

}  // namespace fourfold
