// max_pool_indices: pool of kind max, and where in x the largest values are, int64: the first of
// equal ones. NaN is the largest.
//
// An index counts all of x, in the order in which it lies; or, where storage_order is 1, in each plane
// along the first of the axes first. A window on nothing but border has -Inf, or the least integer,
// and index -1.
//
// Inputs      x float32, float64, int8 or uint8 [N, C, one to three axes].
// Attributes  kernel_shape, strides, pads, dilations, auto_pad, ceil_mode as in ONNX;
//             storage_order (0).
#include <algorithm>
#include <memory>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/convolution/plain_pool.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

class MaxPoolIndicesOp final : public Op {
 public:
  MaxPoolIndicesOp(WindowAttributes window, bool first_axis_first)
      : window_(std::move(window)), first_axis_first_(first_axis_first) {}

  std::size_t outputs() const override { return 2; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const TensorType& x = inputs[0].type;
    if (!is_pooled(x.dtype)) {
      refuse_value("x: expected float32, float64, int8 or uint8, received ", type_text(x));
    }
    const PoolShape shape = pool_shape(window_, ConvLayout::kChannelsFirst, inputs[0]);
    const Shape y = pooled_shape(shape, ConvLayout::kChannelsFirst, x.shape.rank());
    outputs[0] = {x.dtype, y};
    outputs[1] = {DType::kS64, y};
  }

  void run(const StepData& step, const Execution& execution) const override {
    const PoolShape shape = pool_shape(window_, ConvLayout::kChannelsFirst, step.inputs[0]);
    visit_pooled(step.inputs[0].type.dtype,
                 [&](auto tag) { run_of<typename decltype(tag)::Type>(shape, step, execution); });
  }

 private:
  template <class T>
  void run_of(const PoolShape& shape, const StepData& step, const Execution& execution) const {
    const Window& window = shape.window;
    const std::size_t in = window.in_positions(), out = window.out_positions();
    share_out(shape.planes(), out * window.points(), execution, [&](Range planes) {
      for (std::size_t plane = planes.begin; plane < planes.end; ++plane) {
        const T* x = step.inputs[0].values<T>() + plane * in;
        T* y = step.outputs[0].values_out<T>() + plane * out;
        auto* indices = step.outputs[1].values_out<std::int64_t>() + plane * out;
        find_largest(window, x, y, indices);
        for (std::size_t i = 0; i < out; ++i) {
          if (indices[i] < 0) continue;
          const auto place = static_cast<std::size_t>(indices[i]);
          indices[i] = static_cast<std::int64_t>(plane * in + stored(window, place));
        }
      }
    });
  }

  template <class T>
  static void find_largest(const Window& window, const T* x, T* y, std::int64_t* indices) {
    const std::size_t stride = window.width().stride;
    std::fill_n(y, window.out_positions(), lowest<T>());
    std::fill_n(indices, window.out_positions(), -1);
    for (std::size_t point = 0; point < window.points(); ++point) {
      visit_runs(window, window.point(point),
                 [&](std::size_t x_at, std::size_t y_at, std::size_t count) {
                   for (std::size_t i = 0; i < count; ++i, x_at += stride, ++y_at) {
                     const T next = x[x_at], best = y[y_at];
                     const bool larger = next > best || (next != next && best == best);
                     if (!larger && indices[y_at] >= 0) continue;
                     y[y_at] = next;
                     indices[y_at] = static_cast<std::int64_t>(x_at);
                   }
                 });
    }
  }

  // The number of a place in its plane.
  std::size_t stored(const Window& window, std::size_t place) const {
    if (!first_axis_first_) return place;
    std::size_t number = 0, rest = place;
    for (std::size_t axis = kWindowAxes; axis-- > 0;) {
      const std::size_t size = window.axes[axis].in;
      number = number * size + rest % size;
      rest /= size;
    }
    return number;
  }

  const WindowAttributes window_;
  const bool first_axis_first_;
};

}  // namespace

std::unique_ptr<Op> make_max_pool_indices(const OpRequest& request) {
  expect_inputs(request, {"x"});
  const Attributes& attributes = request.attributes;
  attributes.allow_only(
      {"kernel_shape", "strides", "pads", "dilations", "auto_pad", "ceil_mode", "storage_order"});
  return std::make_unique<MaxPoolIndicesOp>(window_attributes(attributes),
                                            attributes.flag_or("storage_order", false));
}

}  // namespace fourfold
