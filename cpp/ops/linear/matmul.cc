// matmul: y = a @ b, as NumPy's matmul.
//
// Inputs      a, b of one type: float32 (in the order of sums of kernels/gemm_f32), float64, and
//             32- and 64-bit integers, which wrap around.
// Attributes  none.
#include <algorithm>
#include <memory>

#include "base/check.h"
#include "matmul/matmul_f32.h"
#include "ops/checks.h"
#include "ops/linear/plain_matmul.h"
#include "ops/linear/product_shape.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

// Work below this, about 8 microseconds of vector kernels, is done faster than a worker wakes.
constexpr std::size_t kMultiplyAddsPerPart = 400000;

template <class T>
struct Matrices {
  const ProductShape& shape;
  const StepData& step;

  MatrixView<const T> a(std::size_t batch) const {
    const T* data = step.inputs[0].values<T>() + shape.a_matrix(batch) * shape.rows * shape.depth;
    return {data, shape.rows, shape.depth, shape.depth};
  }
  MatrixView<const T> b(std::size_t batch) const {
    const T* data =
        step.inputs[1].values<T>() + shape.b_matrix(batch) * shape.depth * shape.columns;
    return {data, shape.depth, shape.columns, shape.columns};
  }
  MatrixView<T> y(std::size_t batch) const {
    T* data = step.outputs[0].values_out<T>() + batch * shape.rows * shape.columns;
    return {data, shape.rows, shape.columns, shape.columns};
  }
};

// Batches are shared out over this many threads; if it is 1, each is shared out itself.
std::size_t batch_parts(const ProductShape& shape, const Execution& execution) {
  if (shape.batches() < execution.threads) return 1;
  const std::size_t worth =
      shape.batches() * shape.rows * shape.depth * shape.columns / kMultiplyAddsPerPart;
  return std::clamp<std::size_t>(worth, 1, execution.threads);
}

std::size_t part_scratch(const ProductShape& shape) {
  return matmul_f32_scratch_bytes(shape.rows, shape.depth, shape.columns, false);
}

void multiply_f32(const ProductShape& shape, const StepData& step, const Execution& execution) {
  const Matrices<float> matrices = {shape, step};
  const std::size_t parts = batch_parts(shape, execution);
  const Execution of_part = {execution.isa, parts == 1 ? execution.threads : 1, execution.pool};
  execution.pool->run(parts, [&](std::size_t part) {
    const Range batches = part_of(shape.batches(), 1, parts, part);
    for (std::size_t batch = batches.begin; batch < batches.end; ++batch) {
      matmul_f32({matrices.a(batch), matrices.b(batch), false, matrices.y(batch)},
                 step.scratch + part * part_scratch(shape), of_part);
    }
  });
}

class MatmulOp final : public Op {
 public:
  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const TensorType &a = inputs[0].type, &b = inputs[1].type;
    if (!is_multiplied(a.dtype)) {
      refuse_value("a: expected float32, float64, int32, uint32, int64 or uint64, received ",
                   type_text(a));
    }
    if (b.dtype != a.dtype) {
      refuse_value("b: expected ", dtype_name(a.dtype), " as a, received ", type_text(b));
    }
    outputs[0] = {a.dtype, ProductShape(a.shape, b.shape).output()};
  }

  std::size_t scratch_bytes(const Tensor* inputs, const Execution& execution) const override {
    if (inputs[0].type.dtype != DType::kF32) return 0;
    const ProductShape shape(inputs[0].shape(), inputs[1].shape());
    return batch_parts(shape, execution) * part_scratch(shape);
  }

  void run(const StepData& step, const Execution& execution) const override {
    const ProductShape shape(step.inputs[0].shape(), step.inputs[1].shape());
    if (step.inputs[0].type.dtype == DType::kF32) return multiply_f32(shape, step, execution);
    visit_plain_product(step.inputs[0].type.dtype, [&](auto tag) {
      const Matrices<typename decltype(tag)::Type> matrices = {shape, step};
      for (std::size_t batch = 0; batch < shape.batches(); ++batch)
        plain_matmul(matrices.a(batch), matrices.b(batch), matrices.y(batch), execution);
    });
  }
};

}  // namespace

std::unique_ptr<Op> make_matmul(const OpRequest& request) {
  expect_inputs(request, {"a", "b"});
  request.attributes.allow_only({});
  return std::make_unique<MatmulOp>();
}

}  // namespace fourfold
