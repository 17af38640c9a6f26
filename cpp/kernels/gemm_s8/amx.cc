// gemm_s8 with AMX tiles: tdpbssd multiplies 16 rows x 64 depths with 64 depths x 16 columns.
//
//   instruction     throughput (Sapphire Rapids)     here, per 64 depths of a 32 x 32 tile
//   tdpbssd         one per 16 cycles                4: the limit, 64 cycles
//   tileloadd       one per 8 cycles                 4: 32 cycles, hidden
//
// A 64-byte row of the packed layout is one row of a b tile: 16 columns x 4 depths. Tiles hold as
// many rows of a as there are, so nothing outside a and c is touched; the tail of a block costs one
// more configuration.
#include <immintrin.h>

#include "kernels/gemm_s8/gemm_s8.h"

namespace fourfold {
namespace {

constexpr std::size_t kTileRows = 16;
constexpr std::size_t kRowTile = 2 * kTileRows;
constexpr int kRowBytes = 64;
constexpr std::size_t kTileBytes = kTileRows * kRowBytes;

// Tile registers. The intrinsics want literal numbers, hence macros.
#define FOURFOLD_C00 0
#define FOURFOLD_C01 1
#define FOURFOLD_C10 2
#define FOURFOLD_C11 3
#define FOURFOLD_A0 4
#define FOURFOLD_A1 5
#define FOURFOLD_B0 6
#define FOURFOLD_B1 7

// The operand of ldtilecfg (Intel SDM volume 1, 18.3).
struct alignas(64) TileConfig {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {};
  std::uint8_t rows[16] = {};
};
static_assert(sizeof(TileConfig) == 64, "ldtilecfg reads 64 bytes");

// rows0 in the upper tiles (1 to 16), rows1 in the lower ones (0 to 16; 0 leaves them unused).
void configure(std::size_t rows0, std::size_t rows1) {
  TileConfig config;
  const auto set = [&config](int tile, std::size_t rows) {
    config.rows[tile] = static_cast<std::uint8_t>(rows);
    config.row_bytes[tile] = rows == 0 ? 0 : kRowBytes;
  };
  set(FOURFOLD_C00, rows0);
  set(FOURFOLD_C01, rows0);
  set(FOURFOLD_A0, rows0);
  set(FOURFOLD_C10, rows1);
  set(FOURFOLD_C11, rows1);
  set(FOURFOLD_A1, rows1);
  set(FOURFOLD_B0, kTileRows);
  set(FOURFOLD_B1, kTileRows);
#if defined(__GNUC__)
  // GCC's intrinsic tells the compiler of the first 8 bytes only; without this the rest may never
  // be stored.
  __asm__ volatile("" : : "r"(&config) : "memory");
#endif
  _tile_loadconfig(&config);
}

// c[rows][kPanels * 16] over the whole depth, for 16 * kHigh rows (fewer as configured).
template <int kHigh, int kPanels>
inline void tile(const GemmS8Block& block, std::size_t row, std::size_t column) {
  const std::int8_t* a0 = block.a + row * block.a_stride;
  const std::int8_t* a1 = a0 + kTileRows * block.a_stride;
  const std::int8_t* b0 = block.b + column * block.depth;
  const std::int8_t* b1 = b0 + kPanelColumns * block.depth;

  _tile_zero(FOURFOLD_C00);
  if constexpr (kPanels == 2) _tile_zero(FOURFOLD_C01);
  if constexpr (kHigh == 2) _tile_zero(FOURFOLD_C10);
  if constexpr (kHigh == 2 && kPanels == 2) _tile_zero(FOURFOLD_C11);

  for (std::size_t d = 0; d < block.depth; d += kDepthStep, b0 += kTileBytes, b1 += kTileBytes) {
    _tile_loadd(FOURFOLD_B0, b0, kRowBytes);
    _tile_loadd(FOURFOLD_A0, a0 + d, block.a_stride);
    _tile_dpbssd(FOURFOLD_C00, FOURFOLD_A0, FOURFOLD_B0);
    if constexpr (kPanels == 2) {
      _tile_loadd(FOURFOLD_B1, b1, kRowBytes);
      _tile_dpbssd(FOURFOLD_C01, FOURFOLD_A0, FOURFOLD_B1);
    }
    if constexpr (kHigh == 2) {
      _tile_loadd(FOURFOLD_A1, a1 + d, block.a_stride);
      _tile_dpbssd(FOURFOLD_C10, FOURFOLD_A1, FOURFOLD_B0);
      if constexpr (kPanels == 2) _tile_dpbssd(FOURFOLD_C11, FOURFOLD_A1, FOURFOLD_B1);
    }
  }
  const std::size_t c_row_bytes = block.c_stride * sizeof(std::int32_t);
  std::int32_t* c0 = block.c + row * block.c_stride + column;
  std::int32_t* c1 = c0 + kTileRows * block.c_stride;
  _tile_stored(FOURFOLD_C00, c0, c_row_bytes);
  if constexpr (kPanels == 2) _tile_stored(FOURFOLD_C01, c0 + kPanelColumns, c_row_bytes);
  if constexpr (kHigh == 2) _tile_stored(FOURFOLD_C10, c1, c_row_bytes);
  if constexpr (kHigh == 2 && kPanels == 2)
    _tile_stored(FOURFOLD_C11, c1 + kPanelColumns, c_row_bytes);
}

template <int kHigh>
void row_strip(const GemmS8Block& block, std::size_t row) {
  std::size_t column = 0;
  for (; column + 2 * kPanelColumns <= block.columns; column += 2 * kPanelColumns)
    tile<kHigh, 2>(block, row, column);
  if (column < block.columns) tile<kHigh, 1>(block, row, column);
}

void block(const GemmS8Block& block) {
  std::size_t row = 0;
  if (block.rows >= kRowTile) configure(kTileRows, kTileRows);
  for (; row + kRowTile <= block.rows; row += kRowTile)
    row_strip<2>(block, row);

  const std::size_t rest = block.rows - row;
  if (rest > kTileRows) {
    configure(kTileRows, rest - kTileRows);
    row_strip<2>(block, row);
  } else if (rest > 0) {
    configure(rest, 0);
    row_strip<1>(block, row);
  }
  _tile_release();
}

}  // namespace

// Below four rows the tiles are nearly empty and reading b is the limit: the vector kernel reads it
// as fast.
extern const GemmS8Kernels gemm_s8_amx = {Isa::kAmx, /*min_rows=*/4, kRowTile, /*flip=*/0x00,
                                          block};

}  // namespace fourfold
