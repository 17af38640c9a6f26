// matmul_integer: y = (a - a_zero) @ (b - b_zero) in int32, modulo 2^32, of NumPy's matmul.
//
// Inputs      a [..., M, K], b [..., K, N], each int8 or uint8; a_zero of a's type, one value or M;
//             b_zero of b's type, one value or N; an absent one is 0.
// Attributes  none.
// As in ONNX, but for a_zero and b_zero that differ from matrix to matrix.
#include <algorithm>
#include <memory>

#include "ops/checks.h"
#include "ops/quantization/integer_product.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

enum Input { kA, kB, kAZero, kBZero };

IntegerFactors factors_of(const Tensor* inputs) {
  return {inputs[kA], inputs[kAZero], inputs[kB], inputs[kBZero]};
}

class CopiedRows final : public IntegerRows {
 public:
  CopiedRows(std::int32_t* y, std::size_t columns) : y_(y), columns_(columns) {}
  void take(std::size_t row, Range columns, const std::int32_t* sums) const override {
    std::copy_n(sums, columns.size(), y_ + row * columns_ + columns.begin);
  }

 private:
  std::int32_t* const y_;
  const std::size_t columns_;
};

class MatmulIntegerOp final : public Op {
 public:
  MatmulIntegerOp(const OpInput& b, const OpInput& b_zero) : product_(b, b_zero) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    outputs[0] = {DType::kS32, product_.infer(factors_of(inputs))};
  }

  std::size_t scratch_bytes(const Tensor* inputs, const Execution& execution) const override {
    return product_.scratch_bytes(factors_of(inputs), execution);
  }

  void run(const StepData& step, const Execution& execution) const override {
    const IntegerFactors factors = factors_of(step.inputs);
    const CopiedRows rows(step.outputs[0].values_out<std::int32_t>(), factors.columns());
    product_.run(factors, rows, step.scratch, execution);
  }

 private:
  const IntegerProduct product_;
};

}  // namespace

std::unique_ptr<Op> make_matmul_integer(const OpRequest& request) {
  expect_inputs(request, {"a", "b", "a_zero", "b_zero"}, 2);
  request.attributes.allow_only({});
  return std::make_unique<MatmulIntegerOp>(request.inputs[kB], request.inputs[kBZero]);
}

}  // namespace fourfold
