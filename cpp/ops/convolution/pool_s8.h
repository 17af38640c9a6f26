// Pooling of int8 [N, ..., C]: exact sums in int32, and one factor for each.
#pragma once

#include <cstddef>
#include <cstdint>

#include "matmul/execution.h"
#include "ops/convolution/pool_shape.h"
#include "ops/scale_attribute.h"
#include "ops/tensor.h"

namespace fourfold {

// The scales of x and y; 0 for none. y is int8 if it has one, else float32.
struct PoolScales {
  float input;
  float output;
  float input_zero;
  S8Range output_range;

  DType y_dtype() const { return output == 0.0f ? DType::kF32 : DType::kS8; }
};

// Reads input_scale, output_scale and their zeros; refuses the output's without the input's.
PoolScales pool_scales(const Attributes& attributes);

// The largest under each window, in the scale of x; -128 of nothing.
void max_pixels_s8(const PoolShape& shape, const std::int8_t* x, std::int8_t* y,
                   const Execution& execution);

// float(sum) * (scale of x / count) less what x's zero stands for, quantized if y is int8.
std::size_t average_pixels_s8_scratch(const PoolShape& shape, const Execution& execution);
void average_pixels_s8(const PoolShape& shape, const PoolScales& scales, bool counts_border,
                       const std::int8_t* x, const Tensor& y, std::byte* scratch,
                       const Execution& execution);

// Refuses x [N, ..., C] of more positions than an int32 sum has room for.
void check_positions_s8(const Shape& x);

// x [images, positions, channels]. The mean as above, or float(largest) * scale of x.
struct GlobalPoolShape {
  std::size_t images;
  std::size_t positions;
  std::size_t channels;
};
void global_pool_s8(const GlobalPoolShape& shape, const PoolScales& scales, PoolKind kind,
                    const std::int8_t* x, const Tensor& y, const Execution& execution);

}  // namespace fourfold
