// A convolution's weight [groups * filters, channels, points] in the orders in which conv_f32 reads
// it:
//
//   by columns  [groups * filters][points][channels]
//   by planes   as it is
//   by rows     of each group packed_f32 of [points, channels][filters] (matmul/packed_weights.h);
//               then, if there is one, the bias, padded to whole panels in each group
//   by pixels   [points][groups]
#pragma once

#include <cstddef>

#include "ops/convolution/conv_f32.h"

namespace fourfold {

// Without the bias.
std::size_t rows_weight_elements(const ConvShape& shape);

std::size_t ordered_weight_elements(const ConvShape& shape, ConvWay way, bool has_bias);

// Ways that read the weight as it is.
bool is_ordered(const ConvShape& shape, ConvWay way);

// bias: null if there is none.
void order_weight(const ConvShape& shape, ConvWay way, const float* weight, const float* bias,
                  float* to);

}  // namespace fourfold
