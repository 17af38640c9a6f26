// A transposed convolution whose window is its stride, without borders: each position of x makes a
// patch of y of its own.
//
//   y[f][i * stride + k] = b[f] + sum over channels c of x[c][i] * w[c][f][k]
//
// One product of all points and filters, whose rows are then interleaved.
#pragma once

#include "ops/convolution/conv_f32.h"

namespace fourfold {

// shape.window is that of the convolution from y to x, as fit_transposed gives it.
bool makes_patches(const Window& whole);

std::size_t transposed_patches_scratch(const ConvShape& shape, const Execution& execution);

// weight: as order_for_phases gives it, [points][groups * filters][channels].
void transposed_patches(const ConvShape& shape, const ConvData& data, const float* weight,
                        std::byte* scratch, const Execution& execution);

}  // namespace fourfold
