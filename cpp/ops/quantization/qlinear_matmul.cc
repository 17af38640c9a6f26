// qlinear_matmul: a product of quantized matrices, quantized again.
//
//   sum = (a - a_zero) @ (b - b_zero)                         in int32, modulo 2^32
//   y = saturate(round_to_even(sum * scale) + y_zero)         scale = a_scale * b_scale / y_scale
//
// scale in float32, its product with the sum in float64, where it hardly ever rounds.
//
// Inputs      a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero: a, b, and the zeros int8 or
//             uint8, scales float32. a [..., M, K] and b [..., K, N] as in NumPy's matmul; scales and
//             zeros of a and y have one value or M, those of b one or N.
// Output      y of the type of y_zero.
// As in ONNX.
#include <algorithm>
#include <limits>
#include <memory>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/quantization/integer_product.h"
#include "ops/quantization/rounding.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

enum Input { kA, kAScale, kAZero, kB, kBScale, kBZero, kYScale, kYZero };

constexpr std::size_t kTermsPerValue =
    8;  // about what a dot takes, in steps of an elementwise loop

// One operand as a stack of matrices.
struct Stack {
  std::size_t count;
  std::size_t size;  // values of one matrix
  Shape batch;

  // The matrix that belongs to this one of the product.
  std::size_t index(const Shape& batches, std::size_t product) const {
    std::size_t found = 0, stride = 1;
    for (std::size_t i = batches.rank(); i-- > 0;) {
      const auto all = static_cast<std::size_t>(batches[i]);
      const std::size_t missing = batches.rank() - batch.rank();
      const auto own = i < missing ? 1 : static_cast<std::size_t>(batch[i - missing]);
      found += (own == 1 ? 0 : product % all) * stride;
      stride *= own;
      product /= all;
    }
    return found;
  }
};

struct Geometry {
  std::size_t rows, depth, columns;
  Stack a, b;
  Shape batches;
  Shape y;

  Geometry(const Shape& a_shape, const Shape& b_shape) {
    if (a_shape.rank() == 0) refuse_value("a: expected one dimension or more, received ()");
    if (b_shape.rank() == 0) refuse_value("b: expected one dimension or more, received ()");
    const bool row = a_shape.rank() == 1, column = b_shape.rank() == 1;
    const std::int64_t a_depth = a_shape.last();
    const std::int64_t b_depth = column ? b_shape[0] : b_shape[b_shape.rank() - 2];
    if (a_depth != b_depth) {
      refuse_value("b: expected ", a_depth, " rows as a ", shape_text(a_shape),
                   " has columns, received ", shape_text(b_shape));
    }
    rows = row ? 1 : static_cast<std::size_t>(a_shape[a_shape.rank() - 2]);
    depth = static_cast<std::size_t>(a_depth);
    columns = column ? 1 : static_cast<std::size_t>(b_shape.last());
    a = stack_of(a_shape, rows * depth);
    b = stack_of(b_shape, depth * columns);
    batches = joined(a.batch, b.batch);
    y = batches;
    if (!row) y.append(static_cast<std::int64_t>(rows));
    if (!column) y.append(static_cast<std::int64_t>(columns));
  }

 private:
  static Stack stack_of(const Shape& shape, std::size_t size) {
    Stack stack = {1, size, {}};
    for (std::size_t i = 0; i + 2 < shape.rank(); ++i) {
      stack.batch.append(shape[i]);
      stack.count *= static_cast<std::size_t>(shape[i]);
    }
    return stack;
  }

  static Shape joined(const Shape& a, const Shape& b) {
    const std::size_t rank = std::max(a.rank(), b.rank());
    Shape all;
    for (std::size_t i = 0; i < rank; ++i) {
      const std::int64_t of_a = i + a.rank() < rank ? 1 : a[i + a.rank() - rank];
      const std::int64_t of_b = i + b.rank() < rank ? 1 : b[i + b.rank() - rank];
      if (of_a != of_b && of_a != 1 && of_b != 1) {
        refuse_value("b: expected batches as those of a, ", shape_text(a), ", received ",
                     shape_text(b));
      }
      all.append(of_a == 1 ? of_b : of_a);
    }
    return all;
  }
};

void expect_8_bits(const char* name, const TensorType& type) {
  if (type.dtype == DType::kS8 || type.dtype == DType::kU8) return;
  refuse_value(name, ": expected int8 or uint8, received ", type_text(type));
}

// One value, or `count` of them; as many in both.
void expect_scaling(const char* name, const Tensor& scale, const Tensor& zero, std::size_t count) {
  const std::size_t values = element_count(scale.shape());
  const bool fits = scale.type.dtype == DType::kF32 && (values == 1 || values == count);
  if (!fits) {
    refuse_value(name, "_scale: expected float32 of 1 or ", count, " values, received ",
                 type_text(scale.type));
  }
  if (element_count(zero.shape()) == values) return;
  refuse_value(name, "_zero: expected as many values as the scale, ", values, ", received ",
               type_text(zero.type));
}

