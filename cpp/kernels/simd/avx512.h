// The SIMD vocabulary with sixteen lanes: AVX-512 F, BW, DQ, VL. Defined by scalar.h.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/simd/force_inline.h"

namespace fourfold {
namespace {

constexpr std::size_t kLanes = 16;

struct F32 {
  __m512 v;
};

struct I32 {
  __m512i v;
};

struct Mask {
  __mmask16 v;
};

FOURFOLD_INLINE __mmask16 first_lanes_mask(std::size_t n) {
  return static_cast<__mmask16>((1u << n) - 1u);
}

FOURFOLD_INLINE F32 broadcast(float value) {
  return {_mm512_set1_ps(value)};
}
FOURFOLD_INLINE F32 load(const float* from) {
  return {_mm512_loadu_ps(from)};
}
FOURFOLD_INLINE F32 load(const float* from, std::size_t n) {
  return {_mm512_maskz_loadu_ps(first_lanes_mask(n), from)};
}
FOURFOLD_INLINE void store(float* to, F32 a) {
  _mm512_storeu_ps(to, a.v);
}
FOURFOLD_INLINE void store(float* to, F32 a, std::size_t n) {
  _mm512_mask_storeu_ps(to, first_lanes_mask(n), a.v);
}

FOURFOLD_INLINE F32 even_lanes(F32 a, F32 b) {
  const __m512i evens =
      _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  return {_mm512_permutex2var_ps(a.v, evens, b.v)};
}

FOURFOLD_INLINE F32 odd_lanes(F32 a, F32 b) {
  const __m512i odds = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
  return {_mm512_permutex2var_ps(a.v, odds, b.v)};
}

FOURFOLD_INLINE F32 interleave_low(F32 a, F32 b) {
  const __m512i order = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  return {_mm512_permutex2var_ps(a.v, order, b.v)};
}
FOURFOLD_INLINE F32 interleave_high(F32 a, F32 b) {
  const __m512i order =
      _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  return {_mm512_permutex2var_ps(a.v, order, b.v)};
}

FOURFOLD_INLINE F32 operator+(F32 a, F32 b) {
  return {_mm512_add_ps(a.v, b.v)};
}
FOURFOLD_INLINE F32 operator-(F32 a, F32 b) {
  return {_mm512_sub_ps(a.v, b.v)};
}
FOURFOLD_INLINE F32 operator*(F32 a, F32 b) {
  return {_mm512_mul_ps(a.v, b.v)};
}
FOURFOLD_INLINE F32 operator/(F32 a, F32 b) {
  return {_mm512_div_ps(a.v, b.v)};
}
FOURFOLD_INLINE F32 fma(F32 a, F32 b, F32 c) {
  return {_mm512_fmadd_ps(a.v, b.v, c.v)};
}
FOURFOLD_INLINE F32 sqrt(F32 a) {
  return {_mm512_sqrt_ps(a.v)};
}
FOURFOLD_INLINE F32 round_to_even(F32 a) {
  return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
FOURFOLD_INLINE F32 floor(F32 a) {
  return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)};
}
FOURFOLD_INLINE F32 ceil(F32 a) {
  return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC)};
}

// VMAXPS and VMINPS are these comparisons exactly: the second operand if unordered or equal.
FOURFOLD_INLINE F32 max(F32 a, F32 b) {
  return {_mm512_max_ps(a.v, b.v)};
}
FOURFOLD_INLINE F32 min(F32 a, F32 b) {
  return {_mm512_min_ps(a.v, b.v)};
}

FOURFOLD_INLINE Mask less(F32 a, F32 b) {
  return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ)};
}
FOURFOLD_INLINE Mask equal(F32 a, F32 b) {
  return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_EQ_OQ)};
}
FOURFOLD_INLINE F32 select(Mask mask, F32 a, F32 b) {
  return {_mm512_mask_blend_ps(mask.v, b.v, a.v)};
}
FOURFOLD_INLINE bool any(Mask mask) {
  return mask.v != 0;
}
FOURFOLD_INLINE F32 first_lanes(F32 a, std::size_t n, F32 rest) {
  return select({first_lanes_mask(n)}, a, rest);
}

