// matmul_integer: y = (a - a_zero) @ (b - b_zero) in int32, modulo 2^32, of NumPy's matmul.
//
// Inputs      a [..., M, K], b [..., K, N], each int8 or uint8; a_zero of a's type, one value or M;
//             b_zero of b's type, one value or N; an absent one is 0.
// Attributes  none.
// As in ONNX, but for a_zero and b_zero that differ from matrix to matrix.
#include <memory>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/linear/product_shape.h"
#include "ops/quantization/integer_product.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

enum Input { kA, kB, kAZero, kBZero };

constexpr std::size_t kTermsPerValue = 8;  // multiplied in the time of one elementwise operation

void check_zero(const char* name, const Tensor& zero, const Tensor& of, std::size_t count) {
  if (!zero.present) return;
  const std::size_t values = element_count(zero.shape());
  if (zero.type.dtype == of.type.dtype && (values == 1 || values == count)) return;
  refuse_value(name, ": expected ", dtype_name(of.type.dtype), " of 1 or ", count,
               " values, received ", type_text(zero.type));
}

void check_factor(const char* name, const Tensor& factor) {
  if (factor.type.dtype == DType::kS8 || factor.type.dtype == DType::kU8) return;
  refuse_value(name, ": expected int8 or uint8, received ", type_text(factor.type));
}

// Sizes of one matrix, before any batches became rows.
struct MatrixSizes {
  std::size_t rows;
  std::size_t depth;
  std::size_t columns;

  MatrixSizes(const Tensor& a, const Tensor& b)
      : rows(a.rank() == 1 ? 1 : a.size(a.rank() - 2)),
        depth(a.size(a.rank() - 1)),
        columns(b.rank() == 1 ? 1 : b.size(b.rank() - 1)) {}
};

// The zero point of every value, where there is none given.
Tensor zero_or_none(const Tensor& zero, const Tensor& of) {
  static constexpr std::int8_t kZero = 0;  // of both types
  if (zero.present) return zero;
  return {{of.type.dtype, {}}, const_cast<std::int8_t*>(&kZero)};
}

class MatmulIntegerOp final : public Op {
 public:
  void infer(const Tensor* inputs, TensorType* outputs) const override {
    check_factor("a", inputs[kA]);
    check_factor("b", inputs[kB]);
    outputs[0] = {DType::kS32, ProductShape(inputs[kA].shape(), inputs[kB].shape()).output()};
    const MatrixSizes sizes(inputs[kA], inputs[kB]);
    check_zero("a_zero", inputs[kAZero], inputs[kA], sizes.rows);
    check_zero("b_zero", inputs[kBZero], inputs[kB], sizes.columns);
  }

  // Both factors, widened.
  std::size_t scratch_bytes(const Tensor* inputs, const Execution&) const override {
    return (element_count(inputs[kA].shape()) + element_count(inputs[kB].shape())) *
           sizeof(std::int16_t);
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor &a = step.inputs[kA], &b = step.inputs[kB];
    auto* wide_a = reinterpret_cast<std::int16_t*>(step.scratch);
    std::int16_t* wide_b = wide_a + element_count(a.shape());
    widen(step.inputs, wide_a, wide_b);
    const ProductShape shape(a.shape(), b.shape());
    auto* y = step.outputs[0].values_out<std::int32_t>();
    const std::size_t values = shape.columns * (shape.depth / kTermsPerValue + 1);
    share_out(shape.batches() * shape.rows, values, execution, [&](Range rows) {
      for (std::size_t row = rows.begin; row < rows.end; ++row) {
        const std::size_t batch = row / shape.rows;
        const std::size_t of_a = shape.a_matrix(batch) * shape.rows + row % shape.rows;
        const std::int16_t* x = wide_a + of_a * shape.depth;
        const std::int16_t* w = wide_b + shape.b_matrix(batch) * shape.columns * shape.depth;
        for (std::size_t n = 0; n < shape.columns; ++n, w += shape.depth)
          y[row * shape.columns + n] = dot(x, w, shape.depth);
      }
    });
  }

 private:
  static void widen(const Tensor* inputs, std::int16_t* wide_a, std::int16_t* wide_b) {
    const Tensor &a = inputs[kA], &b = inputs[kB];
    const MatrixSizes sizes(a, b);
    const Tensor a_zero = zero_or_none(inputs[kAZero], a), b_zero = zero_or_none(inputs[kBZero], b);
    const std::size_t a_size = sizes.rows * sizes.depth, b_size = sizes.depth * sizes.columns;
    for (std::size_t at = 0; at < element_count(a.shape()); at += a_size) {
      widen_rows(a_zero, a.values<std::byte>() + at,
                 {wide_a + at, sizes.rows, sizes.depth, sizes.depth});
    }
    for (std::size_t at = 0; at < element_count(b.shape()); at += b_size) {
      widen_columns(b_zero, b.values<std::byte>() + at,
                    {wide_b + at, sizes.columns, sizes.depth, sizes.depth});
    }
  }
};

}  // namespace

std::unique_ptr<Op> make_matmul_integer(const OpRequest& request) {
  expect_inputs(request, {"a", "b", "a_zero", "b_zero"}, 2);
  request.attributes.allow_only({});
  return std::make_unique<MatmulIntegerOp>();
}

}  // namespace fourfold
