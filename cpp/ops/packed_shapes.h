// Packed weights and what goes with them as tensors: their shapes.
#pragma once

#include "matmul/packed_weights.h"
#include "ops/tensor.h"

namespace fourfold {

constexpr std::int64_t signed_size(std::size_t size) {
  return static_cast<std::int64_t>(size);
}

// One value for each column, as the kernels read them: [N], N being columns padded to 16.
inline Shape per_column_shape(std::size_t columns) {
  return {signed_size(padded_columns(columns))};
}

// int8 [N / 16, K / 4, 16, 4], K being depth padded to 64.
inline Shape packed_s8_shape(std::size_t depth, std::size_t columns) {
  return {signed_size(padded_columns(columns) / kPanelColumns),
          signed_size(padded_depth(depth) / kDepthGroup), signed_size(kPanelColumns),
          signed_size(kDepthGroup)};
}

// int8 [depth, columns].
inline Shape plain_s8_shape(std::size_t depth, std::size_t columns) {
  return {signed_size(depth), signed_size(columns)};
}

// float32 [N / 16, depth, 16].
inline Shape packed_f32_shape(std::size_t depth, std::size_t columns) {
  return {signed_size(padded_columns(columns) / kPanelColumns), signed_size(depth),
          signed_size(kPanelColumns)};
}

}  // namespace fourfold
