// depthwise_s8 with vpdpbusd on ymm registers: a register of slots is 4 rows of 8 channels.
//
//   instruction                       here, per 4 rows of 32 channels
//   vpermd ymm, [x]                   4   so that what is unpacked comes out in order
//   vpunpck{l,h}{bw,wd} ymm           8
//   vpdpbusd ymm                      4 x rows of output x points of a window row
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "base/unroll.h"
#include "kernels/depthwise_s8/depthwise_s8.h"
#include "kernels/simd/force_inline.h"

namespace fourfold {
namespace {

constexpr std::size_t kLanes = 8;
constexpr std::size_t kGroup = 4;
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
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}
FOURFOLD_INLINE Sums dot(Sums sums_i32x8, Slot slot_u8x32, Weights weights_s8x32) {
  return _mm256_dpbusd_avx_epi32(sums_i32x8, slot_u8x32, weights_s8x32);
}

constexpr std::size_t kChannelsAtOnce = 32;

// 32 channels of a row, in 4-byte pieces transposed as a 2 x 4 matrix: unpacking works within 128
// bits.
FOURFOLD_INLINE __m256i load_transposed(const std::int8_t* row) {
  const __m256i flips = _mm256_set1_epi8(static_cast<char>(0x80));
  const __m256i order = _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7);
  const __m256i channels_s8x32 = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(row));
  return _mm256_xor_si256(_mm256_permutevar8x32_epi32(channels_s8x32, order), flips);
}

FOURFOLD_INLINE void interleave_whole(const std::int8_t* const (&rows)[kGroup],
                                      std::uint8_t* slot) {
  const __m256i a = load_transposed(rows[0]), b = load_transposed(rows[1]);
  const __m256i c = load_transposed(rows[2]), d = load_transposed(rows[3]);
  const __m256i ab[] = {_mm256_unpacklo_epi8(a, b), _mm256_unpackhi_epi8(a, b)};
  const __m256i cd[] = {_mm256_unpacklo_epi8(c, d), _mm256_unpackhi_epi8(c, d)};
  const __m256i slots[] = {_mm256_unpacklo_epi16(ab[0], cd[0]), _mm256_unpackhi_epi16(ab[0], cd[0]),
                           _mm256_unpacklo_epi16(ab[1], cd[1]),
                           _mm256_unpackhi_epi16(ab[1], cd[1])};
  FOURFOLD_UNROLL
  for (std::size_t v = 0; v < kChannelsAtOnce / kLanes; ++v)
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(slot + v * sizeof(Slot)), slots[v]);
}

}  // namespace
}  // namespace fourfold

// What is above comes first: it is written over it.
#include "kernels/depthwise_s8/ragged.h"
// And the body over both.
#include "kernels/depthwise_s8/body.h"

namespace fourfold {

extern const DepthwiseS8Kernels depthwise_s8_avxvnni = {Isa::kAvxVnni, kGroup, /*flip=*/0x80,
                                                        interleave, convolve};

}  // namespace fourfold
