// What the AMX kernel does between its tile operations. Included by amx.cc alone.
//
// The steps of the interlude and the lines ahead are shared out over the call's groups of operations,
// a group being those of 64 depths: after g of them, floor(g * steps / groups) steps are done, and
// the lines likewise (Bresenham's line: no division).
#pragma once

#include <immintrin.h>

#include <cstddef>

#include "kernels/gemm_s8/gemm_s8.h"

namespace fourfold {
namespace {

constexpr std::size_t kCacheLine = 64;

class Between {
 public:
  Between(const GemmS8Block& block, const Interlude& interlude, std::size_t groups)
      : interlude_(interlude),
        groups_(groups),
        ahead_(reinterpret_cast<const char*>(block.ahead)),
        lines_((block.ahead_bytes + kCacheLine - 1) / kCacheLine) {}

  void after_group() {
    for (steps_due_ += interlude_.steps; steps_due_ >= groups_; steps_due_ -= groups_)
      interlude_.step(interlude_.state);
    for (lines_due_ += lines_; lines_due_ >= groups_; lines_due_ -= groups_) {
      _mm_prefetch(ahead_, _MM_HINT_T1);
      ahead_ += kCacheLine;
    }
  }

  // Depth 0 has no groups: all steps are left.
  void finish() {
    if (groups_ > 0) return;
    for (std::size_t step = 0; step < interlude_.steps; ++step)
      interlude_.step(interlude_.state);
  }

 private:
  const Interlude interlude_;
  const std::size_t groups_;
  const char* ahead_;
  const std::size_t lines_;
  std::size_t steps_due_ = 0;
  std::size_t lines_due_ = 0;
};

}  // namespace
}  // namespace fourfold
