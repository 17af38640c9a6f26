// gemm: y = alpha * a' @ b' + beta * c, where ' may transpose, for factors that are not packed ahead.
//
// The product is summed as matmul does, then scaled, then beta * c is added: three roundings.
//
// Inputs      a, b matrices of one type, as matmul takes; c of that type, which broadcasts to y, or
//             absent.
// Attributes  alpha (1), beta (1), of integers whole numbers; trans_a (0), trans_b (0).
#include <cmath>
#include <memory>

#include "base/aligned_buffer.h"
#include "base/check.h"
#include "base/round_up.h"
#include "matmul/matmul_f32.h"
#include "ops/checks.h"
#include "ops/linear/plain_matmul.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

struct GemmSettings {
  float alpha;
  float beta;
  bool trans_a;
  bool trans_b;
};

struct GemmShape {
  std::size_t rows;
  std::size_t depth;
  std::size_t columns;
};

template <class T>
void transpose(const T* from, std::size_t rows, std::size_t columns, T* to) {
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c)
      to[c * rows + r] = from[r * columns + c];
  }
}

// y = alpha * y + beta * c; c steps by 0 along an axis that broadcasts.
template <class T>
void add_scaled(MatrixView<T> y, const Tensor& c, T alpha, T beta) {
  const std::size_t rank = c.rank();
  const bool one_column = rank < 1 || c.shape()[rank - 1] == 1;
  const bool one_row = rank < 2 || c.shape()[rank - 2] == 1;
  const std::size_t step = one_column ? 0 : 1;
  const std::size_t row_step = one_row ? 0 : one_column ? 1 : y.columns;
  for (std::size_t r = 0; r < y.rows; ++r) {
    const T* added = c.present ? c.values<T>() + r * row_step : nullptr;
    for (std::size_t i = 0; i < y.columns; ++i) {
      const T scaled = alpha * y.row(r)[i];
      y.row(r)[i] = added == nullptr ? scaled : scaled + beta * added[i * step];
    }
  }
}

