// The binary kernels, written once. Include after one vocabulary of kernels/simd.
#pragma once

#include <cstddef>

#include "kernels/binary/binary.h"
#include "kernels/math/in_float64.h"
#include "kernels/simd/common.h"
// Ours build on those.
#include "kernels/binary/operations.h"
#include "kernels/binary/pow.h"

namespace fourfold {
namespace {

constexpr BinaryKernels binary_kernels_on(Isa isa) {
  return {isa,
          {
#define FOURFOLD_BINARY(name, kernel) kernel,
#include "kernels/binary/operations.inc"
#undef FOURFOLD_BINARY
          }};
}

}  // namespace
}  // namespace fourfold