float scale_at(const Tensor& scale, std::size_t index) {
  return scale.f32()[element_count(scale.shape()) == 1 ? 0 : index];
}

class QLinearMatmulOp final : public Op {
 public:
  void infer(const Tensor* inputs, TensorType* outputs) const override {
    expect_8_bits("a", inputs[kA].type);
    expect_8_bits("b", inputs[kB].type);
    expect_8_bits("y_zero", inputs[kYZero].type);
    expect_type("a_zero", inputs[kAZero].type, {inputs[kA].type.dtype, inputs[kAZero].shape()});
    expect_type("b_zero", inputs[kBZero].type, {inputs[kB].type.dtype, inputs[kBZero].shape()});
    const Geometry geometry(inputs[kA].shape(), inputs[kB].shape());
    expect_scaling("a", inputs[kAScale], inputs[kAZero], geometry.rows);
    expect_scaling("b", inputs[kBScale], inputs[kBZero], geometry.columns);
    expect_scaling("y", inputs[kYScale], inputs[kYZero], geometry.rows);
    outputs[0] = {inputs[kYZero].type.dtype, geometry.y};
  }

  // Both operands, widened.
  std::size_t scratch_bytes(const Tensor* inputs, const Execution&) const override {
    return (element_count(inputs[kA].shape()) + element_count(inputs[kB].shape())) *
           sizeof(std::int16_t);
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor* inputs = step.inputs;
    const Geometry geometry(inputs[kA].shape(), inputs[kB].shape());
    auto* a = reinterpret_cast<std::int16_t*>(step.scratch);
    auto* b = a + geometry.a.count * geometry.a.size;
    for (std::size_t i = 0; i < geometry.a.count; ++i) {
      const std::size_t start = i * geometry.a.size;
      widen_rows(inputs[kAZero], inputs[kA].values<std::int8_t>() + start,
                 {a + start, geometry.rows, geometry.depth, geometry.depth});
    }
    for (std::size_t i = 0; i < geometry.b.count; ++i) {
      const std::size_t start = i * geometry.b.size;
      widen_columns(inputs[kBZero], inputs[kB].values<std::int8_t>() + start,
                    {b + start, geometry.columns, geometry.depth, geometry.depth});
    }
    const std::size_t row_values = geometry.columns * (1 + geometry.depth / kTermsPerValue);
    const std::size_t products = element_count(geometry.batches);
    share_out(products * geometry.rows, row_values, execution, [&](Range rows) {
      for (std::size_t row = rows.begin; row < rows.end; ++row) {
        const std::size_t product = row / geometry.rows, r = row % geometry.rows;
        const std::int16_t* a_row =
            a + geometry.a.index(geometry.batches, product) * geometry.a.size + r * geometry.depth;
        const std::int16_t* columns =
            b + geometry.b.index(geometry.batches, product) * geometry.b.size;
        if (step.outputs[0].type.dtype == DType::kS8) {
          write_row<std::int8_t>(step, geometry, {row, r}, a_row, columns);
        } else {
          write_row<std::uint8_t>(step, geometry, {row, r}, a_row, columns);
        }
      }
    });
  }

 private:
  struct Row {
    std::size_t of_y;
    std::size_t of_matrix;
  };

  template <class T>
  static void write_row(const StepData& step, const Geometry& geometry, Row row,
                        const std::int16_t* a, const std::int16_t* b) {
    const Tensor* inputs = step.inputs;
    const std::size_t r = row.of_matrix;
    const bool one_zero = element_count(inputs[kYZero].shape()) == 1;
    const double zero = inputs[kYZero].values<T>()[one_zero ? 0 : r];
    T* y = step.outputs[0].values_out<T>() + row.of_y * geometry.columns;
    for (std::size_t n = 0; n < geometry.columns; ++n) {
      const float scale = scale_at(inputs[kAScale], r) * scale_at(inputs[kBScale], n) /
                          scale_at(inputs[kYScale], r);
      const double value = dot(a, b + n * geometry.depth, geometry.depth) * double{scale};
      y[n] = static_cast<T>(round_to_integer<double>(value, zero, std::numeric_limits<T>::min(),
                                                     std::numeric_limits<T>::max()));
    }
  }
};

}  // namespace

std::unique_ptr<Op> make_qlinear_matmul(const OpRequest& request) {
  expect_inputs(request, {"a", "a_scale", "a_zero", "b", "b_scale", "b_zero", "y_scale", "y_zero"});
  request.attributes.allow_only({});
  return std::make_unique<QLinearMatmulOp>();
}

}  // namespace fourfold
