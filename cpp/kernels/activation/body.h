// The activation kernels, written once. Include after one vocabulary of kernels/simd.
#pragma once

#include <cstddef>

#include "kernels/activation/activation.h"
#include "kernels/simd/common.h"
#include "kernels/simd/virtual_lanes.h"
// Ours build on those.
#include "kernels/activation/exp.h"
// And these on exp.
#include "kernels/activation/elementwise.h"
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
          softmax,
          log_softmax};
}

}  // namespace
}  // namespace fourfold
