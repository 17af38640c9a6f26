// gemm_s8 on plain AVX2, exact: both sides widened to int16 and multiplied with vpmaddwd.
//
// vpmaddubsw on a + 128 would be twice as fast and saturates (2 * 255 * 127 > 32,767).
// Widening costs one uop per 4 columns x 4 depths of b, shared by all rows of the tile, and one
// pass over a per depth chunk, shared by all columns:
//
//   instruction              uops   ports        here, per 4 depths of a 6 x 8 tile
//   vpmaddwd ymm             1      p0 p1        12
//   vpaddd ymm               1      p0 p1 p5     12
//   vpmovsxbw ymm, [b]       1      p5 + load    2
//   vpbroadcastq ymm, [a]    1      load         6
//
// 26 uops on 3 ports: 22 multiply-adds per cycle. A register then holds 4 columns x 2 partial sums
// (depths 0, 1 and 2, 3); one vphaddd at the end joins the halves. Shallow products and single rows go
// without all that (magnitudes_avx2.h).
#include <immintrin.h>

#include "base/unroll.h"
#include "kernels/gemm_s8/gemm_s8.h"
#include "kernels/gemm_s8/magnitudes_avx2.h"

namespace fourfold {
namespace {

constexpr std::size_t kRowTile = 6;
constexpr std::size_t kQuarterBytes = 16;  // 4 columns x 4 depths of b
constexpr std::size_t kDepthChunk =
    1024;  // 6 rows of it, widened, are 12 KiB of stack: they stay in L1

inline __m256i widen(const std::int8_t* p) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}

inline __m256i broadcast_group(const std::int16_t* a) {
  long long group;
  __builtin_memcpy(&group, a, sizeof group);
  return _mm256_set1_epi64x(group);
}

struct Chunk {
  const std::int16_t* a;  // rows of kDepthChunk
  const std::int8_t* b;   // one panel, at the chunk's depth
  std::int32_t* c;
  std::size_t c_stride;
  std::size_t depth;
  bool first;  // the first chunk writes c, later ones add to it
};

// sums = the products of one depth group, or += them: there is nothing to add the first to, which of
// 16 depths is a sixth of the work.
template <int kRows, bool kFirst>
inline void multiply_group(const std::int16_t* a, const std::int8_t* b,
                           __m256i (&sums_i32x8)[kRows][2]) {
  const __m256i b_s16x16[2] = {widen(b), widen(b + kQuarterBytes)};
  FOURFOLD_UNROLL
  for (int r = 0; r < kRows; ++r) {
    const __m256i a_s16x16 = broadcast_group(a + r * kDepthChunk);
    FOURFOLD_UNROLL
    for (int h = 0; h < 2; ++h) {
      const __m256i products_i32x8 = _mm256_madd_epi16(a_s16x16, b_s16x16[h]);
      sums_i32x8[r][h] =
          kFirst ? products_i32x8 : _mm256_add_epi32(sums_i32x8[r][h], products_i32x8);
    }
  }
}

// c[kRows][8] (+)= the chunk's product.
template <int kRows>
inline void tile(const Chunk& chunk) {
  __m256i sums_i32x8[kRows][2];
  const std::int8_t* b = chunk.b;
  multiply_group<kRows, true>(chunk.a, b, sums_i32x8);
  for (std::size_t d = kDepthGroup; d < chunk.depth; d += kDepthGroup) {
    b += kGroupBytes;
    multiply_group<kRows, false>(chunk.a + d, b, sums_i32x8);
  }
  FOURFOLD_UNROLL
  for (int r = 0; r < kRows; ++r) {
    const __m256i joined =
        _mm256_hadd_epi32(sums_i32x8[r][0], sums_i32x8[r][1]);  // columns 0 1 4 5 2 3 6 7
    __m256i sum_i32x8 = _mm256_permute4x64_epi64(joined, _MM_SHUFFLE(3, 1, 2, 0));
    __m256i* c = reinterpret_cast<__m256i*>(chunk.c + r * chunk.c_stride);
    if (!chunk.first) sum_i32x8 = _mm256_add_epi32(sum_i32x8, _mm256_loadu_si256(c));
    _mm256_storeu_si256(c, sum_i32x8);
  }
}

// Rows of `depth`, a multiple of 4, to rows of kDepthChunk.
template <int kRows>
inline void widen_rows(const std::int8_t* a, std::size_t a_stride, std::size_t depth,
                       std::int16_t* to) {
  std::size_t d = 0;
  for (; d + 16 <= depth; d += 16) {
    FOURFOLD_UNROLL
    for (int r = 0; r < kRows; ++r)
      _mm256_store_si256(reinterpret_cast<__m256i*>(to + r * kDepthChunk + d),
                         widen(a + r * a_stride + d));
  }
  if (d + 8 <= depth) {
    FOURFOLD_UNROLL
    for (int r = 0; r < kRows; ++r) {
      const __m128i next_s8x8 =
          _mm_loadl_epi64(reinterpret_cast<const __m128i*>(a + r * a_stride + d));
      _mm_store_si128(reinterpret_cast<__m128i*>(to + r * kDepthChunk + d),
                      _mm_cvtepi8_epi16(next_s8x8));
    }
    d += 8;
  }
  if (d == depth) return;
  FOURFOLD_UNROLL
  for (int r = 0; r < kRows; ++r) {
    int last;
    __builtin_memcpy(&last, a + r * a_stride + d, sizeof last);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to + r * kDepthChunk + d),
                     _mm_cvtepi8_epi16(_mm_cvtsi32_si128(last)));
  }
}

