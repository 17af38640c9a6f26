// AMX tiles in plain C++: the intrinsics of <immintrin.h> that the kernels use, redefined, so that the logic of an AMX
// kernel is tested on machines without AMX. Follows the operation sections of the Intel SDM, volume 2 (LDTILECFG, TILELOADD,
// STTILECFG, TDPBSSD, TILESTORED, TILEZERO, TILERELEASE); what would raise #UD or #GP on the CPU is counted in `faults`.
// Configurations loaded and lines prefetched are counted too.
#pragma once

#include <immintrin.h>

#include <cstdint>
#include <cstring>

namespace amx_emulation {

struct Tile {
  int rows;
  int row_bytes;
  std::uint8_t data[16][64];
};

inline Tile tiles[8];
inline std::uint8_t config[64];
inline bool configured = false;
inline int faults = 0;
inline std::size_t configurations = 0;
inline std::size_t products = 0;
inline const char* prefetched = nullptr;  // the first line
inline std::size_t prefetched_lines = 0;  // in ascending order, none left out

inline void load_config(const void* memory) {
  std::uint8_t bytes[64];
  std::memcpy(bytes, memory, sizeof bytes);
  std::memcpy(config, memory, sizeof config);
  ++configurations;
  configured = bytes[0] == 1;
  if (bytes[0] > 1 || bytes[1] != 0) ++faults;
  for (int i = 2; i < 16; ++i) faults += bytes[i] != 0;
  for (int t = 0; t < 8; ++t) {
    std::uint16_t row_bytes;
    std::memcpy(&row_bytes, bytes + 16 + 2 * t, sizeof row_bytes);
    const int rows = bytes[48 + t];
    if (rows > 16 || row_bytes > 64 || (rows == 0) != (row_bytes == 0)) ++faults;
    tiles[t] = Tile{rows, row_bytes, {}};
  }
}

inline void release() {
  configured = false;
  std::memset(config, 0, sizeof config);
}

inline void store_config(void* memory) { std::memcpy(memory, config, sizeof config); }

inline void prefetch(const char* line) {
  if (prefetched == nullptr) prefetched = line;
  faults += line != prefetched + 64 * prefetched_lines++;
}

inline Tile& used(int t) {
  if (!configured || tiles[t].rows == 0) ++faults;
  return tiles[t];
}

inline void zero(int t) { std::memset(used(t).data, 0, sizeof tiles[t].data); }

inline void load(int t, const void* base, std::size_t stride) {
  zero(t);
  for (int r = 0; r < tiles[t].rows; ++r) {
    std::memcpy(tiles[t].data[r], static_cast<const char*>(base) + r * stride, tiles[t].row_bytes);
  }
}

inline void store(int t, void* base, std::size_t stride) {
  const Tile& tile = used(t);
  for (int r = 0; r < tile.rows; ++r) {
    std::memcpy(static_cast<char*>(base) + r * stride, tile.data[r], tile.row_bytes);
  }
}

inline void dot_s8(int c, int a, int b) {
  ++products;
  Tile& sum = used(c);
  const Tile& left = used(a);
  const Tile& right = used(b);
  if (sum.rows != left.rows || sum.row_bytes != right.row_bytes || left.row_bytes != 4 * right.rows) ++faults;
  for (int m = 0; m < sum.rows; ++m) {
    for (int n = 0; n < sum.row_bytes / 4; ++n) {
      std::int32_t total;
      std::memcpy(&total, &sum.data[m][4 * n], 4);
      for (int k = 0; k < left.row_bytes; ++k) {
        total += static_cast<std::int8_t>(left.data[m][k]) * static_cast<std::int8_t>(right.data[k / 4][4 * n + k % 4]);
      }
      std::memcpy(&sum.data[m][4 * n], &total, 4);
    }
  }
}

}  // namespace amx_emulation

#undef _tile_loadconfig
#undef _tile_storeconfig
#undef _tile_release
#undef _tile_zero
#undef _tile_loadd
#undef _tile_stored
#undef _tile_dpbssd
#undef _mm_prefetch
#define _tile_loadconfig amx_emulation::load_config
#define _tile_storeconfig amx_emulation::store_config
#define _tile_release amx_emulation::release
#define _tile_zero amx_emulation::zero
#define _tile_loadd amx_emulation::load
#define _tile_stored amx_emulation::store
#define _tile_dpbssd amx_emulation::dot_s8
#define _mm_prefetch(line, hint) amx_emulation::prefetch(line)
