// constant_of_shape, eye_like: tensors made of nothing but a shape.
//
//   constant_of_shape   one value everywhere. Inputs shape int64 [rank], 0 or more; value of any
//                       type, one.
//   eye_like            1 on a diagonal and 0 elsewhere, of the shape of x. Input x of any type
//                       [rows, columns]. Attributes k (0): the diagonal, above the main one if
//                       positive; dtype: of y, absent: that of x.
// As in ONNX.
#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/movement/strided_copy.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

class ConstantOfShapeOp final : public Op {
 public:
  InputSet needed_values() const override { return input_set({0}); }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    outputs[0] = {inputs[1].type.dtype, {}};
    for (const std::int64_t size : expect_integers("shape", inputs[0])) {
      if (size < 0) refuse_value("shape: expected sizes of 0 or more, received ", size);
      outputs[0].shape.append(size);
    }
    if (element_count(inputs[1].type.shape) != 1) {
      refuse_value("value: expected one, received ", type_text(inputs[1].type));
    }
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor& y = step.outputs[0];
    fill_box(y.shape(), dtype_bytes(y.type.dtype), step.inputs[1].data, layout_of(y), execution);
  }
};

template <class T>
T one() {
  if constexpr (std::is_same_v<T, Float16>) {
    return {0x3C00};
  } else if constexpr (std::is_same_v<T, BFloat16>) {
    return {0x3F80};
  } else {
    return T{1};
  }
}

class EyeLikeOp final : public Op {
 public:
  EyeLikeOp(std::int64_t k, std::optional<DType> dtype) : k_(k), dtype_(dtype) {}

  bool infers_any_size() const override { return true; }
  InputSet read_inputs() const override { return kNoInputs; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const TensorType& x = inputs[0].type;
    if (x.shape.rank() != 2) {
      refuse_value("x: expected two dimensions, received ", shape_text(x.shape));
    }
    outputs[0] = {dtype_.value_or(x.dtype), x.shape};
  }

  void run(const StepData& step, const Execution&) const override {
    const Tensor& y = step.outputs[0];
    std::memset(y.data, 0, byte_count(y.type));
    const std::int64_t rows = y.type.shape[0], columns = y.type.shape[1];
    if (k_ >= columns || k_ <= -rows) return;
    const std::int64_t first = std::max<std::int64_t>(0, -k_);
    const std::int64_t last = std::min(rows, columns - k_);
    visit_dtype(y.type.dtype, [&](auto tag) {
      using T = typename decltype(tag)::Type;
      for (std::int64_t row = first; row < last; ++row)
        y.values_out<T>()[row * columns + row + k_] = one<T>();
    });
  }

 private:
  const std::int64_t k_;
  const std::optional<DType> dtype_;
};

}  // namespace

std::unique_ptr<Op> make_constant_of_shape(const OpRequest& request) {
  expect_inputs(request, {"shape", "value"});
  request.attributes.allow_only({});
  return std::make_unique<ConstantOfShapeOp>();
}

std::unique_ptr<Op> make_eye_like(const OpRequest& request) {
  expect_inputs(request, {"x"});
  request.attributes.allow_only({"k", "dtype"});
  constexpr std::int64_t kMost = std::int64_t{1} << 44;  // as many elements as a tensor can have
  std::optional<DType> dtype;
  if (request.attributes.has("dtype")) dtype = dtype_named(request.attributes.text("dtype"));
  return std::make_unique<EyeLikeOp>(request.attributes.integer_or("k", 0, -kMost, kMost), dtype);
}

}  // namespace fourfold