FOURFOLD_INLINE I32 broadcast_i32(std::int32_t value) {
  return {_mm512_set1_epi32(value)};
}
FOURFOLD_INLINE I32 load_i32(const std::int32_t* from) {
  return {_mm512_loadu_si512(from)};
}
FOURFOLD_INLINE I32 load_i32(const std::int32_t* from, std::size_t n) {
  return {_mm512_maskz_loadu_epi32(first_lanes_mask(n), from)};
}
FOURFOLD_INLINE I32 as_bits(F32 a) {
  return {_mm512_castps_si512(a.v)};
}
FOURFOLD_INLINE F32 as_float(I32 bits) {
  return {_mm512_castsi512_ps(bits.v)};
}

FOURFOLD_INLINE I32 operator+(I32 a, I32 b) {
  return {_mm512_add_epi32(a.v, b.v)};
}
FOURFOLD_INLINE I32 operator-(I32 a, I32 b) {
  return {_mm512_sub_epi32(a.v, b.v)};
}
template <int count>
FOURFOLD_INLINE I32 shift_left(I32 a) {
  return {_mm512_slli_epi32(a.v, count)};
}
template <int count>
FOURFOLD_INLINE I32 shift_right(I32 a) {
  return {_mm512_srai_epi32(a.v, count)};
}
FOURFOLD_INLINE I32 operator&(I32 a, I32 b) {
  return {_mm512_and_si512(a.v, b.v)};
}
FOURFOLD_INLINE I32 operator|(I32 a, I32 b) {
  return {_mm512_or_si512(a.v, b.v)};
}
FOURFOLD_INLINE I32 max(I32 a, I32 b) {
  return {_mm512_max_epi32(a.v, b.v)};
}
FOURFOLD_INLINE std::int32_t max_lane(I32 a) {
  return _mm512_reduce_max_epi32(a.v);
}

FOURFOLD_INLINE F32 to_float(I32 a) {
  return {_mm512_cvtepi32_ps(a.v)};
}
FOURFOLD_INLINE I32 round_to_i32(F32 a) {
  return {_mm512_cvtps_epi32(a.v)};
}

FOURFOLD_INLINE I32 round_to_i32_or_0(F32 a) {
  return {_mm512_maskz_cvtps_epi32(_mm512_cmp_ps_mask(a.v, a.v, _CMP_ORD_Q), a.v)};
}

FOURFOLD_INLINE I32 load_s8(const std::int8_t* from) {
  return {_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)))};
}
FOURFOLD_INLINE I32 load_s8(const std::int8_t* from, std::size_t n) {
  return {_mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(first_lanes_mask(n), from))};
}

// The packs work within 128 bits: four values of a, of b, of c, of d, then the next four of each.
// Two packs and a permute for 64 bytes; VPMOVSDB would cost two shuffles for each 16.
FOURFOLD_INLINE void store_s8(std::int8_t* to, I32 a, I32 b, I32 c, I32 d, std::uint8_t flip) {
  const __m512i packed =
      _mm512_packs_epi16(_mm512_packs_epi32(a.v, b.v), _mm512_packs_epi32(c.v, d.v));
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m512i in_order = _mm512_permutexvar_epi32(order, packed);
  const __m512i flips = _mm512_set1_epi8(static_cast<char>(flip));
  _mm512_storeu_si512(to, _mm512_xor_si512(in_order, flips));
}

FOURFOLD_INLINE void store_s8(std::int8_t* to, I32 a, std::size_t n, std::uint8_t flip) {
  const __m128i flips = _mm_set1_epi8(static_cast<char>(flip));
  const __m128i bytes = _mm_xor_si128(_mm512_cvtepi32_epi8(a.v), flips);
  _mm_mask_storeu_epi8(to, first_lanes_mask(n), bytes);
}

// The packs saturate to -128: one maximum for all.
FOURFOLD_INLINE void store_fitting_s8(std::int8_t* to, F32 a, F32 b, F32 c, F32 d,
                                      std::int8_t lowest) {
  const __m512i ab = _mm512_packs_epi32(_mm512_cvtps_epi32(a.v), _mm512_cvtps_epi32(b.v));
  const __m512i cd = _mm512_packs_epi32(_mm512_cvtps_epi32(c.v), _mm512_cvtps_epi32(d.v));
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m512i in_order = _mm512_permutexvar_epi32(order, _mm512_packs_epi16(ab, cd));
  _mm512_storeu_si512(to, _mm512_max_epi8(in_order, _mm512_set1_epi8(lowest)));
}

}  // namespace
}  // namespace fourfold
