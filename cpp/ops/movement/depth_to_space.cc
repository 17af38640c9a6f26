// depth_to_space, space_to_depth: blocks of channels to blocks of pixels, and back.
//
//   depth_to_space   x [N, C, H, W] -> [N, C / b^2, H b, W b]; mode dcr: a channel is (row in the
//                    block, column in it, channel of y); crd: (channel of y, row, column).
//   space_to_depth   x [N, C, H, W] -> [N, C b^2, H / b, W / b], the inverse of dcr.
// Inputs      x of any type and rank 4.
// Attributes  block: b; mode: dcr or crd, "dcr", of depth_to_space.
// As in ONNX.
#include <memory>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/movement/strided_copy.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

constexpr std::size_t kMaxBlock = std::size_t{1} << 15;  // its square is far from overflowing

void expect_images(const Shape& shape) {
  if (shape.rank() == 4) return;
  refuse_value("x: expected four dimensions (images, channels, rows, columns), received ",
               shape_text(shape));
}

class DepthToSpaceOp final : public Op {
 public:
  DepthToSpaceOp(std::size_t block, bool channels_first)
      : block_(block), channels_first_(channels_first) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const Shape& from = inputs[0].type.shape;
    expect_images(from);
    const auto block = static_cast<std::int64_t>(block_);
    if (from[1] % (block * block) != 0) {
      refuse_value("x: expected a multiple of ", block * block, " channels, received ", from[1]);
    }
    Shape to = {from[0], from[1] / (block * block), 0, 0};
    for (const std::size_t axis : {2, 3})
      to.set(axis, static_cast<std::int64_t>(element_count({from[axis], block})));
    outputs[0] = {inputs[0].type.dtype, to};
  }

  // y as [N, C, row, row in the block, column, column in it]: its axes in the order of its memory.
  void run(const StepData& step, const Execution& execution) const override {
    const Tensor& x = step.inputs[0];
    const Tensor& y = step.outputs[0];
    const Strides from = contiguous_strides(x.shape()), to = contiguous_strides(y.shape());
    const auto block = static_cast<std::ptrdiff_t>(block_);
    const auto channels = static_cast<std::ptrdiff_t>(y.size(1));
    const std::ptrdiff_t channel = channels_first_ ? block * block : 1;
    const std::ptrdiff_t block_column = channels_first_ ? 1 : channels;
    StridedCopy copy(dtype_bytes(x.type.dtype), x.data, y.data);
    copy.add_axis(y.size(0), from[0], to[0]);
    copy.add_axis(y.size(1), channel * from[1], to[1]);
    copy.add_axis(x.size(2), from[2], block * to[2]);
    copy.add_axis(block_, block * block_column * from[1], to[2]);
    copy.add_axis(x.size(3), from[3], block * to[3]);
    copy.add_axis(block_, block_column * from[1], to[3]);
    copy.run(execution);
  }

 private:
  const std::size_t block_;
  const bool channels_first_;
};

class SpaceToDepthOp final : public Op {
 public:
  explicit SpaceToDepthOp(std::size_t block) : block_(block) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const Shape& from = inputs[0].type.shape;
    expect_images(from);
    const auto block = static_cast<std::int64_t>(block_);
    if (from[2] % block != 0 || from[3] % block != 0) {
      refuse_value("x: expected multiples of ", block, " rows and columns, received ",
                   shape_text(from));
    }
    const auto channels = static_cast<std::int64_t>(element_count({from[1], block, block}));
    outputs[0] = {inputs[0].type.dtype, {from[0], channels, from[2] / block, from[3] / block}};
  }

  // y as [N, row in the block, column in it, C, row, column].
  void run(const StepData& step, const Execution& execution) const override {
    const Tensor& x = step.inputs[0];
    const Tensor& y = step.outputs[0];
    const Strides from = contiguous_strides(x.shape()), to = contiguous_strides(y.shape());
    const auto block = static_cast<std::ptrdiff_t>(block_);
    const auto channels = static_cast<std::ptrdiff_t>(x.size(1));
    StridedCopy copy(dtype_bytes(x.type.dtype), x.data, y.data);
    copy.add_axis(x.size(0), from[0], to[0]);
    copy.add_axis(block_, from[2], block * channels * to[1]);
    copy.add_axis(block_, from[3], channels * to[1]);
    copy.add_axis(x.size(1), from[1], to[1]);
    copy.add_axis(y.size(2), block * from[2], to[2]);
    copy.add_axis(y.size(3), block * from[3], to[3]);
    copy.run(execution);
  }

 private:
  const std::size_t block_;
};

}  // namespace

std::unique_ptr<Op> make_depth_to_space(const OpRequest& request) {
  expect_inputs(request, {"x"});
  request.attributes.allow_only({"block", "mode"});
  const std::string mode = request.attributes.text_or("mode", "dcr");
  if (mode != "dcr" && mode != "crd") {
    refuse_value("mode: expected one of dcr, crd; received '", mode, "'");
  }
  return std::make_unique<DepthToSpaceOp>(request.attributes.size("block", kMaxBlock),
                                          mode == "crd");
}

std::unique_ptr<Op> make_space_to_depth(const OpRequest& request) {
  expect_inputs(request, {"x"});
  request.attributes.allow_only({"block"});
  return std::make_unique<SpaceToDepthOp>(request.attributes.size("block", kMaxBlock));
}

}  // namespace fourfold
