// The SIMD vocabulary with eight lanes: AVX2 and FMA. Defined by scalar.h.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/simd/force_inline.h"

namespace fourfold {
namespace {

constexpr std::size_t kLanes = 8;

struct F32 {
  __m256 v;
};

struct I32 {
  __m256i v;
};

struct Mask {
  __m256 v;  // all bits of a lane, or none
};

// The first n lanes set: AVX2 masks memory by vectors, which are cheapest read from a window over a
// table.
FOURFOLD_INLINE __m256i first_lanes_mask(std::size_t n) {
  alignas(64) static constexpr std::int32_t kWindow[2 * kLanes] = {-1, -1, -1, -1, -1, -1, -1, -1};
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kWindow + kLanes - n));
}

FOURFOLD_INLINE F32 broadcast(float value) {
  return {_mm256_set1_ps(value)};
}
FOURFOLD_INLINE F32 load(const float* from) {
  return {_mm256_loadu_ps(from)};
}
FOURFOLD_INLINE F32 load(const float* from, std::size_t n) {
  return {_mm256_maskload_ps(from, first_lanes_mask(n))};
}
FOURFOLD_INLINE void store(float* to, F32 a) {
  _mm256_storeu_ps(to, a.v);
}
FOURFOLD_INLINE void store(float* to, F32 a, std::size_t n) {
  _mm256_maskstore_ps(to, first_lanes_mask(n), a.v);
}

// The shuffle works within 128 bits: two lanes of a, two of b, then the next of each.
FOURFOLD_INLINE F32 even_lanes(F32 a, F32 b) {
  const __m256 halves = _mm256_shuffle_ps(a.v, b.v, _MM_SHUFFLE(2, 0, 2, 0));
  const __m256d in_order = _mm256_permute4x64_pd(_mm256_castps_pd(halves), _MM_SHUFFLE(3, 1, 2, 0));
  return {_mm256_castpd_ps(in_order)};
}

FOURFOLD_INLINE F32 odd_lanes(F32 a, F32 b) {
  const __m256 halves = _mm256_shuffle_ps(a.v, b.v, _MM_SHUFFLE(3, 1, 3, 1));
  const __m256d in_order = _mm256_permute4x64_pd(_mm256_castps_pd(halves), _MM_SHUFFLE(3, 1, 2, 0));
  return {_mm256_castpd_ps(in_order)};
}

// The unpacks work within 128 bits: the low halves of both are lanes 0 to 3 of either.
FOURFOLD_INLINE F32 interleave_low(F32 a, F32 b) {
  return {_mm256_permute2f128_ps(_mm256_unpacklo_ps(a.v, b.v), _mm256_unpackhi_ps(a.v, b.v), 0x20)};
}
FOURFOLD_INLINE F32 interleave_high(F32 a, F32 b) {
  return {_mm256_permute2f128_ps(_mm256_unpacklo_ps(a.v, b.v), _mm256_unpackhi_ps(a.v, b.v), 0x31)};
}

FOURFOLD_INLINE F32 operator+(F32 a, F32 b) {
  return {_mm256_add_ps(a.v, b.v)};
}
FOURFOLD_INLINE F32 operator-(F32 a, F32 b) {
  return {_mm256_sub_ps(a.v, b.v)};
}
FOURFOLD_INLINE F32 operator*(F32 a, F32 b) {
  return {_mm256_mul_ps(a.v, b.v)};
}
FOURFOLD_INLINE F32 operator/(F32 a, F32 b) {
  return {_mm256_div_ps(a.v, b.v)};
}
FOURFOLD_INLINE F32 fma(F32 a, F32 b, F32 c) {
  return {_mm256_fmadd_ps(a.v, b.v, c.v)};
}
FOURFOLD_INLINE F32 sqrt(F32 a) {
  return {_mm256_sqrt_ps(a.v)};
}
FOURFOLD_INLINE F32 round_to_even(F32 a) {
  return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
FOURFOLD_INLINE F32 floor(F32 a) {
  return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)};
}
FOURFOLD_INLINE F32 ceil(F32 a) {
  return {_mm256_round_ps(a.v, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC)};
}

// VMAXPS and VMINPS are these comparisons exactly: the second operand if unordered or equal.
FOURFOLD_INLINE F32 max(F32 a, F32 b) {
  return {_mm256_max_ps(a.v, b.v)};
}
FOURFOLD_INLINE F32 min(F32 a, F32 b) {
  return {_mm256_min_ps(a.v, b.v)};
}

FOURFOLD_INLINE Mask less(F32 a, F32 b) {
  return {_mm256_cmp_ps(a.v, b.v, _CMP_LT_OQ)};
}
FOURFOLD_INLINE Mask equal(F32 a, F32 b) {
  return {_mm256_cmp_ps(a.v, b.v, _CMP_EQ_OQ)};
}
FOURFOLD_INLINE F32 select(Mask mask, F32 a, F32 b) {
  return {_mm256_blendv_ps(b.v, a.v, mask.v)};
}
FOURFOLD_INLINE bool any(Mask mask) {
  return _mm256_movemask_ps(mask.v) != 0;
}
FOURFOLD_INLINE F32 first_lanes(F32 a, std::size_t n, F32 rest) {
  return select({_mm256_castsi256_ps(first_lanes_mask(n))}, a, rest);
}

FOURFOLD_INLINE I32 broadcast_i32(std::int32_t value) {
  return {_mm256_set1_epi32(value)};
}
FOURFOLD_INLINE I32 load_i32(const std::int32_t* from) {
  return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))};
}
FOURFOLD_INLINE I32 load_i32(const std::int32_t* from, std::size_t n) {
  return {_mm256_maskload_epi32(from, first_lanes_mask(n))};
}
FOURFOLD_INLINE I32 as_bits(F32 a) {
  return {_mm256_castps_si256(a.v)};
}
FOURFOLD_INLINE F32 as_float(I32 bits) {
  return {_mm256_castsi256_ps(bits.v)};
}

