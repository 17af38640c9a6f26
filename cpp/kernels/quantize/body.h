// The quantize kernels, written once. Include after one vocabulary of kernels/simd.
#pragma once

#include "kernels/quantize/quantize.h"
#include "kernels/simd/common.h"
// These build on that.
#include "kernels/activation/hard.h"
#include "kernels/quantize/scaling.h"
#include "kernels/reduce/absmax.h"
// These on those.
#include "kernels/quantize/rows.h"
#include "kernels/quantize/terms.h"
// And each on the one before.
#include "kernels/quantize/convert.h"
#include "kernels/quantize/sums.h"

namespace fourfold {
namespace {

constexpr QuantizeKernels quantize_kernels_on(Isa isa) {
  return {isa,        quantize_rows, quantize_rows_of_absmax, quantize_fixed, track_absmax,
          dequantize, requantize,    affine_columns};
}

}  // namespace
}  // namespace fourfold
