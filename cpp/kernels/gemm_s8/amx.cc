// gemm_s8 with AMX tiles: tdpbssd multiplies 16 rows x 64 depths with 64 depths x 16 columns.
//
//   instruction    throughput, latency        here, cycles per 64 depths of a 32 x 32 tile
//   tdpbssd        16, 52                     64: the limit; 4 sums, so that a chain takes 64 >= 52
//   tileloadd      8, 45 (two lines a cycle)  32
//   tilestored     16                         8, as 4 in 512 depths; reading c back: 4
//   ldtilecfg      204; tilerelease 13        none within a session
//   sttilecfg      19                         1, one per call: is the configuration loaded?
//
// (Cycles of Sapphire Rapids: Intel's optimization manual, chapter on AMX; the rest is counted.)
//
//   bytes          a: 2 KiB from L2, 32 a cycle; b: 2 KiB, from L2 for the first 32 rows of a call,
//                  then from L1: with 64 rows 48 a cycle in all. L2 gives 43 to 52 (measured): with
//                  both from there always, 64 a cycle, 67 to 81 % of the peak would be the limit.
//
// Hence the order: 32 columns, then 512 depths, then rows. 16 KiB of b stay in a 48 KiB L1 beside
// 16 KiB of a and 8 KiB of c, for any depth; c carries the sums from one depth chunk to the next.
// tileloaddt1, which would keep a from pushing b out of L1, takes 33 cycles: two of them are more
// than the four tdpbssd beside them.
//
// A 64-byte row of the packed layout is one row of a b tile: 16 columns x 4 depths. Nothing outside
// a and c is touched, on one configuration: from 16 rows on, the last tile is moved up until it
// ends with the block, and does some rows twice. Only fewer than 16 rows take a configuration of
// their own.
#include <immintrin.h>

#include "kernels/gemm_s8/amx_config.h"
#include "kernels/gemm_s8/between.h"
#include "kernels/gemm_s8/gemm_s8.h"