class GemmOp final : public Op {
 public:
  explicit GemmOp(const GemmSettings& settings) : settings_(settings) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const TensorType &a = inputs[0].type, &b = inputs[1].type;
    if (!is_multiplied(a.dtype) || a.shape.rank() != 2) {
      refuse_value("a: expected a matrix of floats or of integers of 32 or 64 bits, received ",
                   type_text(a));
    }
    if (b.dtype != a.dtype || b.shape.rank() != 2) {
      refuse_value("b: expected a matrix of ", dtype_name(a.dtype), " as a, received ",
                   type_text(b));
    }
    if (a.dtype != DType::kF32 && a.dtype != DType::kF64) check_factors();
    const GemmShape shape = shape_of(inputs);
    if (b.shape[settings_.trans_b ? 1 : 0] != static_cast<std::int64_t>(shape.depth)) {
      refuse_value("b: expected a depth of ", shape.depth, " as a has, received ", type_text(b));
    }
    outputs[0] = {a.dtype, {signed_size(shape.rows), signed_size(shape.columns)}};
    if (inputs[2].present) check_added(inputs[2].type, outputs[0]);
  }

  std::size_t scratch_bytes(const Tensor* inputs, const Execution&) const override {
    const GemmShape shape = shape_of(inputs);
    const std::size_t bytes = dtype_bytes(inputs[0].type.dtype);
    const std::size_t of_a =
        settings_.trans_a ? transposed_bytes(shape.rows * shape.depth, bytes) : 0;
    if (inputs[0].type.dtype == DType::kF32) {
      return of_a +
             matmul_f32_scratch_bytes(shape.rows, shape.depth, shape.columns, settings_.trans_b);
    }
    return of_a + (settings_.trans_b ? transposed_bytes(shape.columns * shape.depth, bytes) : 0);
  }

  void run(const StepData& step, const Execution& execution) const override {
    const DType dtype = step.inputs[0].type.dtype;
    if (dtype == DType::kF32) return run_f32(step, execution);
    visit_plain_product(
        dtype, [&](auto tag) { run_plain<typename decltype(tag)::Type>(step, execution); });
  }

 private:
  static std::int64_t signed_size(std::size_t size) { return static_cast<std::int64_t>(size); }
  static std::size_t transposed_bytes(std::size_t elements, std::size_t bytes) {
    return round_up(elements * bytes, kAlignment);
  }

  GemmShape shape_of(const Tensor* inputs) const {
    const Tensor &a = inputs[0], &b = inputs[1];
    return {a.size(settings_.trans_a ? 1 : 0), a.size(settings_.trans_a ? 0 : 1),
            b.size(settings_.trans_b ? 0 : 1)};
  }

  void check_factors() const {
    for (const float factor : {settings_.alpha, settings_.beta}) {
      if (std::trunc(factor) == factor && std::fabs(factor) < 1e18f) continue;
      refuse_value("alpha, beta: expected whole numbers to scale integers, received ", factor);
    }
  }

  static void check_added(const TensorType& c, const TensorType& y) {
    bool fits = c.dtype == y.dtype && c.shape.rank() <= 2;
    for (std::size_t i = 0; fits && i < c.shape.rank(); ++i) {
      const std::int64_t size = c.shape[i];
      fits = size == 1 || size == y.shape[2 - c.shape.rank() + i];
    }
    if (!fits) {
      refuse_value("c: expected ", dtype_name(y.dtype), " that broadcasts to ", shape_text(y.shape),
                   ", received ", type_text(c));
    }
  }

  // Rows of a', written to the scratch if they have to be; moves the scratch on.
  template <class T>
  MatrixView<const T> rows_of_a(const StepData& step, const GemmShape& shape,
                                std::byte*& scratch) const {
    const T* a = step.inputs[0].values<T>();
    if (settings_.trans_a) {
      auto* transposed = reinterpret_cast<T*>(scratch);
      transpose(a, shape.depth, shape.rows, transposed);
      scratch += transposed_bytes(shape.rows * shape.depth, sizeof(T));
      a = transposed;
    }
    return {a, shape.rows, shape.depth, shape.depth};
  }

  template <class T>
  void finish(const StepData& step, MatrixView<T> y) const {
    if (!step.inputs[2].present && settings_.alpha == 1.0f) return;
    add_scaled(y, step.inputs[2], factor<T>(settings_.alpha), factor<T>(settings_.beta));
  }

  // Of integers modulo 2^n, as they are multiplied.
  template <class T>
  static T factor(float value) {
    if constexpr (std::is_floating_point_v<T>) {
      return static_cast<T>(value);
    } else {
      return static_cast<T>(static_cast<std::int64_t>(value));
    }
  }

  void run_f32(const StepData& step, const Execution& execution) const {
    const GemmShape shape = shape_of(step.inputs);
    std::byte* scratch = step.scratch;
    const MatrixView<const float> a = rows_of_a<float>(step, shape, scratch);
    const std::size_t b_rows = step.inputs[1].size(0), b_columns = step.inputs[1].size(1);
    const MatrixView<float> y = {step.outputs[0].f32_out(), shape.rows, shape.columns,
                                 shape.columns};
    matmul_f32({a, {step.inputs[1].f32(), b_rows, b_columns, b_columns}, settings_.trans_b, y},
               scratch, execution);
    finish(step, y);
  }

  template <class T>
  void run_plain(const StepData& step, const Execution& execution) const {
    const GemmShape shape = shape_of(step.inputs);
    std::byte* scratch = step.scratch;
    const MatrixView<const T> a = rows_of_a<T>(step, shape, scratch);
    const T* b = step.inputs[1].values<T>();
    if (settings_.trans_b) {
      transpose(b, shape.columns, shape.depth, reinterpret_cast<T*>(scratch));
      b = reinterpret_cast<const T*>(scratch);
    }
    const MatrixView<T> y = {step.outputs[0].values_out<T>(), shape.rows, shape.columns,
                             shape.columns};
    plain_matmul<T>(a, {b, shape.depth, shape.columns, shape.columns}, y, execution);
    finish(step, y);
  }

  const GemmSettings settings_;
};

}  // namespace

std::unique_ptr<Op> make_gemm(const OpRequest& request) {
  expect_inputs(request, {"a", "b", "c"}, 2);
  const Attributes& attributes = request.attributes;
  attributes.allow_only({"alpha", "beta", "trans_a", "trans_b"});
  const GemmSettings settings = {
      attributes.number_or("alpha", 1.0f), attributes.number_or("beta", 1.0f),
      attributes.flag_or("trans_a", false), attributes.flag_or("trans_b", false)};
  return std::make_unique<GemmOp>(settings);
}

}  // namespace fourfold