FOURFOLD_INLINE I32 operator+(I32 a, I32 b) {
  return {_mm256_add_epi32(a.v, b.v)};
}
FOURFOLD_INLINE I32 operator-(I32 a, I32 b) {
  return {_mm256_sub_epi32(a.v, b.v)};
}
template <int count>
FOURFOLD_INLINE I32 shift_left(I32 a) {
  return {_mm256_slli_epi32(a.v, count)};
}
template <int count>
FOURFOLD_INLINE I32 shift_right(I32 a) {
  return {_mm256_srai_epi32(a.v, count)};
}
FOURFOLD_INLINE I32 operator&(I32 a, I32 b) {
  return {_mm256_and_si256(a.v, b.v)};
}
FOURFOLD_INLINE I32 operator|(I32 a, I32 b) {
  return {_mm256_or_si256(a.v, b.v)};
}
FOURFOLD_INLINE I32 max(I32 a, I32 b) {
  return {_mm256_max_epi32(a.v, b.v)};
}

FOURFOLD_INLINE std::int32_t max_lane(I32 a) {
  const __m128i of_4 = _mm_max_epi32(_mm256_castsi256_si128(a.v), _mm256_extracti128_si256(a.v, 1));
  const __m128i of_2 = _mm_max_epi32(of_4, _mm_shuffle_epi32(of_4, _MM_SHUFFLE(1, 0, 3, 2)));
  const __m128i of_1 = _mm_max_epi32(of_2, _mm_shuffle_epi32(of_2, _MM_SHUFFLE(2, 3, 0, 1)));
  return _mm_cvtsi128_si32(of_1);
}

FOURFOLD_INLINE F32 to_float(I32 a) {
  return {_mm256_cvtepi32_ps(a.v)};
}
FOURFOLD_INLINE I32 round_to_i32(F32 a) {
  return {_mm256_cvtps_epi32(a.v)};
}

FOURFOLD_INLINE I32 round_to_i32_or_0(F32 a) {
  const __m256 is_number = _mm256_cmp_ps(a.v, a.v, _CMP_ORD_Q);
  return {_mm256_and_si256(_mm256_cvtps_epi32(a.v), _mm256_castps_si256(is_number))};
}

FOURFOLD_INLINE I32 load_s8(const std::int8_t* from) {
  return {_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)))};
}
// In pieces of 4, 2 and 1: a copy of any other number of bytes is a call.
FOURFOLD_INLINE I32 load_s8(const std::int8_t* from, std::size_t n) {
  if (n == kLanes) return load_s8(from);
  std::uint64_t all = 0;
  std::size_t end = n;
  if (n & 1) all = static_cast<std::uint8_t>(from[--end]);
  if (n & 2) {
    std::uint16_t two;
    memcpy(&two, from + (end -= 2), sizeof two);
    all = all << 16 | two;
  }
  if (n & 4) {
    std::uint32_t four;
    memcpy(&four, from, sizeof four);
    all = all << 32 | four;
  }
  return {_mm256_cvtepi8_epi32(_mm_cvtsi64_si128(static_cast<long long>(all)))};
}

// The packs work within 128 bits: four values of a, of b, of c, of d, then the next four of each.
FOURFOLD_INLINE void store_s8(std::int8_t* to, I32 a, I32 b, I32 c, I32 d, std::uint8_t flip) {
  const __m256i packed =
      _mm256_packs_epi16(_mm256_packs_epi32(a.v, b.v), _mm256_packs_epi32(c.v, d.v));
  const __m256i in_order =
      _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
  const __m256i flips = _mm256_set1_epi8(static_cast<char>(flip));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm256_xor_si256(in_order, flips));
}

FOURFOLD_INLINE void store_s8(std::int8_t* to, I32 a, std::size_t n, std::uint8_t flip) {
  const __m128i words =
      _mm_packs_epi32(_mm256_castsi256_si128(a.v), _mm256_extracti128_si256(a.v, 1));
  const __m128i flips = _mm_set1_epi8(static_cast<char>(flip));
  const __m128i bytes = _mm_xor_si128(_mm_packs_epi16(words, words), flips);
  if (n == kLanes) return _mm_storel_epi64(reinterpret_cast<__m128i*>(to), bytes);
  auto rest = static_cast<std::uint64_t>(_mm_cvtsi128_si64(bytes));
  if (n & 4) {
    memcpy(to, &rest, 4);
    to += 4;
    rest >>= 32;
  }
  if (n & 2) {
    memcpy(to, &rest, 2);
    to += 2;
    rest >>= 16;
  }
  if (n & 1) *to = static_cast<std::int8_t>(rest);
}

// The packs saturate to -128: one maximum for all.
FOURFOLD_INLINE void store_fitting_s8(std::int8_t* to, F32 a, F32 b, F32 c, F32 d,
                                      std::int8_t lowest) {
  const __m256i ab = _mm256_packs_epi32(_mm256_cvtps_epi32(a.v), _mm256_cvtps_epi32(b.v));
  const __m256i cd = _mm256_packs_epi32(_mm256_cvtps_epi32(c.v), _mm256_cvtps_epi32(d.v));
  const __m256i in_order = _mm256_permutevar8x32_epi32(_mm256_packs_epi16(ab, cd),
                                                       _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to),
                      _mm256_max_epi8(in_order, _mm256_set1_epi8(lowest)));
}

}  // namespace
}  // namespace fourfold
