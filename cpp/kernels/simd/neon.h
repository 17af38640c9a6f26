// The SIMD vocabulary with four lanes: Advanced SIMD (NEON) of every AArch64. Defined by scalar.h.
#pragma once

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/simd/force_inline.h"

namespace fourfold {
namespace {

constexpr std::size_t kLanes = 4;

struct F32 {
  float32x4_t v;
};

struct I32 {
  int32x4_t v;
};

struct Mask {
  uint32x4_t v;  // all bits of a lane, or none
};

FOURFOLD_INLINE Mask first_lanes_mask(std::size_t n) {
  alignas(16) static constexpr std::uint32_t kLaneNumbers[kLanes] = {0, 1, 2, 3};
  return {vcltq_u32(vld1q_u32(kLaneNumbers), vdupq_n_u32(static_cast<std::uint32_t>(n)))};
}

FOURFOLD_INLINE F32 broadcast(float value) {
  return {vdupq_n_f32(value)};
}
FOURFOLD_INLINE F32 load(const float* from) {
  return {vld1q_f32(from)};
}
FOURFOLD_INLINE void store(float* to, F32 a) {
  vst1q_f32(to, a.v);
}

// NEON masks no memory: lanes are loaded and stored one by one.
FOURFOLD_INLINE F32 load(const float* from, std::size_t n) {
  float32x4_t lanes = vdupq_n_f32(0.0f);
  if (n > 0) lanes = vld1q_lane_f32(from, lanes, 0);
  if (n > 1) lanes = vld1q_lane_f32(from + 1, lanes, 1);
  if (n > 2) lanes = vld1q_lane_f32(from + 2, lanes, 2);
  if (n > 3) lanes = vld1q_lane_f32(from + 3, lanes, 3);
  return {lanes};
}
FOURFOLD_INLINE void store(float* to, F32 a, std::size_t n) {
  if (n > 0) vst1q_lane_f32(to, a.v, 0);
  if (n > 1) vst1q_lane_f32(to + 1, a.v, 1);
  if (n > 2) vst1q_lane_f32(to + 2, a.v, 2);
  if (n > 3) vst1q_lane_f32(to + 3, a.v, 3);
}

FOURFOLD_INLINE F32 even_lanes(F32 a, F32 b) {
  return {vuzp1q_f32(a.v, b.v)};
}

FOURFOLD_INLINE F32 odd_lanes(F32 a, F32 b) {
  return {vuzp2q_f32(a.v, b.v)};
}

FOURFOLD_INLINE F32 interleave_low(F32 a, F32 b) {
  return {vzip1q_f32(a.v, b.v)};
}
FOURFOLD_INLINE F32 interleave_high(F32 a, F32 b) {
  return {vzip2q_f32(a.v, b.v)};
}

FOURFOLD_INLINE F32 operator+(F32 a, F32 b) {
  return {vaddq_f32(a.v, b.v)};
}
FOURFOLD_INLINE F32 operator-(F32 a, F32 b) {
  return {vsubq_f32(a.v, b.v)};
}
FOURFOLD_INLINE F32 operator*(F32 a, F32 b) {
  return {vmulq_f32(a.v, b.v)};
}
FOURFOLD_INLINE F32 operator/(F32 a, F32 b) {
  return {vdivq_f32(a.v, b.v)};
}
FOURFOLD_INLINE F32 fma(F32 a, F32 b, F32 c) {
  return {vfmaq_f32(c.v, a.v, b.v)};
}
FOURFOLD_INLINE F32 sqrt(F32 a) {
  return {vsqrtq_f32(a.v)};
}
FOURFOLD_INLINE F32 round_to_even(F32 a) {
  return {vrndnq_f32(a.v)};
}
FOURFOLD_INLINE F32 floor(F32 a) {
  return {vrndmq_f32(a.v)};
}
FOURFOLD_INLINE F32 ceil(F32 a) {
  return {vrndpq_f32(a.v)};
}

FOURFOLD_INLINE Mask less(F32 a, F32 b) {
  return {vcltq_f32(a.v, b.v)};
}
FOURFOLD_INLINE Mask equal(F32 a, F32 b) {
  return {vceqq_f32(a.v, b.v)};
}
FOURFOLD_INLINE F32 select(Mask mask, F32 a, F32 b) {
  return {vbslq_f32(mask.v, a.v, b.v)};
}
FOURFOLD_INLINE bool any(Mask mask) {
  return vmaxvq_u32(mask.v) != 0;
}
FOURFOLD_INLINE F32 first_lanes(F32 a, std::size_t n, F32 rest) {
  return select(first_lanes_mask(n), a, rest);
}

// Not FMAX and FMIN: they give NaN for NaN, and order zeros by their sign.
FOURFOLD_INLINE F32 max(F32 a, F32 b) {
  return select(less(b, a), a, b);
}
FOURFOLD_INLINE F32 min(F32 a, F32 b) {
  return select(less(a, b), a, b);
}

FOURFOLD_INLINE I32 broadcast_i32(std::int32_t value) {
  return {vdupq_n_s32(value)};
}
FOURFOLD_INLINE I32 load_i32(const std::int32_t* from) {
  return {vld1q_s32(from)};
}
FOURFOLD_INLINE I32 load_i32(const std::int32_t* from, std::size_t n) {
  int32x4_t lanes = vdupq_n_s32(0);
  if (n > 0) lanes = vld1q_lane_s32(from, lanes, 0);
  if (n > 1) lanes = vld1q_lane_s32(from + 1, lanes, 1);
  if (n > 2) lanes = vld1q_lane_s32(from + 2, lanes, 2);
  if (n > 3) lanes = vld1q_lane_s32(from + 3, lanes, 3);
  return {lanes};
}
FOURFOLD_INLINE I32 as_bits(F32 a) {
  return {vreinterpretq_s32_f32(a.v)};
}
FOURFOLD_INLINE F32 as_float(I32 bits) {
  return {vreinterpretq_f32_s32(bits.v)};
}

FOURFOLD_INLINE I32 operator+(I32 a, I32 b) {
  return {vaddq_s32(a.v, b.v)};
}
FOURFOLD_INLINE I32 operator-(I32 a, I32 b) {
  return {vsubq_s32(a.v, b.v)};
}
template <int count>
FOURFOLD_INLINE I32 shift_left(I32 a) {
  return {vshlq_n_s32(a.v, count)};
}
template <int count>
FOURFOLD_INLINE I32 shift_right(I32 a) {
  return {vshrq_n_s32(a.v, count)};
}
FOURFOLD_INLINE I32 operator&(I32 a, I32 b) {
  return {vandq_s32(a.v, b.v)};
}
FOURFOLD_INLINE I32 operator|(I32 a, I32 b) {
  return {vorrq_s32(a.v, b.v)};
}
FOURFOLD_INLINE I32 max(I32 a, I32 b) {
  return {vmaxq_s32(a.v, b.v)};
}
FOURFOLD_INLINE std::int32_t max_lane(I32 a) {
  return vmaxvq_s32(a.v);
}

FOURFOLD_INLINE F32 to_float(I32 a) {
  return {vcvtq_f32_s32(a.v)};
}
FOURFOLD_INLINE I32 round_to_i32(F32 a) {
  return {vcvtnq_s32_f32(a.v)};
}

// The conversion gives 0 for NaN.
FOURFOLD_INLINE I32 round_to_i32_or_0(F32 a) {
  return round_to_i32(a);
}

FOURFOLD_INLINE I32 load_s8(const std::int8_t* from, std::size_t n) {
  std::int8_t all[2 * kLanes] = {};
  memcpy(all, from, n);
  return {vmovl_s16(vget_low_s16(vmovl_s8(vld1_s8(all))))};
}
FOURFOLD_INLINE I32 load_s8(const std::int8_t* from) {
  return load_s8(from, kLanes);
}

// The low byte of a value in [-127, 127] is the value: keeping every other half, then every other
// byte, narrows two vectors at a time and leaves them in order.
FOURFOLD_INLINE void store_s8(std::int8_t* to, I32 a, I32 b, I32 c, I32 d, std::uint8_t flip) {
  const int16x8_t ab = vuzp1q_s16(vreinterpretq_s16_s32(a.v), vreinterpretq_s16_s32(b.v));
  const int16x8_t cd = vuzp1q_s16(vreinterpretq_s16_s32(c.v), vreinterpretq_s16_s32(d.v));
  const int8x16_t in_order = vuzp1q_s8(vreinterpretq_s8_s16(ab), vreinterpretq_s8_s16(cd));
  vst1q_s8(to, veorq_s8(in_order, vreinterpretq_s8_u8(vdupq_n_u8(flip))));
}

FOURFOLD_INLINE void store_s8(std::int8_t* to, I32 a, std::size_t n, std::uint8_t flip) {
  std::int8_t all[4 * kLanes];
  store_s8(all, a, a, a, a, flip);
  memcpy(to, all, n);
}

// Every step but the last saturates.
FOURFOLD_INLINE void store_fitting_s8(std::int8_t* to, F32 a, F32 b, F32 c, F32 d,
                                      std::int8_t lowest) {
  const int16x8_t ab = vqmovn_high_s32(vqmovn_s32(vcvtnq_s32_f32(a.v)), vcvtnq_s32_f32(b.v));
  const int16x8_t cd = vqmovn_high_s32(vqmovn_s32(vcvtnq_s32_f32(c.v)), vcvtnq_s32_f32(d.v));
  vst1q_s8(to, vmaxq_s8(vqmovn_high_s16(vqmovn_s16(ab), cd), vdupq_n_s8(lowest)));
}

}  // namespace
}  // namespace fourfold
