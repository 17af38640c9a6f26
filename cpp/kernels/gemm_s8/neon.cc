// gemm_s8 on the NEON of every AArch64, exact: products of two depth groups meet in int16, where they
// still fit (2 * 127^2 = 32,258 < 2^15), then neighbours join an int32 sum.
//
//   instruction                 here, per 8 depths of a 2 x 16 tile
//   smull, smull2  8h           16   8 products
//   smlal, smlal2  8h           16   8 more, onto them
//   sadalp 4s, 8h               16   pairs of depths added to the sums
//   ldr q, [b]                  8
//   ld1r 4s, [a]                4
//
// 48 vector instructions for 256 multiply-adds: 5.3 each. Widening both sides to int16 for smlal by
// lane would reach at most 4. A sum register holds 2 columns x 2 partial sums (depths 0, 1 and 2,
// 3); one addp at the end joins them. 2 x 16 keeps 16 sums, 4 registers of a and 2 of b.
#include <arm_neon.h>

#include "base/unroll.h"
#include "kernels/gemm_s8/gemm_s8.h"

namespace fourfold {
namespace {

constexpr std::size_t kRowTile = 2;
constexpr int kQuarters = 4;  // 4 columns each: 16 bytes of b for one depth group
constexpr std::size_t kQuarterColumns = kPanelColumns / kQuarters;
constexpr std::size_t kQuarterBytes = kQuarterColumns * kDepthGroup;
constexpr int kGroups = 2;  // what int16 holds

inline int8x16_t broadcast_group(const std::int8_t* a) {
  std::int32_t group;
  __builtin_memcpy(&group, a, sizeof group);
  return vreinterpretq_s8_s32(vdupq_n_s32(group));
}

// sums[0] takes columns 0 and 1 of the quarter, sums[1] columns 2 and 3.
inline void add_products(int32x4_t (&sums)[2], const int8x16_t (&a)[kGroups],
                         const int8x16_t (&b)[kGroups]) {
  const int16x8_t low = vmull_s8(vget_low_s8(a[0]), vget_low_s8(b[0]));
  const int16x8_t high = vmull_high_s8(a[0], b[0]);
  sums[0] = vpadalq_s16(sums[0], vmlal_s8(low, vget_low_s8(a[1]), vget_low_s8(b[1])));
  sums[1] = vpadalq_s16(sums[1], vmlal_high_s8(high, a[1], b[1]));
}

// c[kRows][16] over the whole depth.
template <int kRows>
inline void tile(const GemmS8Block& block, std::size_t row, std::size_t column) {
  const std::int8_t* a = block.a + row * block.a_stride;
  const std::int8_t* b = block.b + column * block.b_depth;

  int32x4_t sums_i32x4[kRows][kQuarters][2];
  FOURFOLD_UNROLL
  for (int r = 0; r < kRows; ++r) {
    FOURFOLD_UNROLL
    for (int q = 0; q < kQuarters; ++q)
      sums_i32x4[r][q][0] = sums_i32x4[r][q][1] = vdupq_n_s32(0);
  }
  for (std::size_t d = 0; d < block.depth; d += kGroups * kDepthGroup) {
    int8x16_t a_s8x16[kRows][kGroups];
    FOURFOLD_UNROLL
    for (int r = 0; r < kRows; ++r) {
      FOURFOLD_UNROLL
      for (int g = 0; g < kGroups; ++g)
        a_s8x16[r][g] = broadcast_group(a + r * block.a_stride + d + g * kDepthGroup);
    }
    FOURFOLD_UNROLL
    for (int q = 0; q < kQuarters; ++q, b += kQuarterBytes) {
      const int8x16_t b_s8x16[kGroups] = {vld1q_s8(b), vld1q_s8(b + kGroupBytes)};
      FOURFOLD_UNROLL
      for (int r = 0; r < kRows; ++r)
        add_products(sums_i32x4[r][q], a_s8x16[r], b_s8x16);
    }
    b += (kGroups - 1) * kGroupBytes;
  }
  FOURFOLD_UNROLL
  for (int r = 0; r < kRows; ++r) {
    std::int32_t* c = block.c + (row + r) * block.c_stride + column;
    FOURFOLD_UNROLL
    for (int q = 0; q < kQuarters; ++q)
      vst1q_s32(c + q * kQuarterColumns, vpaddq_s32(sums_i32x4[r][q][0], sums_i32x4[r][q][1]));
  }
}

void block(const GemmS8Block& block) {
  for (std::size_t column = 0; column < block.columns; column += kPanelColumns) {
    std::size_t row = 0;
    for (; row + kRowTile <= block.rows; row += kRowTile)
      tile<kRowTile>(block, row, column);
    if (row < block.rows) tile<1>(block, row, column);
  }
}

}  // namespace

extern const GemmS8Kernels gemm_s8_neon = {Isa::kNeon,          /*min_rows=*/1,         kRowTile,
                                           /*depth_step=*/16,   /*flip=*/0x00,          block,
                                           /*column_block=*/64, /*interleaved=*/nullptr};

}  // namespace fourfold
