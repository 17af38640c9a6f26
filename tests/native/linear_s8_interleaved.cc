// The INT8 driver with a kernel that interleaves, on every machine: the driver's own sources, linked
// with the kernel below in place of the scalar gemm_s8, and called through ctypes by
// test_linear_s8_interleaved.py.
#include <algorithm>
#include <atomic>
#include <vector>

#include "base/aligned_buffer.h"
#include "matmul/linear_s8.h"

namespace fourfold {
namespace {

// As AMX has them, but for the rows: a few blocks of these fit into a small test.
constexpr std::size_t kRowTile = 4;
constexpr std::size_t kColumnBlock = 32;
constexpr std::int32_t kUnwritten = -7;

std::atomic<std::size_t> steps_taken{0};

void row(const GemmS8Block& block, std::size_t r) {
  for (std::size_t n = 0; n < block.columns; ++n) {
    const std::int8_t* b =
        block.b + n / kPanelColumns * kPanelColumns * block.depth + n % kPanelColumns * kDepthGroup;
    std::int32_t sum = 0;
    for (std::size_t d = 0; d < block.depth; ++d) {
      sum += block.a[r * block.a_stride + d] *
             b[d / kDepthGroup * kPanelColumns * kDepthGroup + d % kDepthGroup];
    }
    block.c[r * block.c_stride + n] = sum;
  }
}

void block(const GemmS8Block& block) {
  for (std::size_t r = 0; r < block.rows; ++r)
    row(block, r);
}

// Spoils its output first, which must not be what the steps read, and takes the steps between rows.
void interleaved(const GemmS8Block& block, const Interlude& interlude) {
  for (std::size_t r = 0; r < block.rows; ++r)
    std::fill_n(block.c + r * block.c_stride, block.columns, kUnwritten);
  std::size_t taken = 0;
  for (std::size_t r = 0; r < block.rows; ++r) {
    row(block, r);
    for (; taken < (r + 1) * interlude.steps / block.rows; ++taken)
      interlude.step(interlude.state);
  }
  steps_taken += taken;
}

}  // namespace

extern const GemmS8Kernels gemm_s8_scalar = {Isa::kScalar,  /*min_rows=*/1, kRowTile,
                                             /*flip=*/0x00, block,          kColumnBlock,
                                             interleaved};

}  // namespace fourfold

// form is an OutputForm: y for kF32, else q, with `scale` or `scales`. Returns the steps taken.
extern "C" std::size_t linear_s8_interleaved(const float* x, const std::int8_t* packed,
                                             const float* column_scales, const float* bias,
                                             const float* residual, int activation, int form,
                                             float* y, std::int8_t* q, float scale, float* scales,
                                             std::size_t rows, std::size_t depth,
                                             std::size_t columns, std::size_t threads) {
  using namespace fourfold;
  ThreadPool& pool = ThreadPool::shared();
  pool.set_threads(threads);
  const Execution execution = {Isa::kScalar, threads, &pool};
  const LinearS8 layer = {{packed, depth, columns},
                          column_scales,
                          bias,
                          nullptr,
                          static_cast<Activation>(activation),
                          0.0f};
  const Output output = {static_cast<OutputForm>(form),
                         {y, rows, columns, columns},
                         {q, rows, columns, columns},
                         scale,
                         scales};
  const AlignedBuffer scratch(linear_s8_scratch_bytes(layer, output.form, rows, execution));
  steps_taken = 0;
  linear_s8(layer, DynamicRows({x, rows, depth, depth}), {residual, rows, columns, columns}, output,
            scratch.data(), execution);
  return steps_taken;
}
