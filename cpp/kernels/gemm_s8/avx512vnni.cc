// gemm_s8 with vpdpbusd on 512-bit registers: one 64-byte row of the packed layout is one operand.
//
//   instruction              uops   ports (Intel, Zen 5)   per 4 depths of 6 x 64   of 12 x 32
//   vpdpbusd zmm             1      p0 p5; 2 of 4          24: the limit, 12 cycles  24
//   vmovdqu64 zmm, [b]       1      load                   4                         2
//   vpbroadcastd zmm, [a]    1      load                   6: no vector port         12
//
// Both use 24 accumulators. Up to 6 rows take four panels at a time; 7 to 12 rows take two, so that
// b, which lies in L2 or L3, is read once and not twice: 4 % of an 8 x 768 x 3072 layer, and 1 % of
// large ones (measured on Zen 5).
#include <immintrin.h>

#include "base/unroll.h"
#include "kernels/gemm_s8/gemm_s8.h"

namespace fourfold {
namespace {

constexpr std::size_t kRowTile = 6;
constexpr std::size_t kTallRows = 2 * kRowTile;  // of a tile of two panels
constexpr std::size_t kPrefetchBytes = 4096;

inline __m512i broadcast_group(const std::int8_t* a) {
  int group;
  __builtin_memcpy(&group, a, sizeof group);
  return _mm512_set1_epi32(group);
}

// a arrives as a + 128: every sum starts from -128 times the column's sum.
inline __m512i start_i32x16(const std::int32_t* column_sums) {
  return _mm512_sub_epi32(_mm512_setzero_si512(),
                          _mm512_slli_epi32(_mm512_loadu_si512(column_sums), 7));
}

// c[kRows][kPanels * 16] over the whole depth.
template <int kRows, int kPanels>
void tile(const GemmS8Block& block, std::size_t row, std::size_t column) {
  const std::int8_t* a = block.a + row * block.a_stride;
  const std::int8_t* b = block.b + column * block.b_depth;
  const std::size_t panel_bytes = block.b_depth * kPanelColumns;

  __m512i sums_i32x16[kRows][kPanels];
  FOURFOLD_UNROLL
  for (int p = 0; p < kPanels; ++p) {
    const __m512i start = start_i32x16(block.column_sums + column + p * kPanelColumns);
    FOURFOLD_UNROLL
    for (int r = 0; r < kRows; ++r)
      sums_i32x16[r][p] = start;
  }
  for (std::size_t d = 0; d < block.depth; d += kDepthGroup) {
    __m512i b_s8x64[kPanels];
    FOURFOLD_UNROLL
    for (int p = 0; p < kPanels; ++p)
      b_s8x64[p] = _mm512_loadu_si512(b + p * panel_bytes);
    b += kGroupBytes;
    FOURFOLD_UNROLL
    for (int r = 0; r < kRows; ++r) {
      const __m512i a_u8x64 = broadcast_group(a + r * block.a_stride + d);
      FOURFOLD_UNROLL
      for (int p = 0; p < kPanels; ++p) {
        sums_i32x16[r][p] = _mm512_dpbusd_epi32(sums_i32x16[r][p], a_u8x64, b_s8x64[p]);
      }
    }
  }
  FOURFOLD_UNROLL
  for (int r = 0; r < kRows; ++r) {
    std::int32_t* c = block.c + (row + r) * block.c_stride + column;
    FOURFOLD_UNROLL
    for (int p = 0; p < kPanels; ++p)
      _mm512_storeu_si512(c + p * kPanelColumns, sums_i32x16[r][p]);
  }
}

// a for four groups of depths: one load, then a shuffle each. Broadcasts from memory would take half
// of the load ports, which few rows need for b.
struct FourGroups {
  __m512i u8x64[4];
};

inline FourGroups broadcast_four_groups(const std::int8_t* a) {
  const __m512i all = _mm512_broadcast_i32x4(_mm_loadu_si128(reinterpret_cast<const __m128i*>(a)));
  return {{_mm512_shuffle_epi32(all, _MM_PERM_AAAA), _mm512_shuffle_epi32(all, _MM_PERM_BBBB),
           _mm512_shuffle_epi32(all, _MM_PERM_CCCC), _mm512_shuffle_epi32(all, _MM_PERM_DDDD)}};
}

// One or two rows of one panel, bound by how fast b can be read: a single stream, prefetched a page
// ahead, where the hardware prefetcher stops. One row of four panels at a time reads L2 at 66 % of
// its speed instead of 90 %, and without the prefetch L3 gives a fifth less (measured on Zen 5).
// With three rows vpdpbusd and the shuffles take longer than reading: tile is as fast. kChains
// separate sums along depth hide the latency of vpdpbusd.
template <int kRows, int kChains>
inline void row_tile(const GemmS8Block& block, std::size_t row, std::size_t column) {
  const std::int8_t* a = block.a + row * block.a_stride;
  const std::int8_t* b = block.b + column * block.b_depth;

  __m512i sums_i32x16[kRows][kChains];
  FOURFOLD_UNROLL
  for (int r = 0; r < kRows; ++r) {
    sums_i32x16[r][0] = start_i32x16(block.column_sums + column);
    FOURFOLD_UNROLL
    for (int chain = 1; chain < kChains; ++chain)
      sums_i32x16[r][chain] = _mm512_setzero_si512();
  }
  for (std::size_t d = 0; d < block.depth; d += kChains * kDepthGroup) {
    FOURFOLD_UNROLL
    for (int chain = 0; chain < kChains; chain += 4, b += 4 * kGroupBytes) {
      FourGroups a_rows[kRows];
      FOURFOLD_UNROLL
      for (int r = 0; r < kRows; ++r) {
        a_rows[r] = broadcast_four_groups(a + r * block.a_stride + d + chain * kDepthGroup);
      }
      FOURFOLD_UNROLL
      for (int g = 0; g < 4; ++g) {
        _mm_prefetch(reinterpret_cast<const char*>(b) + g * kGroupBytes + kPrefetchBytes,
                     _MM_HINT_T0);
        const __m512i b_s8x64 = _mm512_loadu_si512(b + g * kGroupBytes);
        FOURFOLD_UNROLL
        for (int r = 0; r < kRows; ++r) {
          __m512i& sum = sums_i32x16[r][chain + g];
          sum = _mm512_dpbusd_epi32(sum, a_rows[r].u8x64[g], b_s8x64);
        }
      }
    }
  }
  FOURFOLD_UNROLL
  for (int r = 0; r < kRows; ++r) {
    __m512i sum = sums_i32x16[r][0];
    FOURFOLD_UNROLL
    for (int chain = 1; chain < kChains; ++chain)
      sum = _mm512_add_epi32(sum, sums_i32x16[r][chain]);
    _mm512_storeu_si512(block.c + (row + r) * block.c_stride + column, sum);
  }
}

// From panel to panel.
template <int kRows, int kChains>
void row_strip(const GemmS8Block& block, std::size_t row, std::size_t column, std::size_t end) {
  for (; column < end; column += kPanelColumns)
    row_tile<kRows, kChains>(block, row, column);
}

void one_row_strip(const GemmS8Block& block, std::size_t row, std::size_t column, std::size_t end) {
  if (block.depth % (8 * kDepthGroup) == 0) return row_strip<1, 8>(block, row, column, end);
  row_strip<1, 4>(block, row, column, end);
}

// Two tiles of two panels side by side.
template <int kRows>
void tile_pair(const GemmS8Block& block, std::size_t row, std::size_t column) {
  tile<kRows, 2>(block, row, column);
  tile<kRows, 2>(block, row, column + 2 * kPanelColumns);
}

template <int kPanels>
void one_row(const GemmS8Block& block, std::size_t row, std::size_t column) {
  one_row_strip(block, row, column, column + kPanels * kPanelColumns);
}

// By the number of rows: for four panels, for two, and for one.
using Tile = void (*)(const GemmS8Block& block, std::size_t row, std::size_t column);
constexpr Tile kFourPanels[kTallRows + 1] = {
    nullptr,       one_row<4>,    tile<2, 4>,   tile<3, 4>,   tile<4, 4>,
    tile<5, 4>,    tile<6, 4>,    tile_pair<7>, tile_pair<8>, tile_pair<9>,
    tile_pair<10>, tile_pair<11>, tile_pair<12>};
constexpr Tile kTwoPanels[kTallRows + 1] = {
    nullptr,    one_row<2>, tile<2, 2>, tile<3, 2>,  tile<4, 2>,  tile<5, 2>, tile<6, 2>,
    tile<7, 2>, tile<8, 2>, tile<9, 2>, tile<10, 2>, tile<11, 2>, tile<12, 2>};
constexpr Tile kOnePanel[kTallRows + 1] = {
    nullptr,    one_row<1>, tile<2, 1>, tile<3, 1>,  tile<4, 1>,  tile<5, 1>, tile<6, 1>,
    tile<7, 1>, tile<8, 1>, tile<9, 1>, tile<10, 1>, tile<11, 1>, tile<12, 1>};

void column_strip(const GemmS8Block& block, std::size_t column, const Tile* tiles) {
  for (std::size_t row = 0; row < block.rows; row += kTallRows) {
    const std::size_t left = block.rows - row;
    tiles[left < kTallRows ? left : kTallRows](block, row, column);
  }
}

void block(const GemmS8Block& block) {
  if (block.rows == 1) return one_row_strip(block, 0, 0, block.columns);
  if (block.rows == 2) return row_strip<2, 4>(block, 0, 0, block.columns);
  constexpr std::size_t kWide = 4 * kPanelColumns, kPair = 2 * kPanelColumns;
  std::size_t column = 0;
  for (; column + kWide <= block.columns; column += kWide)
    column_strip(block, column, kFourPanels);
  for (; column + kPair <= block.columns; column += kPair)
    column_strip(block, column, kTwoPanels);
  if (column < block.columns) column_strip(block, column, kOnePanel);
}

}  // namespace

extern const GemmS8Kernels gemm_s8_avx512vnni = {Isa::kAvx512Vnni,       /*min_rows=*/1, kRowTile,
                                                 /*depth_step=*/16,      /*flip=*/0x80,  block,
                                                 /*column_block=*/64,
                                                 /*interleaved=*/nullptr};

}  // namespace fourfold
