// depthwise_s8, strip by strip: x [N, ..., C] to slots, to sums, to y, all of it in L1.
#pragma once

#include <cstddef>

#include "matmul/epilogue.h"
#include "matmul/execution.h"
#include "ops/convolution/depthwise_s8_weights.h"

namespace fourfold {

struct DepthwiseS8Data {
  const std::int8_t* x;
  float input_scale;
  std::int8_t border;  // what 0 is in x
  Residual residual;   // [positions, channels], and so is y
  Output output;
  const EpilogueSettings& settings;
};

std::size_t depthwise_s8_scratch(const DepthwiseS8Shape& shape, const DepthwiseS8Plan& plan,
                                 const Execution& execution);
void depthwise_s8(const DepthwiseS8Shape& shape, const DepthwiseS8Plan& plan,
                  const DepthwiseS8Weights& weights, const DepthwiseS8Data& data,
                  std::byte* scratch, const Execution& execution);

}  // namespace fourfold
