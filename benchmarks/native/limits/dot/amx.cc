// Four tiles of sums: the latency of tdpbssd is 52 cycles, and one starts every 16.
#include <immintrin.h>

#include "kernels/gemm_s8/amx_config.h"
#include "limits/dot/dot.h"

namespace fourfold {
namespace {

constexpr std::size_t kProducts = 4;
constexpr std::size_t kMultiplyAdds = 16 * 16 * 64;

void run() {
  configure(kTileRows);
  for (int step = 0; step < kDotSteps; ++step) {
    _tile_dpbssd(FOURFOLD_C0, FOURFOLD_A0, FOURFOLD_B0);
    _tile_dpbssd(FOURFOLD_C1, FOURFOLD_A0, FOURFOLD_B1);
    _tile_dpbssd(FOURFOLD_C2, FOURFOLD_A1, FOURFOLD_B0);
    _tile_dpbssd(FOURFOLD_C3, FOURFOLD_A1, FOURFOLD_B1);
  }
  _tile_release();
}

}  // namespace

extern const DotLimit dot_amx = {Isa::kAmx, "tdpbssd", 2 * kMultiplyAdds * kProducts, run};

}  // namespace fourfold
