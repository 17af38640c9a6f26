// col2im: the sum of overlapping blocks, put back to where they were taken from an image.
//
// Inputs      x float32 or float64 [N, C * points of a block, blocks]; image_shape and block_shape,
//             int64, one to three axes.
// Attributes  strides, pads, dilations as in ONNX.
// Output      [N, C, image_shape...]; a sum runs along the points of the block.
// As ONNX Col2Im.
#include <algorithm>
#include <memory>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/convolution/window.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

class Col2ImOp final : public Op {
 public:
  explicit Col2ImOp(WindowAttributes window) : window_(std::move(window)) {}

  InputSet needed_values() const override { return input_set({1, 2}); }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const Tensor& x = inputs[0];
    const bool fits = x.type.dtype == DType::kF32 || x.type.dtype == DType::kF64;
    if (!fits || x.rank() != 3) {
      refuse_value("x: expected float32 or float64 of 3 dimensions, received ", type_text(x.type));
    }
    const Window window = window_of(inputs);
    if (x.size(1) % window.points() != 0 || x.size(2) != window.out_positions()) {
      refuse_value("x: expected a multiple of ", window.points(),
                   " rows, the points of a block, and ", window.out_positions(),
                   " blocks, received ", type_text(x.type));
    }
    Shape image = {x.shape()[0], static_cast<std::int64_t>(x.size(1) / window.points())};
    for (const std::int64_t size : expect_integers("image_shape", inputs[1]))
      image.append(size);
    outputs[0] = {x.type.dtype, image};
  }

  void run(const StepData& step, const Execution& execution) const override {
    if (step.inputs[0].type.dtype == DType::kF32) return run_of<float>(step, execution);
    run_of<double>(step, execution);
  }

 private:
  Window window_of(const Tensor* inputs) const {
    const std::vector<std::int64_t> image = expect_integers("image_shape", inputs[1]);
    const std::vector<std::int64_t> block = expect_integers("block_shape", inputs[2]);
    if (image.empty() || image.size() > kWindowAxes || block.size() != image.size()) {
      refuse_value("image_shape, block_shape: expected 1 to ", kWindowAxes,
                   " axes, as many in both, received ", image.size(), " and ", block.size());
    }
    Shape in, sizes;
    for (std::size_t axis = 0; axis < image.size(); ++axis) {
      if (image[axis] < 1 || block[axis] < 1) {
        refuse_value("image_shape, block_shape: expected sizes of 1 or more, received ",
                     std::min(image[axis], block[axis]));
      }
      in.append(image[axis]);
      sizes.append(block[axis]);
    }
    element_count(in);
    element_count(sizes);
    return fit_window(window_, in, sizes);
  }

  template <class T>
  void run_of(const StepData& step, const Execution& execution) const {
    const Window window = window_of(step.inputs);
    const std::size_t points = window.points(), blocks = window.out_positions();
    const std::size_t image = window.in_positions(), stride = window.width().stride;
    const std::size_t planes = step.inputs[0].size(0) * step.inputs[0].size(1) / points;
    share_out(planes, points * blocks, execution, [&](Range range) {
      for (std::size_t plane = range.begin; plane < range.end; ++plane) {
        T* y = step.outputs[0].values_out<T>() + plane * image;
        std::fill_n(y, image, T{0});
        for (std::size_t point = 0; point < points; ++point) {
          const T* x = step.inputs[0].values<T>() + (plane * points + point) * blocks;
          visit_runs(window, window.point(point),
                     [&](std::size_t image_at, std::size_t block, std::size_t count) {
                       for (std::size_t i = 0; i < count; ++i)
                         y[image_at + i * stride] += x[block + i];
                     });
        }
      }
    });
  }

  const WindowAttributes window_;
};

}  // namespace

std::unique_ptr<Op> make_col2im(const OpRequest& request) {
  expect_inputs(request, {"x", "image_shape", "block_shape"});
  request.attributes.allow_only({"strides", "pads", "dilations"});
  return std::make_unique<Col2ImOp>(window_attributes(request.attributes));
}

}  // namespace fourfold
