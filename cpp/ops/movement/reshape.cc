// reshape: the same elements in the same order under another shape. A view: nothing is copied.
//
// Inputs      x of any type; shape int64 [rank]: a size of -1 is what is left over (at most one), a
//             size of 0 is that of x on the same axis, or, with allow_zero, 0.
// Attributes  allow_zero (0).
// As ONNX Reshape.
#include <memory>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/movement/views.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

class ReshapeOp final : public ViewOp {
 public:
  explicit ReshapeOp(bool allow_zero) : allow_zero_(allow_zero) {}

  InputSet needed_values() const override { return input_set({1}); }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const Shape& from = inputs[0].type.shape;
    Shape to;
    std::size_t open_axis = kNoAxis;
    for (const std::int64_t size : expect_integers("shape", inputs[1])) {
      const std::size_t axis = to.rank();
      if (size < -1 || (size == -1 && open_axis != kNoAxis)) {
        refuse_value("shape: expected sizes of 0 or more, and -1 once at most, received ", size);
      }
      if (size == -1) open_axis = axis;
      const bool copied = size == 0 && !allow_zero_;
      if (copied && axis >= from.rank()) {
        refuse_value("shape: size 0 on axis ", axis, " of x ", shape_text(from));
      }
      to.append(size == -1 ? 1 : copied ? from[axis] : size);
    }
    if (open_axis != kNoAxis) fill_open_axis(from, to, open_axis);
    if (element_count(from) != element_count(to)) {
      refuse_value("shape: expected ", element_count(from), " elements as x ", shape_text(from),
                   " has, received ", shape_text(to));
    }
    outputs[0] = {inputs[0].type.dtype, to};
  }

 private:
  static constexpr std::size_t kNoAxis = kMaxRank;

  static void fill_open_axis(const Shape& from, Shape& to, std::size_t axis) {
    const std::size_t count = element_count(from), others = element_count(to);
    if (others == 0 || count % others != 0) {
      refuse_value("shape: no size for -1 gives ", count, " elements");
    }
    to.set(axis, static_cast<std::int64_t>(count / others));
  }

  const bool allow_zero_;
};

}  // namespace

std::unique_ptr<Op> make_reshape(const OpRequest& request) {
  expect_inputs(request, {"x", "shape"});
  request.attributes.allow_only({"allow_zero"});
  return std::make_unique<ReshapeOp>(request.attributes.flag_or("allow_zero", false));
}

}  // namespace fourfold
