// The normalize kernels, written once. Include after one vocabulary of kernels/simd.
#pragma once

#include <cstddef>

#include "kernels/normalize/normalize.h"
#include "kernels/simd/common.h"
#include "kernels/simd/virtual_lanes.h"
// These build on those.
#include "kernels/reduce/absmax.h"
#include "kernels/reduce/moments.h"
// Ours on all of them.
#include "kernels/normalize/affine.h"
#include "kernels/normalize/unit_norm.h"
// This on the squares there.
#include "kernels/normalize/layer_norm.h"

namespace fourfold {
namespace {

constexpr NormalizeKernels normalize_kernels_on(Isa isa) {
  return {isa,
          over_all_rows<LayerNormBlock, layer_norm_rows<kRowsAtOnce>, layer_norm_rows<1>>,
          over_all_rows<LayerNormBlock, rms_norm_rows<kRowsAtOnce>, rms_norm_rows<1>>,
          unit_norm<l1_of>,
          unit_norm<l2_of>,
          unit_norm<absmax>,
          affine_columns,
          affine_rows};
}

}  // namespace
}  // namespace fourfold
