// gemm_s8 with smmla (FEAT_I8MM): 2 rows x 8 depths times 8 depths x 2 columns, 32 multiply-adds.
//
// It wants 8 depths of a column together where the packed layout has 4: zips of two depth groups of
// b, and of two rows of a, make the operands on the way.
//
//   instruction                 here, per 16 depths of an 8 x 8 tile
//   smmla 4s, 16b, 16b          32
//   zip1, zip2 4s (b)           8
//   zip1, zip2 2d (a)           8
//   ldr q, [b]                  8
//   ldr q, [a]                  8
//
// 48 vector instructions for 1,024 multiply-adds: 21.3 each, where sdot has 16. Zips of b serve all
// row pairs: with one pair (1 or 2 rows) it takes 18 instructions for 8 depths of a panel, where
// sdot takes 8 or 16; with two pairs 28, and sdot 24 or 32.
#include <arm_neon.h>

#include "base/unroll.h"
#include "kernels/gemm_s8/gemm_s8.h"

namespace fourfold {
namespace {

constexpr std::size_t kRowTile = 8;
constexpr std::size_t kMinRows = 4;  // by the count above: sdot needs fewer instructions below
constexpr std::size_t kTileColumns = 8;
constexpr int kColumnPairs = 4;
constexpr std::size_t kDepthLoad = 16;     // depths in one register of a
constexpr int kSteps = 2;                  // of 8 depths each, in those
constexpr std::size_t kQuarterBytes = 16;  // 4 columns x 4 depths of b

inline int8x16_t first_halves(int8x16_t x, int8x16_t y) {
  return vreinterpretq_s8_s64(vzip1q_s64(vreinterpretq_s64_s8(x), vreinterpretq_s64_s8(y)));
}
inline int8x16_t second_halves(int8x16_t x, int8x16_t y) {
  return vreinterpretq_s8_s64(vzip2q_s64(vreinterpretq_s64_s8(x), vreinterpretq_s64_s8(y)));
}

// 8 depths (two groups) of 8 columns, as column pairs.
inline void load_columns(const std::int8_t* b, int8x16_t (&pairs_s8x16)[kColumnPairs]) {
  FOURFOLD_UNROLL
  for (int q = 0; q < kColumnPairs / 2; ++q, b += kQuarterBytes) {
    const int32x4_t early = vreinterpretq_s32_s8(vld1q_s8(b));
    const int32x4_t late = vreinterpretq_s32_s8(vld1q_s8(b + kGroupBytes));
    pairs_s8x16[2 * q] = vreinterpretq_s8_s32(vzip1q_s32(early, late));
    pairs_s8x16[2 * q + 1] = vreinterpretq_s8_s32(vzip2q_s32(early, late));
  }
}

// 16 depths of kRows rows, as row pairs. The last of an odd number is its own partner.
template <int kRows, int kRowPairs>
inline void load_rows(const std::int8_t* a, std::size_t stride,
                      int8x16_t (&pairs_s8x16)[kSteps][kRowPairs]) {
  FOURFOLD_UNROLL
  for (int p = 0; p < kRowPairs; ++p) {
    const int last = 2 * p + 1 < kRows ? 2 * p + 1 : kRows - 1;
    const int8x16_t upper = vld1q_s8(a + 2 * p * stride);
    const int8x16_t lower = vld1q_s8(a + last * stride);
    pairs_s8x16[0][p] = first_halves(upper, lower);
    pairs_s8x16[1][p] = second_halves(upper, lower);
  }
}

// c[kRows][8]. Two neighbouring sums are [r][n], [r][n + 1], [r + 1][n], [r + 1][n + 1] and the
// same two columns on.
template <int kRows, int kRowPairs>
inline void store_tile(const int32x4_t (&sums_i32x4)[kRowPairs][kColumnPairs], std::int32_t* c,
                       std::size_t stride) {
  FOURFOLD_UNROLL
  for (int p = 0; p < kRowPairs; ++p) {
    FOURFOLD_UNROLL
    for (int n = 0; n < kColumnPairs; n += 2) {
      const int64x2_t left = vreinterpretq_s64_s32(sums_i32x4[p][n]);
      const int64x2_t right = vreinterpretq_s64_s32(sums_i32x4[p][n + 1]);
      std::int32_t* upper = c + 2 * p * stride + 2 * n;
      vst1q_s32(upper, vreinterpretq_s32_s64(vzip1q_s64(left, right)));
      if (2 * p + 1 < kRows)
        vst1q_s32(upper + stride, vreinterpretq_s32_s64(vzip2q_s64(left, right)));
    }
  }
}

// c[kRows][8] over the whole depth.
template <int kRows>
inline void tile(const GemmS8Block& block, std::size_t row, std::size_t column) {
  constexpr int kRowPairs = (kRows + 1) / 2;
  const std::int8_t* a = block.a + row * block.a_stride;
  const std::size_t panel = column / kPanelColumns * kPanelColumns;
  const std::int8_t* b = block.b + panel * block.b_depth + (column - panel) * kDepthGroup;

  int32x4_t sums_i32x4[kRowPairs][kColumnPairs];
  FOURFOLD_UNROLL
  for (int p = 0; p < kRowPairs; ++p) {
    FOURFOLD_UNROLL
    for (int n = 0; n < kColumnPairs; ++n)
      sums_i32x4[p][n] = vdupq_n_s32(0);
  }
  for (std::size_t d = 0; d < block.depth; d += kDepthLoad) {
    int8x16_t a_s8x16[kSteps][kRowPairs];
    load_rows<kRows>(a + d, block.a_stride, a_s8x16);
    FOURFOLD_UNROLL
    for (int step = 0; step < kSteps; ++step, b += 2 * kGroupBytes) {
      int8x16_t b_s8x16[kColumnPairs];
      load_columns(b, b_s8x16);
      FOURFOLD_UNROLL
      for (int p = 0; p < kRowPairs; ++p) {
        FOURFOLD_UNROLL
        for (int n = 0; n < kColumnPairs; ++n)
          sums_i32x4[p][n] = vmmlaq_s32(sums_i32x4[p][n], a_s8x16[step][p], b_s8x16[n]);
      }
    }
  }
  store_tile<kRows>(sums_i32x4, block.c + row * block.c_stride + column, block.c_stride);
}

void column_strip(const GemmS8Block& block, std::size_t column) {
  std::size_t row = 0;
  for (; row + kRowTile <= block.rows; row += kRowTile)
    tile<kRowTile>(block, row, column);
  switch (block.rows - row) {
    case 1:
      return tile<1>(block, row, column);
    case 2:
      return tile<2>(block, row, column);
    case 3:
      return tile<3>(block, row, column);
    case 4:
      return tile<4>(block, row, column);
    case 5:
      return tile<5>(block, row, column);
    case 6:
      return tile<6>(block, row, column);
    case 7:
      return tile<7>(block, row, column);
    default:
      return;
  }
}

void block(const GemmS8Block& block) {
  for (std::size_t column = 0; column < block.columns; column += kTileColumns)
    column_strip(block, column);
}

}  // namespace

extern const GemmS8Kernels gemm_s8_i8mm = {Isa::kI8mm,
                                           kMinRows,
                                           kRowTile,
                                           /*depth_step=*/16,
                                           /*flip=*/0x00,
                                           block,
                                           /*column_block=*/64,
                                           /*interleaved=*/nullptr};

}  // namespace fourfold