namespace fourfold {
namespace {

constexpr std::size_t kRowTile = 2 * kTileRows;
constexpr std::size_t kPairColumns = 2 * kPanelColumns;  // of a 2 x 2 tile pass
constexpr std::size_t kTailColumns = 4 * kPanelColumns;  // of a 1 x 4 one
constexpr std::size_t kChunkSteps = 8;                   // 512 depths
constexpr std::size_t kTileBytes = kTileRows * kRowBytes;

// Where a tile of c lies, and which depths are summed into it.
struct Place {
  std::size_t row;
  std::size_t second_row;  // of the lower tile of a; at most 16 below the first
  std::size_t column;
  std::size_t begin;
  std::size_t end;
};

// 32 rows (some twice, if second_row is near) x 16 * kPanels columns, from begin to end.
template <int kPanels>
inline void tile_2_by(const GemmS8Block& block, const Place& at, Between& between) {
  const std::int8_t* a0 = block.a + at.row * block.a_stride;
  const std::int8_t* a1 = block.a + at.second_row * block.a_stride;
  const std::int8_t* b0 = block.b + at.column * block.b_depth + at.begin * kPanelColumns;
  const std::int8_t* b1 = b0 + kPanelColumns * block.b_depth;
  const std::size_t c_row_bytes = block.c_stride * sizeof(std::int32_t);
  std::int32_t* c0 = block.c + at.row * block.c_stride + at.column;
  std::int32_t* c2 = block.c + at.second_row * block.c_stride + at.column;

  if (at.begin == 0) {
    _tile_zero(FOURFOLD_C0);
    if constexpr (kPanels > 1) _tile_zero(FOURFOLD_C1);
    _tile_zero(FOURFOLD_C2);
    if constexpr (kPanels > 1) _tile_zero(FOURFOLD_C3);
  } else {
    _tile_loadd(FOURFOLD_C0, c0, c_row_bytes);
    if constexpr (kPanels > 1) _tile_loadd(FOURFOLD_C1, c0 + kPanelColumns, c_row_bytes);
    _tile_loadd(FOURFOLD_C2, c2, c_row_bytes);
    if constexpr (kPanels > 1) _tile_loadd(FOURFOLD_C3, c2 + kPanelColumns, c_row_bytes);
  }
  for (std::size_t d = at.begin; d < at.end; d += kDepthStep, b0 += kTileBytes, b1 += kTileBytes) {
    _tile_loadd(FOURFOLD_B0, b0, kRowBytes);
    _tile_loadd(FOURFOLD_A0, a0 + d, block.a_stride);
    _tile_dpbssd(FOURFOLD_C0, FOURFOLD_A0, FOURFOLD_B0);
    if constexpr (kPanels > 1) {
      _tile_loadd(FOURFOLD_B1, b1, kRowBytes);
      _tile_dpbssd(FOURFOLD_C1, FOURFOLD_A0, FOURFOLD_B1);
    }
    _tile_loadd(FOURFOLD_A1, a1 + d, block.a_stride);
    _tile_dpbssd(FOURFOLD_C2, FOURFOLD_A1, FOURFOLD_B0);
    if constexpr (kPanels > 1) _tile_dpbssd(FOURFOLD_C3, FOURFOLD_A1, FOURFOLD_B1);
    between.after_group();
  }
  _tile_stored(FOURFOLD_C0, c0, c_row_bytes);
  if constexpr (kPanels > 1) _tile_stored(FOURFOLD_C1, c0 + kPanelColumns, c_row_bytes);
  _tile_stored(FOURFOLD_C2, c2, c_row_bytes);
  if constexpr (kPanels > 1) _tile_stored(FOURFOLD_C3, c2 + kPanelColumns, c_row_bytes);
}

// At most 16 rows x 16 * kPanels columns, over the whole depth.
template <int kPanels>
inline void tile_1_by(const GemmS8Block& block, std::size_t row, std::size_t column,
                      Between& between) {
  const std::int8_t* a = block.a + row * block.a_stride;
  const std::int8_t* b = block.b + column * block.b_depth;
  const std::size_t panel_bytes = block.b_depth * kPanelColumns;

  _tile_zero(FOURFOLD_C0);
  if constexpr (kPanels > 1) _tile_zero(FOURFOLD_C1);
  if constexpr (kPanels > 2) _tile_zero(FOURFOLD_C2);
  if constexpr (kPanels > 3) _tile_zero(FOURFOLD_C3);
  for (std::size_t d = 0; d < block.depth; d += kDepthStep, b += kTileBytes) {
    _tile_loadd(FOURFOLD_A0, a + d, block.a_stride);
    _tile_loadd(FOURFOLD_B0, b, kRowBytes);
    _tile_dpbssd(FOURFOLD_C0, FOURFOLD_A0, FOURFOLD_B0);
    if constexpr (kPanels > 1) {
      _tile_loadd(FOURFOLD_B1, b + panel_bytes, kRowBytes);
      _tile_dpbssd(FOURFOLD_C1, FOURFOLD_A0, FOURFOLD_B1);
    }
    if constexpr (kPanels > 2) {
      _tile_loadd(FOURFOLD_B2, b + 2 * panel_bytes, kRowBytes);
      _tile_dpbssd(FOURFOLD_C2, FOURFOLD_A0, FOURFOLD_B2);
    }
    if constexpr (kPanels > 3) {
      _tile_loadd(FOURFOLD_B0, b + 3 * panel_bytes, kRowBytes);
      _tile_dpbssd(FOURFOLD_C3, FOURFOLD_A0, FOURFOLD_B0);
    }
    between.after_group();
  }
  std::int32_t* c = block.c + row * block.c_stride + column;
  const std::size_t c_row_bytes = block.c_stride * sizeof(std::int32_t);
  _tile_stored(FOURFOLD_C0, c, c_row_bytes);
  if constexpr (kPanels > 1) _tile_stored(FOURFOLD_C1, c + kPanelColumns, c_row_bytes);
  if constexpr (kPanels > 2) _tile_stored(FOURFOLD_C2, c + 2 * kPanelColumns, c_row_bytes);
  if constexpr (kPanels > 3) _tile_stored(FOURFOLD_C3, c + 3 * kPanelColumns, c_row_bytes);
}

// How the rows of a block are shared out.
struct Rows {
  std::size_t strips;  // of 32 rows, the last perhaps of 17 to 31
  bool tail;           // at most 16 rows more
};

Rows split_rows(std::size_t rows) {
  const std::size_t rest = rows % kRowTile;
  return {rows / kRowTile + (rest > kTileRows), rest > 0 && rest <= kTileRows};
}

template <int kPanels>
void strips(const GemmS8Block& block, std::size_t count, std::size_t column, Between& between) {
  const std::size_t steps = block.depth / kDepthStep;
  const std::size_t chunks = count > 1 && steps > 0 ? (steps + kChunkSteps - 1) / kChunkSteps : 1;
  for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
    const std::size_t begin = steps * chunk / chunks * kDepthStep;
    const std::size_t end = steps * (chunk + 1) / chunks * kDepthStep;
    for (std::size_t strip = 0; strip < count; ++strip) {
      const std::size_t row = strip * kRowTile;
      const std::size_t second = row + kTileRows, last = block.rows - kTileRows;
      tile_2_by<kPanels>(block, {row, second < last ? second : last, column, begin, end}, between);
    }
  }
}

// Moved up if it has fewer than 16 rows and there are more above: these are done again, from depth
// 0, after the strips.
void tail(const GemmS8Block& block, Between& between) {
  const std::size_t row = block.rows < kTileRows ? 0 : block.rows - kTileRows;
  for (std::size_t column = 0; column < block.columns; column += kTailColumns) {
    switch ((block.columns - column) / kPanelColumns) {
      case 1:
        tile_1_by<1>(block, row, column, between);
        break;
      case 2:
        tile_1_by<2>(block, row, column, between);
        break;
      case 3:
        tile_1_by<3>(block, row, column, between);
        break;
      default:
        tile_1_by<4>(block, row, column, between);
    }
  }
}

void interleaved(const GemmS8Block& block, const Interlude& interlude) {
  const bool held = configure(block.rows);
  const Rows rows = split_rows(block.rows);
  const std::size_t pairs = (block.columns + kPairColumns - 1) / kPairColumns;
  const std::size_t quads = (block.columns + kTailColumns - 1) / kTailColumns;
  Between between(block, interlude,
                  (rows.strips * pairs + rows.tail * quads) * (block.depth / kDepthStep));

  if (rows.strips > 0) {
    std::size_t column = 0;
    for (; column + kPairColumns <= block.columns; column += kPairColumns)
      strips<2>(block, rows.strips, column, between);
    if (column < block.columns) strips<1>(block, rows.strips, column, between);
  }
  if (rows.tail) tail(block, between);
  between.finish();
  if (!held) _tile_release();
}

void block(const GemmS8Block& block) {
  interleaved(block, {nullptr, nullptr, 0});
}

void hold(std::size_t rows) {
  configure(rows);
}

void release() {
  _tile_release();
}

}  // namespace

// min_rows, the crossover to vpdpbusd with b in L2: a tile pass takes 64 bytes of b in 16 * 64 / 1024
// = 1 cycle, or the 1.2 to 1.5 of L2, whatever the rows; vpdpbusd takes half a cycle a row. So three
// rows are even, which the configuration decides, and four gain. From L3, 6.7 cycles, it is all one
// below 13 rows.
extern const GemmS8Kernels gemm_s8_amx = {
    Isa::kAmx,
    /*min_rows=*/4,
    kRowTile,
    /*depth_step=*/kDepthStep,
    /*flip=*/0x00,
    block,
    /*column_block=*/kPairColumns,
    interleaved,
    hold,
    release,
};

}  // namespace fourfold
