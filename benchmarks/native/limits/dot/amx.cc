// Four tiles of sums: the latency of tdpbssd is 52 cycles, and one starts every 16.
#include <immintrin.h>

#include <cstdint>

#include "limits/dot/dot.h"

namespace fourfold {
namespace {

constexpr std::size_t kProducts = 4;
constexpr std::size_t kMultiplyAdds = 16 * 16 * 64;

// The operand of ldtilecfg: eight full tiles.
struct alignas(64) TileConfig {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

void run() {
  const TileConfig config;
  asm volatile("" : : "r"(&config) : "memory");
  _tile_loadconfig(&config);
  for (int step = 0; step < kDotSteps; ++step) {
    _tile_dpbssd(0, 4, 6);
    _tile_dpbssd(1, 4, 7);
    _tile_dpbssd(2, 5, 6);
    _tile_dpbssd(3, 5, 7);
  }
  _tile_release();
}

}  // namespace

extern const DotLimit dot_amx = {Isa::kAmx, "tdpbssd", 2 * kMultiplyAdds * kProducts, run};

}  // namespace fourfold
