// det: y[...] = the determinant of the square matrix x[..., :, :].
//
// By LU decomposition with partial pivoting, in float64 for float32 too: rounded once at the end.
// The determinant of a matrix of no rows is 1.
//
// Inputs      x float32 or float64 [..., n, n].
// Attributes  none.
// As ONNX Det.
#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

// The row, from `first` on, with the largest element in column `first`.
std::size_t pivot_of(const double* matrix, std::size_t n, std::size_t first) {
  std::size_t pivot = first;
  for (std::size_t row = first + 1; row < n; ++row) {
    if (std::fabs(matrix[row * n + first]) > std::fabs(matrix[pivot * n + first])) pivot = row;
  }
  return pivot;
}

// Overwrites the matrix.
double determinant(double* matrix, std::size_t n) {
  double product = 1;
  for (std::size_t k = 0; k < n; ++k) {
    double* row_k = matrix + k * n;
    const std::size_t pivot = pivot_of(matrix, n, k);
    if (pivot != k) {
      std::swap_ranges(row_k, row_k + n, matrix + pivot * n);
      product = -product;
    }
    product *= row_k[k];
    if (row_k[k] == 0) continue;  // the product stays 0, or NaN
    for (std::size_t row = k + 1; row < n; ++row) {
      double* values = matrix + row * n;
      const double factor = values[k] / row_k[k];
      for (std::size_t column = k + 1; column < n; ++column)
        values[column] -= factor * row_k[column];
    }
  }
  return product;
}

template <class T>
void run_typed(const StepData& step, const Execution& execution) {
  const Tensor& x = step.inputs[0];
  const std::size_t n = x.size(x.rank() - 1);
  T* y = step.outputs[0].values_out<T>();
  share_out_parts(element_count(step.outputs[0].shape()), n * n * n, execution,
                  [&](Range range, std::size_t part) {
                    double* matrix = reinterpret_cast<double*>(step.scratch) + part * n * n;
                    for (std::size_t i = range.begin; i < range.end; ++i) {
                      std::copy_n(x.values<T>() + i * n * n, n * n, matrix);
                      y[i] = static_cast<T>(determinant(matrix, n));
                    }
                  });
}

class DetOp final : public Op {
 public:
  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const TensorType& x = inputs[0].type;
    const std::size_t rank = x.shape.rank();
    const bool is_float = x.dtype == DType::kF32 || x.dtype == DType::kF64;
    if (!is_float || rank < 2 || x.shape[rank - 1] != x.shape[rank - 2]) {
      refuse_value("x: expected square matrices of float32 or float64, received ", type_text(x));
    }
    outputs[0] = {x.dtype, {}};
    for (std::size_t axis = 0; axis + 2 < rank; ++axis)
      outputs[0].shape.append(x.shape[axis]);
  }

  std::size_t scratch_bytes(const Tensor* inputs, const Execution& execution) const override {
    const std::size_t n = inputs[0].size(inputs[0].rank() - 1);
    return execution.threads * n * n * sizeof(double);
  }

  void run(const StepData& step, const Execution& execution) const override {
    const bool is_f32 = step.inputs[0].type.dtype == DType::kF32;
    is_f32 ? run_typed<float>(step, execution) : run_typed<double>(step, execution);
  }
};

}  // namespace

std::unique_ptr<Op> make_det(const OpRequest& request) {
  expect_inputs(request, {"x"});
  request.attributes.allow_only({});
  return std::make_unique<DetOp>();
}

}  // namespace fourfold
