// gemm_s8 with the VEX form of vpdpbusd on 256-bit registers: a 64-byte row of the packed layout is
// two operands.
//
//   instruction              uops   ports        here, per 4 depths of a 6 x 16 tile
//   vpdpbusd ymm             1      p0 p1        12: the limit, 6 cycles
//   vmovdqu ymm, [b]         1      load         2
//   vpbroadcastd ymm, [a]    1      load         6
//
// 12 accumulators, 2 registers of b and 1 of a fill the sixteen there are.
#include <immintrin.h>

#include "base/unroll.h"
#include "kernels/gemm_s8/gemm_s8.h"

namespace fourfold {
namespace {

constexpr std::size_t kRowTile = 6;
constexpr int kHalves = 2;  // 8 columns each
constexpr std::size_t kHalfColumns = kPanelColumns / kHalves;
constexpr std::size_t kHalfBytes = kHalfColumns * kDepthGroup;
constexpr std::size_t kPrefetchBytes = 4096;

inline __m256i broadcast_group(const std::int8_t* a) {
  int group;
  __builtin_memcpy(&group, a, sizeof group);
  return _mm256_set1_epi32(group);
}

inline __m256i load(const void* p) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(p));
}
inline void store(void* p, __m256i v) {
  _mm256_storeu_si256(static_cast<__m256i*>(p), v);
}

// a arrives as a + 128: every sum starts from -128 times the column's sum.
inline __m256i start_i32x8(const std::int32_t* column_sums) {
  return _mm256_sub_epi32(_mm256_setzero_si256(), _mm256_slli_epi32(load(column_sums), 7));
}

template <int kRows, int kChains>
inline void start_sums(const GemmS8Block& block, std::size_t column,
                       __m256i (&sums_i32x8)[kChains][kRows][kHalves]) {
  FOURFOLD_UNROLL
  for (int h = 0; h < kHalves; ++h) {
    const __m256i start = start_i32x8(block.column_sums + column + h * kHalfColumns);
    FOURFOLD_UNROLL
    for (int r = 0; r < kRows; ++r) {
      sums_i32x8[0][r][h] = start;
      FOURFOLD_UNROLL
      for (int chain = 1; chain < kChains; ++chain)
        sums_i32x8[chain][r][h] = _mm256_setzero_si256();
    }
  }
}

template <int kRows, int kChains>
inline void store_sums(const GemmS8Block& block, std::size_t row, std::size_t column,
                       const __m256i (&sums_i32x8)[kChains][kRows][kHalves]) {
  FOURFOLD_UNROLL
  for (int r = 0; r < kRows; ++r) {
    std::int32_t* c = block.c + (row + r) * block.c_stride + column;
    FOURFOLD_UNROLL
    for (int h = 0; h < kHalves; ++h) {
      __m256i sum_i32x8 = sums_i32x8[0][r][h];
      FOURFOLD_UNROLL
      for (int chain = 1; chain < kChains; ++chain) {
        sum_i32x8 = _mm256_add_epi32(sum_i32x8, sums_i32x8[chain][r][h]);
      }
      store(c + h * kHalfColumns, sum_i32x8);
    }
  }
}

// a for four groups of depths: one load, then a shuffle each. Broadcasts from memory would take a
// third of the loads of row_tile.
struct FourGroups {
  __m256i u8x32[4];
};

inline FourGroups broadcast_four_groups(const std::int8_t* a) {
  const __m256i all =
      _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(a)));
  return {{_mm256_shuffle_epi32(all, 0x00), _mm256_shuffle_epi32(all, 0x55),
           _mm256_shuffle_epi32(all, 0xAA), _mm256_shuffle_epi32(all, 0xFF)}};
}

// b for both halves. GCC would rather read it once for each row that uses it, which costs two rows a
// third of their speed (measured): the empty assembly hides where it came from.
inline void load_halves(const std::int8_t* b, __m256i (&b_s8x32)[kHalves]) {
  FOURFOLD_UNROLL
  for (int h = 0; h < kHalves; ++h) {
    b_s8x32[h] = load(b + h * kHalfBytes);
#if defined(__GNUC__)
    asm("" : "+x"(b_s8x32[h]));
#endif
  }
}

// One row of one panel, bound by how fast b can be read: prefetched a page ahead, where the hardware
// prefetcher stops. Four sums along depth hide the latency of vpdpbusd.
inline void row_tile(const GemmS8Block& block, std::size_t row, std::size_t column) {
  constexpr int kChains = 4;
  const std::int8_t* a = block.a + row * block.a_stride;
  const std::int8_t* b = block.b + column * block.b_depth;

  __m256i sums_i32x8[kChains][1][kHalves];
  start_sums<1, kChains>(block, column, sums_i32x8);
  for (std::size_t d = 0; d < block.depth; d += kChains * kDepthGroup) {
    const FourGroups a_groups = broadcast_four_groups(a + d);
    FOURFOLD_UNROLL
    for (int chain = 0; chain < kChains; ++chain, b += kGroupBytes) {
      _mm_prefetch(reinterpret_cast<const char*>(b) + kPrefetchBytes, _MM_HINT_T0);
      FOURFOLD_UNROLL
      for (int h = 0; h < kHalves; ++h) {
        __m256i& sum = sums_i32x8[chain][0][h];
        sum = _mm256_dpbusd_avx_epi32(sum, a_groups.u8x32[chain], load(b + h * kHalfBytes));
      }
    }
  }
  store_sums<1, kChains>(block, row, column, sums_i32x8);
}

// c[kRows][16] over the whole depth. kChains separate sums along depth hide the latency when there
// are few rows.
template <int kRows, int kChains>
inline void tile(const GemmS8Block& block, std::size_t row, std::size_t column) {
  const std::int8_t* a = block.a + row * block.a_stride;
  const std::int8_t* b = block.b + column * block.b_depth;

  __m256i sums_i32x8[kChains][kRows][kHalves];
  start_sums<kRows, kChains>(block, column, sums_i32x8);
  for (std::size_t d = 0; d < block.depth; d += kChains * kDepthGroup) {
    FOURFOLD_UNROLL
    for (int chain = 0; chain < kChains; ++chain, b += kGroupBytes) {
      __m256i b_s8x32[kHalves];
      load_halves(b, b_s8x32);
      FOURFOLD_UNROLL
      for (int r = 0; r < kRows; ++r) {
        const __m256i a_u8x32 = broadcast_group(a + r * block.a_stride + d + chain * kDepthGroup);
        FOURFOLD_UNROLL
        for (int h = 0; h < kHalves; ++h) {
          sums_i32x8[chain][r][h] =
              _mm256_dpbusd_avx_epi32(sums_i32x8[chain][r][h], a_u8x32, b_s8x32[h]);
        }
      }
    }
  }
  store_sums<kRows, kChains>(block, row, column, sums_i32x8);
}

void column_strip(const GemmS8Block& block, std::size_t column) {
  std::size_t row = 0;
  for (; row + kRowTile <= block.rows; row += kRowTile)
    tile<kRowTile, 1>(block, row, column);
  switch (block.rows - row) {
    case 1:
      return row_tile(block, row, column);
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

extern const GemmS8Kernels gemm_s8_avxvnni = {Isa::kAvxVnni,          /*min_rows=*/1, kRowTile,
                                              /*depth_step=*/16,      /*flip=*/0x80,  block,
                                              /*column_block=*/64,
                                              /*interleaved=*/nullptr};

}  // namespace fourfold
