// gemm_s8 with sdot by element (FEAT_DotProd): a 64-byte row of the packed layout is four operands of
// 4 columns, and one register of a serves 4 such rows, a lane each.
//
//   instruction                 here, per 16 depths of a 6 x 16 tile
//   sdot 4s, 16b, 4b[lane]      96: the limit, 16 multiply-adds each
//   ldr q, [b]                  16
//   ldr q, [a]                  6
//
// 24 sums, 6 registers of a and the quarter of b in use fill the 32 there are.
#include <arm_neon.h>

#include "base/unroll.h"
#include "kernels/gemm_s8/gemm_s8.h"

namespace fourfold {
namespace {

constexpr std::size_t kRowTile = 6;
constexpr int kQuarters = 4;  // 4 columns each
constexpr std::size_t kQuarterColumns = kPanelColumns / kQuarters;
constexpr std::size_t kQuarterBytes = kQuarterColumns * kDepthGroup;
constexpr std::size_t kDepthLoad = 16;  // depths in one register of a

// kChains separate sums along depth hide the latency when there are few rows.
template <int kRows, int kChains>
struct Sums {
  int32x4_t i32x4[kRows][kQuarters][kChains];
};

// The depth group of b that belongs to this lane of a, for every row and column of the tile.
template <int kRows, int kChains, int lane>
inline void add_group(Sums<kRows, kChains>& sums, const int8x16_t (&a_s8x16)[kRows],
                      const std::int8_t* b) {
  constexpr int kChain = lane % kChains;
  b += lane * kQuarters * kQuarterBytes;
  FOURFOLD_UNROLL
  for (int q = 0; q < kQuarters; ++q, b += kQuarterBytes) {
    const int8x16_t b_s8x16 = vld1q_s8(b);
    FOURFOLD_UNROLL
    for (int r = 0; r < kRows; ++r) {
      int32x4_t& sum_i32x4 = sums.i32x4[r][q][kChain];
      sum_i32x4 = vdotq_laneq_s32(sum_i32x4, b_s8x16, a_s8x16[r], lane);
    }
  }
}

template <int kChains>
inline int32x4_t total(const int32x4_t (&chains)[kChains]) {
  int32x4_t sum_i32x4 = chains[0];
  FOURFOLD_UNROLL
  for (int chain = 1; chain < kChains; ++chain)
    sum_i32x4 = vaddq_s32(sum_i32x4, chains[chain]);
  return sum_i32x4;
}

// c[kRows][16] over the whole depth.
template <int kRows, int kChains>
inline void tile(const GemmS8Block& block, std::size_t row, std::size_t column) {
  const std::int8_t* a = block.a + row * block.a_stride;
  const std::int8_t* b = block.b + column * block.b_depth;

  Sums<kRows, kChains> sums;
  FOURFOLD_UNROLL
  for (int r = 0; r < kRows; ++r) {
    FOURFOLD_UNROLL
    for (int q = 0; q < kQuarters; ++q) {
      FOURFOLD_UNROLL
      for (int chain = 0; chain < kChains; ++chain)
        sums.i32x4[r][q][chain] = vdupq_n_s32(0);
    }
  }
  for (std::size_t d = 0; d < block.depth; d += kDepthLoad, b += kDepthLoad * kPanelColumns) {
    int8x16_t a_s8x16[kRows];
    FOURFOLD_UNROLL
    for (int r = 0; r < kRows; ++r)
      a_s8x16[r] = vld1q_s8(a + r * block.a_stride + d);
    add_group<kRows, kChains, 0>(sums, a_s8x16, b);
    add_group<kRows, kChains, 1>(sums, a_s8x16, b);
    add_group<kRows, kChains, 2>(sums, a_s8x16, b);
    add_group<kRows, kChains, 3>(sums, a_s8x16, b);
  }
  FOURFOLD_UNROLL
  for (int r = 0; r < kRows; ++r) {
    std::int32_t* c = block.c + (row + r) * block.c_stride + column;
    FOURFOLD_UNROLL
    for (int q = 0; q < kQuarters; ++q)
      vst1q_s32(c + q * kQuarterColumns, total(sums.i32x4[r][q]));
  }
}

void column_strip(const GemmS8Block& block, std::size_t column) {
  std::size_t row = 0;
  for (; row + kRowTile <= block.rows; row += kRowTile)
    tile<kRowTile, 1>(block, row, column);
  switch (block.rows - row) {
    case 1:
      return tile<1, 4>(block, row, column);
    case 2:
      return tile<2, 2>(block, row, column);
    case 3:
      return tile<3, 2>(block, row, column);
    case 4:
      return tile<4, 1>(block, row, column);
    case 5:
      return tile<5, 1>(block, row, column);
    default:
      return;
  }
}

void block(const GemmS8Block& block) {
  for (std::size_t column = 0; column < block.columns; column += kPanelColumns)
    column_strip(block, column);
}

}  // namespace

extern const GemmS8Kernels gemm_s8_neondot = {Isa::kNeonDot,          /*min_rows=*/1, kRowTile,
                                              /*depth_step=*/16,      /*flip=*/0x00,  block,
                                              /*column_block=*/64,
                                              /*interleaved=*/nullptr};

}  // namespace fourfold
