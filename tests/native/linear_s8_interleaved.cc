// The INT8 driver with a kernel that interleaves, on every machine: the driver's own sources, linked
// with the kernels below in place of the scalar gemm_s8 and the scalar activations, and called through
// ctypes by test_linear_s8_interleaved.py.
#include <algorithm>
#include <atomic>
#include <mutex>
#include <stdexcept>

#include "base/aligned_buffer.h"
#include "matmul/linear_s8.h"

#define activation_scalar activation_scalar_that_never_throws
#include "kernels/activation/scalar.cc"
#undef activation_scalar

namespace fourfold {
namespace {

// As AMX has them, but for the rows: a few blocks of these fit into a small test.
constexpr std::size_t kRowTile = 4;
constexpr std::size_t kColumnBlock = 32;
constexpr std::int32_t kUnwritten = -7;

// What the kernels saw. The test's ctypes.Structure, field by field.
struct Seen {
  std::atomic<std::size_t> steps;
  std::atomic<std::size_t> sessions;       // begun
  std::atomic<std::size_t> sessions_left;  // not ended yet
  std::atomic<std::size_t> calls;
  std::atomic<std::size_t> faults;  // no session, one within another, ahead out of order
  std::atomic<std::size_t> ahead_bytes;
  std::size_t fewest_rows;  // of a call
  std::size_t most_columns;
  std::atomic<std::size_t> activations;
  std::atomic<std::size_t> thrown;
};

Seen* seen;
std::mutex seen_extremes;
const std::int8_t *weights_begin, *weights_end;
std::size_t throwing_activation;  // counted from 1; 0: none throws
thread_local bool in_session = false;
thread_local const std::int8_t* announced_end;  // in this session

void hold(std::size_t) {
  seen->faults += in_session;
  in_session = true;
  announced_end = nullptr;
  ++seen->sessions;
  ++seen->sessions_left;
}

void release() {
  in_session = false;
  --seen->sessions_left;
}

void look_at(const GemmS8Block& block) {
  ++seen->calls;
  seen->faults += !in_session;
  seen->faults += block.ahead_bytes > 0 &&
                  (block.ahead < weights_begin || block.ahead + block.ahead_bytes > weights_end);
  seen->faults += announced_end != nullptr && block.ahead_bytes > 0 && block.ahead != announced_end;
  if (block.ahead_bytes > 0) announced_end = block.ahead + block.ahead_bytes;
  seen->ahead_bytes += block.ahead_bytes;
  const std::lock_guard<std::mutex> lock(seen_extremes);
  seen->fewest_rows = std::min(seen->fewest_rows, block.rows);
  seen->most_columns = std::max(seen->most_columns, block.columns);
}

void row(const GemmS8Block& block, std::size_t r) {
  for (std::size_t n = 0; n < block.columns; ++n) {
    const std::int8_t* b = block.b + n / kPanelColumns * kPanelColumns * block.b_depth +
                           n % kPanelColumns * kDepthGroup;
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
  look_at(block);
  for (std::size_t r = 0; r < block.rows; ++r)
    std::fill_n(block.c + r * block.c_stride, block.columns, kUnwritten);
  std::size_t taken = 0;
  for (std::size_t r = 0; r < block.rows; ++r) {
    row(block, r);
    for (; taken < (r + 1) * interlude.steps / block.rows; ++taken)
      interlude.step(interlude.state);
  }
  seen->steps += taken;
}

void gelu_that_throws(const ActivationBlock& block) {
  if (++seen->activations == throwing_activation) throw std::runtime_error("as it was told");
  activation_scalar_that_never_throws.gelu(block);
}

ActivationKernels activations_that_throw() {
  ActivationKernels kernels = activation_scalar_that_never_throws;
  kernels.gelu = gelu_that_throws;
  return kernels;
}

}  // namespace

extern const GemmS8Kernels gemm_s8_scalar = {
    Isa::kScalar, /*min_rows=*/1, kRowTile,    kDepthStep, /*flip=*/0x00,
    block,        kColumnBlock,   interleaved, hold,       release};
extern const ActivationKernels activation_scalar = activations_that_throw();

}  // namespace fourfold

// form is an OutputForm: y for kF32, else q, with `scale` or `scales`. seen: zeros, but for
// fewest_rows.
extern "C" void linear_s8_interleaved(const float* x, const std::int8_t* packed,
                                      const float* column_scales, const float* bias,
                                      const float* residual, int activation, int form, float* y,
                                      std::int8_t* q, float scale, float* scales, std::size_t rows,
                                      std::size_t depth, std::size_t columns, std::size_t threads,
                                      std::size_t throwing, void* seen_by_test) {
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
  seen = static_cast<Seen*>(seen_by_test);
  weights_begin = packed;
  weights_end = packed + layer.weight.bytes_of(layer.weight.columns);
  throwing_activation = throwing;
  const AlignedBuffer scratch(linear_s8_scratch_bytes(layer, output.form, rows, execution));
  try {
    linear_s8(layer, DynamicRows({x, rows, depth, depth}), {residual, rows, columns, columns},
              output, scratch.data(), execution);
  } catch (const std::runtime_error&) {
    seen->thrown = 1;
  }
}

extern "C" std::size_t linear_s8_scratch(int form, std::size_t rows, std::size_t depth,
                                         std::size_t columns, std::size_t threads) {
  using namespace fourfold;
  const LinearS8 layer = {{nullptr, depth, columns}, nullptr, nullptr, nullptr,
                          Activation::identity,      0.0f};
  return linear_s8_scratch_bytes(layer, static_cast<OutputForm>(form), rows,
                                 {Isa::kScalar, threads, nullptr});
}
