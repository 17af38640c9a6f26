// depthwise_s8 with vpdpbusd on zmm registers: a register of slots is 4 rows of 16 channels.
//
//   instruction                       here, per 4 rows of 64 channels
//   vpermd zmm, [x]                   4   so that what is unpacked comes out in order
//   vpunpck{l,h}{bw,wd} zmm           8
//   vpdpbusd zmm                      4 x rows of output x points of a window row
//
// On Intel all shuffles have one port and vpdpbusd two: what the slots are shared by hides them.
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "base/unroll.h"
#include "kernels/depthwise_s8/depthwise_s8.h"
#include "kernels/simd/force_inline.h"

namespace fourfold {
namespace {

constexpr std::size_t kLanes = 16;
constexpr std::size_t kGroup = 4;
constexpr std::size_t kColumnsOf4 = 4;
constexpr std::size_t kColumnsOf2 = 8;
constexpr std::size_t kColumnsOf1 = 8;

using Sums = __m512i;
using Slot = __m512i;
using Weights = __m512i;

FOURFOLD_INLINE Sums load_sums(const std::int32_t* from) {
  return _mm512_loadu_si512(from);
}
FOURFOLD_INLINE void store_sums(std::int32_t* to, Sums sums_i32x16) {
  _mm512_storeu_si512(to, sums_i32x16);
}
FOURFOLD_INLINE Slot load_slot(const std::uint8_t* from) {
  return _mm512_loadu_si512(from);
}
FOURFOLD_INLINE void keep([[maybe_unused]] Slot& slot) {
#if defined(__GNUC__)
  asm("" : "+v"(slot));
#endif
}
FOURFOLD_INLINE Weights load_weights(const std::int8_t* from) {
  return _mm512_loadu_si512(from);
}
FOURFOLD_INLINE Sums dot(Sums sums_i32x16, Slot slot_u8x64, Weights weights_s8x64) {
  return _mm512_dpbusd_epi32(sums_i32x16, slot_u8x64, weights_s8x64);
}

constexpr std::size_t kChannelsAtOnce = 64;
constexpr bool kReadsOn = false;

// 64 channels of a row, those in the mask, in 4-byte pieces transposed as a 4 x 4 matrix: unpacking
// works within 128 bits.
FOURFOLD_INLINE __m512i load_transposed(const std::int8_t* row, __mmask64 mask) {
  const __m512i flips = _mm512_set1_epi8(static_cast<char>(0x80));
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m512i channels_s8x64 = _mm512_maskz_loadu_epi8(mask, row);
  return _mm512_xor_si512(_mm512_permutexvar_epi32(order, channels_s8x64), flips);
}

FOURFOLD_INLINE void interleave_channels(const std::int8_t* const (&rows)[kGroup],
                                         std::size_t channels, std::uint8_t* slot) {
  const __mmask64 mask = ~__mmask64{0} >> (kChannelsAtOnce - channels);
  const __m512i a = load_transposed(rows[0], mask), b = load_transposed(rows[1], mask);
  const __m512i c = load_transposed(rows[2], mask), d = load_transposed(rows[3], mask);
  const __m512i ab[] = {_mm512_unpacklo_epi8(a, b), _mm512_unpackhi_epi8(a, b)};
  const __m512i cd[] = {_mm512_unpacklo_epi8(c, d), _mm512_unpackhi_epi8(c, d)};
  const __m512i slots[] = {_mm512_unpacklo_epi16(ab[0], cd[0]), _mm512_unpackhi_epi16(ab[0], cd[0]),
                           _mm512_unpacklo_epi16(ab[1], cd[1]),
                           _mm512_unpackhi_epi16(ab[1], cd[1])};
  FOURFOLD_UNROLL
  for (std::size_t v = 0; v < kChannelsAtOnce / kLanes; ++v) {
    if (v * kLanes < channels) _mm512_storeu_si512(slot + v * sizeof(Slot), slots[v]);
  }
}

}  // namespace
}  // namespace fourfold

// The words come first: the body is written over them.
#include "kernels/depthwise_s8/body.h"

namespace fourfold {

extern const DepthwiseS8Kernels depthwise_s8_avx512vnni = {Isa::kAvx512Vnni, kGroup, /*flip=*/0x80,
                                                           interleave, convolve};

}  // namespace fourfold
