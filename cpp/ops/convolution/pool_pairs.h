// Maxima of planes under windows of two columns, side by side and inside x: straight from x. Those of
// a network whose every pooling halves its images take a third of the time that they take from a
// band.
#pragma once

#include <cstddef>

#include "ops/convolution/pool_f32.h"

namespace fourfold {

bool can_pool_pairs(const PoolShape& shape, PoolKind kind);

// x and y [planes, height, width]. `offsets`: memory for as many as the window has rows.
void max_pool_pairs(const PoolShape& shape, const float* x, float* y, std::size_t* offsets,
                    const Execution& execution);

}  // namespace fourfold
