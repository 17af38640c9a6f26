#include "kernels/simd/neon.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/pool/body.h"
#include "kernels/pool/larger_s8.h"

namespace fourfold {
namespace {

struct Bytes16 {
  static constexpr std::size_t kBytes = 16;
  static FOURFOLD_INLINE void join(const std::int8_t* x, std::int8_t* y) {
    vst1q_s8(y, vmaxq_s8(vld1q_s8(x), vld1q_s8(y)));
  }
};

}  // namespace

extern const PoolKernels pool_neon = pool_kernels_on(Isa::kNeon, larger_s8<Bytes16, OneByte>);

}  // namespace fourfold
