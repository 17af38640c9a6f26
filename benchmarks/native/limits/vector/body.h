// The loops, written once. Include after one vocabulary of kernels/simd.
#pragma once

#include "base/unroll.h"
#include "limits/vector/vector.h"

namespace fourfold {
namespace {

constexpr int kSums = 12;  // hide the latency of an fma, and fit in 16 registers
constexpr std::size_t kReads = 8;

volatile float float_sink;
volatile std::int32_t integer_sink;

// Sums go to 1 and stay there: no infinity or denormal slows a CPU down.
void fma() {
  const F32 half = broadcast(0.5f);
  F32 sums[kSums];
  FOURFOLD_UNROLL
  for (int s = 0; s < kSums; ++s)
    sums[s] = broadcast(static_cast<float>(s));
  for (int step = 0; step < kFmaSteps; ++step) {
    FOURFOLD_UNROLL
    for (int s = 0; s < kSums; ++s)
      sums[s] = fma(sums[s], half, half);
  }
  FOURFOLD_UNROLL
  for (int s = 1; s < kSums; ++s)
    sums[0] = sums[0] + sums[s];
  float lanes[kLanes];
  store(lanes, sums[0]);
  float_sink = lanes[0];
}

// Each load goes into a sum of its own: the additions keep up with any cache. Prefetching
// `ahead_bytes` costs load slots, which only L1 can fill.
template <std::size_t ahead_bytes>
void read(const std::int32_t* from, std::size_t count) {
  I32 sums[kReads];
  FOURFOLD_UNROLL
  for (std::size_t s = 0; s < kReads; ++s)
    sums[s] = broadcast_i32(0);
  for (std::size_t i = 0; i < count; i += kReads * kLanes) {
    FOURFOLD_UNROLL
    for (std::size_t s = 0; s < kReads; ++s) {
      const std::int32_t* vector = from + i + s * kLanes;
      if (ahead_bytes > 0) __builtin_prefetch(reinterpret_cast<const char*>(vector) + ahead_bytes);
      sums[s] = sums[s] + load_i32(vector);
    }
  }
  FOURFOLD_UNROLL
  for (std::size_t s = 1; s < kReads; ++s)
    sums[0] = sums[0] + sums[s];
  integer_sink = max_lane(sums[0]);
}

constexpr VectorLimits vector_limits_on(Isa isa) {
  return {isa, 2 * kSums * kLanes, fma, read<0>, read<4096>};
}

}  // namespace
}  // namespace fourfold
