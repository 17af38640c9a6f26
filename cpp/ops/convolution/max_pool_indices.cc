// max_pool_indices: pool of kind max, and where in x the largest values are, int64: the first of
// equal ones. max_unpool puts values back to such places, and zeros elsewhere.
//
// An index counts all of x [N, C, axes...], in the order in which it lies; or, where storage_order is
// 1, in each plane along the first of the axes first. A window on nothing but border has -Inf, or the
// least integer, and index -1. NaN is the largest.
//
// max_pool_indices
//   Inputs      x float32, float64, int8 or uint8 [N, C, one to three axes].
//   Attributes  kernel_shape, strides, pads, dilations, auto_pad, ceil_mode as in ONNX;
//               storage_order (0).
// max_unpool
//   Inputs      x, and indices int64 of its shape, into a tensor of the shape that x had by these
//               attributes; output_shape int64, no size of which is smaller: zeros behind; or absent.
//   Attributes  kernel_shape, strides, pads as in ONNX.
#include <algorithm>
#include <memory>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/convolution/plain_pool.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

bool is_pooled(DType dtype) {
  return dtype == DType::kF32 || dtype == DType::kF64 || dtype == DType::kS8 || dtype == DType::kU8;
}

// Calls visit(DTypeTag<T>{}) for the types of is_pooled.
template <class Visit>
void visit_pooled(DType dtype, const Visit& visit) {
  if (dtype == DType::kF32) return visit(DTypeTag<float>{});
  if (dtype == DType::kF64) return visit(DTypeTag<double>{});
  if (dtype == DType::kS8) return visit(DTypeTag<std::int8_t>{});
  visit(DTypeTag<std::uint8_t>{});
}

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

class MaxUnpoolOp final : public Op {
 public:
  explicit MaxUnpoolOp(WindowAttributes window) : window_(std::move(window)) {}

  InputSet needed_values() const override { return input_set({2}); }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const Tensor &x = inputs[0], &indices = inputs[1];
    if (!is_pooled(x.type.dtype) || x.rank() < 3 || x.rank() > 2 + kWindowAxes) {
      refuse_value("x: expected float32, float64, int8 or uint8 of 3 to 5 dimensions, received ",
                   type_text(x.type));
    }
    expect_type("indices", indices.type, {DType::kS64, x.shape()});
    const Shape whole = unpooled_shape(x.shape());
    outputs[0] = {x.type.dtype, whole};
    if (!inputs[2].present) return;
    outputs[0].shape = {};
    for (const std::int64_t size : expect_integers("output_shape", inputs[2]))
      outputs[0].shape.append(size);
    bool fits = outputs[0].shape.rank() == whole.rank();
    for (std::size_t axis = 0; fits && axis < whole.rank(); ++axis) {
      const std::int64_t size = outputs[0].shape[axis];
      fits = axis < 2 ? size == whole[axis] : size >= whole[axis];
    }
    if (!fits) {
      refuse_value("output_shape: expected ", shape_text(whole), " or larger axes, received ",
                   shape_text(outputs[0].shape));
    }
  }

  void run(const StepData& step, const Execution&) const override {
    visit_pooled(step.inputs[0].type.dtype,
                 [&](auto tag) { run_of<typename decltype(tag)::Type>(step); });
  }

 private:
  // Of the tensor that the indices count.
  Shape unpooled_shape(const Shape& x) const {
    const std::size_t axes = x.rank() - 2;
    const Shape sizes = window_sizes(window_, axes);
    Shape whole = {x[0], x[1]};
    for (std::size_t i = 0; i < axes; ++i) {
      const std::int64_t stride = window_.strides.empty() ? 1 : window_.strides[i];
      if (x[2 + i] > (std::int64_t{1} << 32))
        refuse_value("x: expected smaller axes, received ", x[2 + i]);
      std::int64_t size = (x[2 + i] - 1) * stride + sizes[i];
      if (!window_.pads.empty()) size -= window_.pads[i] + window_.pads[axes + i];
      if (size < 1) refuse_value("x: expected axes that its borders leave something of");
      whole.append(size);
    }
    return whole;
  }

  template <class T>
  void run_of(const StepData& step) const {
    const Tensor &x = step.inputs[0], &y = step.outputs[0];
    const Shape whole = unpooled_shape(x.shape());
    const std::size_t count = element_count(whole);
    const auto* indices = step.inputs[1].values<std::int64_t>();
    T* to = y.values_out<T>();
    std::fill_n(to, element_count(y.shape()), T{0});
    for (std::size_t i = 0; i < element_count(x.shape()); ++i) {
      if (indices[i] < 0 || static_cast<std::size_t>(indices[i]) >= count) {
        refuse_value("indices: expected 0 to ", count, " - 1, received ", indices[i]);
      }
      to[place_in(y.shape(), whole, static_cast<std::size_t>(indices[i]))] = x.values<T>()[i];
    }
  }

  // Where an element of a tensor of shape `whole` lies in a larger one.
  static std::size_t place_in(const Shape& larger, const Shape& whole, std::size_t index) {
    std::size_t place = 0, stride = 1;
    for (std::size_t axis = whole.rank(); axis-- > 0;) {
      const auto size = static_cast<std::size_t>(whole[axis]);
      place += index % size * stride;
      index /= size;
      stride *= static_cast<std::size_t>(larger[axis]);
    }
    return place;
  }

  const WindowAttributes window_;
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

std::unique_ptr<Op> make_max_unpool(const OpRequest& request) {
  expect_inputs(request, {"x", "indices", "output_shape"}, 2);
  request.attributes.allow_only({"kernel_shape", "strides", "pads"});
  return std::make_unique<MaxUnpoolOp>(window_attributes(request.attributes));
}

}  // namespace fourfold
