// gemm_s8 in plain C++: the definition in code, and what runs where nothing better does.
#include "kernels/gemm_s8/gemm_s8.h"

namespace fourfold {
namespace {

void block(const GemmS8Block& block) {
  for (std::size_t r = 0; r < block.rows; ++r) {
    const std::int8_t* a = block.a + r * block.a_stride;
    for (std::size_t column = 0; column < block.columns; column += kPanelColumns) {
      const std::int8_t* b = block.b + column * block.b_depth;
      std::int32_t sums[kPanelColumns] = {};
      for (std::size_t d = 0; d < block.depth; d += kDepthGroup, b += kPanelColumns * kDepthGroup) {
        for (std::size_t n = 0; n < kPanelColumns; ++n) {
          for (std::size_t k = 0; k < kDepthGroup; ++k)
            sums[n] += a[d + k] * b[n * kDepthGroup + k];
        }
      }
      std::int32_t* c = block.c + r * block.c_stride + column;
      for (std::size_t n = 0; n < kPanelColumns; ++n)
        c[n] = sums[n];
    }
  }
}

}  // namespace

extern const GemmS8Kernels gemm_s8_scalar = {
    Isa::kScalar,        /*min_rows=*/1,         /*row_tile=*/1,
    /*depth_step=*/16,   /*flip=*/0x00,          block,
    /*column_block=*/64, /*interleaved=*/nullptr};

}  // namespace fourfold
