// The AMX tile registers as gemm_s8 uses them, and their configuration. Included by files built
// for AMX alone: amx.cc, and the loop that finds the limit of AMX (benchmarks/native/limits/dot).
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace fourfold {
namespace {

constexpr std::size_t kTileRows = 16;
constexpr int kRowBytes = 64;

// Tile registers. The intrinsics want literal numbers, hence macros. C0 to A0 have the rows of
// the configuration, the rest 16.
#define FOURFOLD_C0 0
#define FOURFOLD_C1 1
#define FOURFOLD_C2 2
#define FOURFOLD_C3 3
#define FOURFOLD_A0 4
#define FOURFOLD_A1 5
#define FOURFOLD_B2 5
#define FOURFOLD_B0 6
#define FOURFOLD_B1 7

// The operand of ldtilecfg (Intel SDM volume 1, 18.3).
struct alignas(64) TileConfig {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {};
  std::uint8_t rows[16] = {};

  explicit TileConfig(std::size_t a_rows) {
    for (int tile = FOURFOLD_C0; tile <= FOURFOLD_B1; ++tile) {
      row_bytes[tile] = kRowBytes;
      rows[tile] = static_cast<std::uint8_t>(tile <= FOURFOLD_A0 ? a_rows : kTileRows);
    }
  }
  bool operator==(const TileConfig& other) const {
    return __builtin_memcmp(this, &other, sizeof other) == 0;
  }
};
static_assert(sizeof(TileConfig) == 64, "ldtilecfg reads 64 bytes");

// GCC's intrinsics tell the compiler of the first 8 bytes of a configuration only, and of none that
// tileloadd reads: without this, what was written before may be stored late or never.
inline void settle_memory(const void* config) {
#if defined(__GNUC__)
  __asm__ volatile("" : : "r"(config) : "memory");
#else
  static_cast<void>(config);
#endif
}

// Configures the tiles for so many rows of a, unless they are. True if they were configured here
// before, for any number of rows: then a session holds them.
bool configure(std::size_t rows) {
  TileConfig loaded(0);
  settle_memory(&loaded);
  _tile_storeconfig(&loaded);
  settle_memory(&loaded);
  const bool held = loaded == TileConfig(loaded.rows[FOURFOLD_A0]);
  const TileConfig wanted(rows < kTileRows ? rows : kTileRows);
  if (!(loaded == wanted)) {
    settle_memory(&wanted);
    _tile_loadconfig(&wanted);
  }
  return held;
}

}  // namespace
}  // namespace fourfold
