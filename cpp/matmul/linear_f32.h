// The float32 linear layer: y = activation(x @ weight + bias). See kernels/gemm_f32 for the order
// of summation.
#pragma once

#include "base/matrix_view.h"
#include "kernels/activation/activation.h"
#include "matmul/execution.h"
#include "matmul/packed_weights.h"

namespace fourfold {

struct LinearF32 {
  PackedF32 weight;
  const float* bias;  // padded_columns(columns), or null
  Activation activation;
  float alpha;
};

void linear_f32(const LinearF32& layer, MatrixView<const float> x, MatrixView<float> y,
                const Execution& execution);

}  // namespace fourfold