template <int kRows>
void row_strip(const GemmS8Block& block, std::size_t row) {
  alignas(32) std::int16_t a_s16[kRows * kDepthChunk];
  for (std::size_t start = 0; start < block.depth; start += kDepthChunk) {
    const std::size_t depth = block.depth - start < kDepthChunk ? block.depth - start : kDepthChunk;
    widen_rows<kRows>(block.a + row * block.a_stride + start, block.a_stride, depth, a_s16);
    for (std::size_t column = 0; column < block.columns; column += kHalfColumns) {
      const std::size_t panel = column / kPanelColumns * kPanelColumns;
      const std::int8_t* b =
          block.b + panel * block.b_depth + start * kPanelColumns + (column - panel) * kDepthGroup;
      tile<kRows>(
          {a_s16, b, block.c + row * block.c_stride + column, block.c_stride, depth, start == 0});
    }
  }
}

// Products whose magnitudes take less than to widen them and to join their halves (measured on Zen 4):
// of depth 8 half as much.
bool is_shallow(const GemmS8Block& block) {
  return block.depth <= 24 || (block.columns <= kPanelColumns && block.depth <= 96);
}

void block(const GemmS8Block& block) {
  if (is_shallow(block)) return magnitude_block(block);
  std::size_t row = 0;
  for (; row + kRowTile <= block.rows; row += kRowTile)
    row_strip<kRowTile>(block, row);
  switch (block.rows - row) {
    case 1:
      return magnitude_row(block, row);
    case 2:
      return row_strip<2>(block, row);
    case 3:
      return row_strip<3>(block, row);
    case 4:
      return row_strip<4>(block, row);
    case 5:
      return row_strip<5>(block, row);
    default:
      return;
  }
}

}  // namespace

extern const GemmS8Kernels gemm_s8_avx2 = {Isa::kAvx2,
                                           /*min_rows=*/1,
                                           kRowTile,
                                           /*depth_step=*/4,
                                           /*flip=*/0x00,
                                           block,
                                           /*column_block=*/64,
                                           /*interleaved=*/nullptr,
                                           /*hold=*/nullptr,
                                           /*release=*/nullptr,
                                           /*column_step=*/kHalfColumns};

}  // namespace fourfold
