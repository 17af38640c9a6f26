// Rows times panels without widening: |a| * sign(b, a) = a * b, and as b lies in [-127, 127] and |a| is
// at most 128, a pair of products fits in int16 (2 * 128 * 127 = 32,512): vpmaddubsw is exact.
//
//   instruction              uops   ports        here, per 4 depths of a row of 16
//   vpsignb, vpmaddubsw,
//   vpmaddwd, vpaddd ymm     1      p0 p1 (p5)   2 of each
//   vpabsb ymm               1      p0 p1        1
//   vpbroadcastd             1      load         1
//   vmovdqu                  1      load         2, shared by the rows
//
// That is more per multiply-add than widening takes where many rows and columns share its cost, but
// there is nothing to do before or after: a row, or a shallow product, takes less this way.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "base/unroll.h"
#include "kernels/gemm_s8/gemm_s8.h"

namespace fourfold {
namespace {

constexpr std::size_t kHalfColumns = kPanelColumns / 2;  // of a panel, in one register

inline __m256i load_b(const std::int8_t* b) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b));
}

// sums = the products of one depth group, or += them.
template <int kRows, int kHalves, bool kFirst>
inline void add_magnitudes(const std::int8_t* a, std::size_t a_stride, const std::int8_t* b,
                           __m256i (&sums_i32x8)[kRows][kHalves]) {
  const __m256i ones_s16x16 = _mm256_set1_epi16(1);
  __m256i b_s8x32[kHalves];
  FOURFOLD_UNROLL
  for (int h = 0; h < kHalves; ++h)
    b_s8x32[h] = load_b(b + h * (kGroupBytes / 2));
  FOURFOLD_UNROLL
  for (int r = 0; r < kRows; ++r) {
    int group;
    __builtin_memcpy(&group, a + r * a_stride, sizeof group);
    const __m256i a_s8x32 = _mm256_set1_epi32(group);
    const __m256i magnitude_u8x32 = _mm256_abs_epi8(a_s8x32);
    FOURFOLD_UNROLL
    for (int h = 0; h < kHalves; ++h) {
      const __m256i pairs_s16x16 =
          _mm256_maddubs_epi16(magnitude_u8x32, _mm256_sign_epi8(b_s8x32[h], a_s8x32));
      const __m256i products_i32x8 = _mm256_madd_epi16(pairs_s16x16, ones_s16x16);
      sums_i32x8[r][h] =
          kFirst ? products_i32x8 : _mm256_add_epi32(sums_i32x8[r][h], products_i32x8);
    }
  }
}

template <int kRows, int kHalves>
inline void store_sums(const __m256i (&sums_i32x8)[kRows][kHalves], std::int32_t* c,
                       std::size_t c_stride) {
  FOURFOLD_UNROLL
  for (int r = 0; r < kRows; ++r) {
    FOURFOLD_UNROLL
    for (int h = 0; h < kHalves; ++h)
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(c + r * c_stride + h * kHalfColumns),
                          sums_i32x8[r][h]);
  }
}

// Some rows of a panel, or of its first half, of shallow products.
template <int kRows, int kHalves>
inline void magnitude_tile(const GemmS8Block& block, std::size_t row, std::size_t column) {
  const std::int8_t* a = block.a + row * block.a_stride;
  const std::int8_t* b = block.b + column * block.b_depth;
  const std::size_t a_stride = block.a_stride, depth = block.depth;
  __m256i sums_i32x8[kRows][kHalves];
  add_magnitudes<kRows, kHalves, true>(a, a_stride, b, sums_i32x8);
  for (std::size_t d = kDepthGroup; d < depth; d += kDepthGroup)
    add_magnitudes<kRows, kHalves, false>(a + d, a_stride, b + d * kPanelColumns, sums_i32x8);
  store_sums(sums_i32x8, block.c + row * block.c_stride + column, block.c_stride);
}

template <int kRows>
void magnitude_rows(const GemmS8Block& block, std::size_t row) {
  std::size_t column = 0;
  for (; column + kPanelColumns <= block.columns; column += kPanelColumns)
    magnitude_tile<kRows, 2>(block, row, column);
  if (column < block.columns) magnitude_tile<kRows, 1>(block, row, column);
}

// One row of a panel. b is prefetched a page ahead, where the hardware prefetcher stops. Four groups a
// turn: of the loop over single ones, where the linker put it decided a third of the speed (measured
// on Zen 5).
template <int kHalves>
inline void magnitude_row_of_panel(const GemmS8Block& block, std::size_t row, std::size_t column) {
  constexpr std::size_t kTurn = 4 * kDepthGroup, kPrefetchBytes = 4096;
  const std::int8_t* a = block.a + row * block.a_stride;
  const std::int8_t* b = block.b + column * block.b_depth;
  __m256i sums_i32x8[1][kHalves];
  FOURFOLD_UNROLL
  for (int h = 0; h < kHalves; ++h)
    sums_i32x8[0][h] = _mm256_setzero_si256();
  std::size_t d = 0;
  for (; d + kTurn <= block.depth; d += kTurn) {
    FOURFOLD_UNROLL
    for (std::size_t g = 0; g < kTurn; g += kDepthGroup) {
      const std::int8_t* group = b + (d + g) * kPanelColumns;
      _mm_prefetch(reinterpret_cast<const char*>(group) + kPrefetchBytes, _MM_HINT_T0);
      add_magnitudes<1, kHalves, false>(a + d + g, 0, group, sums_i32x8);
    }
  }
  for (; d < block.depth; d += kDepthGroup)
    add_magnitudes<1, kHalves, false>(a + d, 0, b + d * kPanelColumns, sums_i32x8);
  store_sums(sums_i32x8, block.c + row * block.c_stride + column, block.c_stride);
}

inline void magnitude_row(const GemmS8Block& block, std::size_t row) {
  std::size_t column = 0;
  for (; column + kPanelColumns <= block.columns; column += kPanelColumns)
    magnitude_row_of_panel<2>(block, row, column);
  if (column < block.columns) magnitude_row_of_panel<1>(block, row, column);
}

// Every row from `row` on: tiles of kRows, then one smaller tile for what is left.
template <int kRows>
inline void magnitude_rows_from(const GemmS8Block& block, std::size_t row) {
  for (; row + kRows <= block.rows; row += kRows)
    magnitude_rows<kRows>(block, row);
  if constexpr (kRows > 1) {
    if (row < block.rows) magnitude_rows_from<kRows - 1>(block, row);
  }
}

// Tiles of 4 x 16: with |a|, and 1, they take all registers but one.
inline void magnitude_block(const GemmS8Block& block) {
  magnitude_rows_from<4>(block, 0);
}

}  // namespace
}  // namespace fourfold
