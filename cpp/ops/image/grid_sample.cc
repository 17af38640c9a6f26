// grid_sample: x at the places that a grid names.
//
// Inputs      x float32 or float64 [N, C, sizes..], of one to three sizes; grid of x's type
//             [N, sizes of y.., r], r being how many sizes x has: for each element of y its place in
//             x, the last axis first, from -1 to 1 where it is inside.
// Attributes  mode: nearest (halves to even), linear, cubic (a = -0.75), "linear"; padding_mode, of
//             what is outside: zeros, border (the nearest element inside) or reflection (mirrored
//             about the border as often as it takes), "zeros"; align_corners (0): -1 and 1 are the
//             centres of the outermost elements, else their outer edges.
// As ONNX GridSample. A place that is no number is outside.
#include <cmath>
#include <memory>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/image/grid_taps.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

GridPadding padding_named(const std::string& name) {
  if (name == "zeros") return GridPadding::kZeros;
  if (name == "border") return GridPadding::kBorder;
  if (name == "reflection") return GridPadding::kReflection;
  refuse_value("padding_mode: expected one of zeros, border, reflection; received '", name, "'");
}

class GridSampleOp final : public Op {
 public:
  explicit GridSampleOp(const GridRule& rule) : rule_(rule) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const TensorType& x = inputs[0].type;
    const Shape& grid = inputs[1].type.shape;
    const std::size_t rank = x.shape.rank();
    if ((x.dtype != DType::kF32 && x.dtype != DType::kF64) || rank < 3 || rank > 2 + kMaxGridAxes) {
      refuse_value("x: expected float32 or float64 of 3 to ", 2 + kMaxGridAxes,
                   " dimensions, received ", type_text(x));
    }
    Shape expected = {x.shape[0]};
    outputs[0] = {x.dtype, {x.shape[0], x.shape[1]}};
    for (std::size_t axis = 1; axis + 1 < grid.rank(); ++axis) {
      expected.append(grid[axis]);
      outputs[0].shape.append(grid[axis]);
    }
    expected.append(static_cast<std::int64_t>(rank - 2));
    expect_type("grid", inputs[1].type, {x.dtype, expected});
    if (grid.rank() != rank) {
      refuse_value("grid: expected ", rank, " dimensions as x has, received ", shape_text(grid));
    }
    for (std::size_t axis = 2; axis < rank; ++axis) {
      if (x.shape[axis] > 0 && x.shape[axis] <= kMaxGridSize) continue;
      refuse_value("x: expected 1 to ", kMaxGridSize, " elements along axis ", axis, ", received ",
                   shape_text(x.shape));
    }
  }

  void run(const StepData& step, const Execution& execution) const override {
    if (step.inputs[0].type.dtype == DType::kF32) {
      sample<float>(step, execution);
    } else {
      sample<double>(step, execution);
    }
  }

 private:
  template <class T>
  void sample(const StepData& step, const Execution& execution) const {
    const Tensor& x = step.inputs[0];
    const std::size_t channels = x.size(1), batch = x.size(0), axes = x.rank() - 2;
    const std::size_t x_size = element_count(x.shape()) / (batch * channels);
    const std::size_t y_size = element_count(step.outputs[0].shape()) / (batch * channels);
    GridSizes sizes{};
    for (std::size_t axis = 0; axis < axes; ++axis)
      sizes[axis] = x.type.shape[axis + 2];
    share_out(batch * y_size, channels * 8, execution, [&](Range points) {
      GridTaps<T> taps;
      for (std::size_t point = points.begin; point < points.end; ++point) {
        find_grid_taps(rule_, sizes, axes, step.inputs[1].values<T>() + point * axes, taps);
        const std::size_t image = point / y_size;
        const T* from = x.values<T>() + image * channels * x_size;
        T* to = step.outputs[0].values_out<T>() + image * channels * y_size + point % y_size;
        for (std::size_t channel = 0; channel < channels; ++channel, from += x_size, to += y_size) {
          T sum = 0;
          for (std::size_t k = 0; k < taps.count; ++k)
            sum += taps.weights[k] * from[taps.places[k]];
          *to = sum;
        }
      }
    });
  }

  const GridRule rule_;
};

}  // namespace

std::unique_ptr<Op> make_grid_sample(const OpRequest& request) {
  expect_inputs(request, {"x", "grid"});
  const Attributes& attributes = request.attributes;
  attributes.allow_only({"mode", "padding_mode", "align_corners"});
  return std::make_unique<GridSampleOp>(
      GridRule{interpolation_named(attributes.text_or("mode", "linear")),
               padding_named(attributes.text_or("padding_mode", "zeros")),
               attributes.flag_or("align_corners", false)});
}

}  // namespace fourfold
