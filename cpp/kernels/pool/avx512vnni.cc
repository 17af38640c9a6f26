#include "kernels/simd/avx512.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/pool/body.h"
#include "kernels/pool/larger_s8_x86.h"

namespace fourfold {
namespace {

struct Bytes64 {
  static constexpr std::size_t kBytes = 64;
  static FOURFOLD_INLINE void join(const std::int8_t* x, std::int8_t* y) {
    _mm512_storeu_si512(y, _mm512_max_epi8(_mm512_loadu_si512(x), _mm512_loadu_si512(y)));
  }
};

}  // namespace

extern const PoolKernels pool_avx512vnni =
    pool_kernels_on(Isa::kAvx512Vnni, larger_s8<Bytes64, Bytes32, Bytes16, OneByte>);

}  // namespace fourfold
