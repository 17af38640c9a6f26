// depthwise_s8 on plain AVX2, exact: slots are pairs of rows widened to int16, for vpmaddwd.
//
//   instruction                       here, per 2 rows of 16 channels
//   vpunpck{l,h}bw xmm                2
//   vpmovsxbw ymm                     2
//   vpmaddwd, vpaddd ymm              2 x rows of output x points of a window row, of each
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/simd/force_inline.h"

namespace fourfold {
namespace {

constexpr std::size_t kLanes = 8;
constexpr std::size_t kGroup = 2;
constexpr std::size_t kColumnsOf4 = 2;
constexpr std::size_t kColumnsOf2 = 4;
constexpr std::size_t kColumnsOf1 = 8;

using Sums = __m256i;
using Slot = __m256i;
using Weights = __m256i;

FOURFOLD_INLINE Sums load_sums(const std::int32_t* from) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}
FOURFOLD_INLINE void store_sums(std::int32_t* to, Sums sums_i32x8) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), sums_i32x8);
}
FOURFOLD_INLINE Slot load_slot(const std::uint8_t* from) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}
FOURFOLD_INLINE void keep([[maybe_unused]] Slot& slot) {
#if defined(__GNUC__)
  asm("" : "+x"(slot));
#endif
}
FOURFOLD_INLINE Weights load_weights(const std::int8_t* from) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
}
FOURFOLD_INLINE Sums dot(Sums sums_i32x8, Slot slot_s16x16, Weights weights_s16x16) {
  return _mm256_add_epi32(sums_i32x8, _mm256_madd_epi16(slot_s16x16, weights_s16x16));
}

constexpr std::size_t kChannelsAtOnce = 16;

FOURFOLD_INLINE __m128i load_row(const std::int8_t* row) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(row));
}

FOURFOLD_INLINE void interleave_whole(const std::int8_t* const (&rows)[kGroup],
                                      std::uint8_t* slot) {
  const __m128i a = load_row(rows[0]), b = load_row(rows[1]);
  store_sums(reinterpret_cast<std::int32_t*>(slot), _mm256_cvtepi8_epi16(_mm_unpacklo_epi8(a, b)));
  store_sums(reinterpret_cast<std::int32_t*>(slot + sizeof(Slot)),
             _mm256_cvtepi8_epi16(_mm_unpackhi_epi8(a, b)));
}

}  // namespace
}  // namespace fourfold

// What is above comes first: it is written over it.
#include "kernels/depthwise_s8/ragged.h"
// And the body over both.
#include "kernels/depthwise_s8/body.h"

namespace fourfold {

extern const DepthwiseS8Kernels depthwise_s8_avx2 = {Isa::kAvx2, kGroup, /*flip=*/0x00, interleave,
                                                     convolve};

}  // namespace fourfold
