// The activation kernels, written once. Include after one vocabulary of kernels/simd.
#pragma once

#include <cstddef>

#include "kernels/activation/activation.h"
#include "kernels/simd/common.h"
#include "kernels/simd/virtual_lanes.h"
// These build on those.
#include "kernels/math/exp.h"
// These on exp.
#include "kernels/math/log.h"
#include "kernels/math/sigmoid.h"
// Ours on all of them.
#include "kernels/activation/elementwise.h"
#include "kernels/activation/hard.h"
#include "kernels/activation/softmax.h"

namespace fourfold {
namespace {

constexpr ActivationKernels activation_kernels_on(Isa isa) {
  return {isa,
          elementwise<identity>,
          elementwise<relu>,
          elementwise<leaky_relu>,
          elementwise<elu>,
          elementwise<gelu>,
          elementwise<gelu_tanh>,
          elementwise<silu>,
          elementwise<tanh>,
          elementwise<sigmoid>,
          elementwise<hard_sigmoid>,
          elementwise<hard_swish>,
          over_all_rows<ActivationBlock, softmax_rows<kRowsAtOnce>, softmax_rows<1>>,
          over_all_rows<ActivationBlock, log_softmax_rows<kRowsAtOnce>, log_softmax_rows<1>>};
}

}  // namespace
}  // namespace fourfold
