// max_unpool: values put back to where max_pool_indices took them from, and zeros elsewhere.
//
// Inputs      x float32, float64, int8 or uint8 [N, C, one to three axes]; indices int64 of its shape,
//             into a tensor of the shape that was pooled by these attributes; output_shape int64, no
//             size of which is smaller: zeros behind; or absent.
// Attributes  kernel_shape, strides, pads as in ONNX.
#include <algorithm>
#include <memory>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/convolution/plain_pool.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

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

std::unique_ptr<Op> make_max_unpool(const OpRequest& request) {
  expect_inputs(request, {"x", "indices", "output_shape"}, 2);
  request.attributes.allow_only({"kernel_shape", "strides", "pads"});
  return std::make_unique<MaxUnpoolOp>(window_attributes(request.attributes));
}

}  // namespace fourfold
