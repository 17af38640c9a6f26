#include "matmul/matmul_f32.h"

#include <algorithm>

#include "base/aligned_buffer.h"
#include "base/round_up.h"
#include "matmul/blocking.h"
#include "matmul/linear_f32.h"
#include "matmul/packed_weights.h"

namespace fourfold {
namespace {

// Rows that b is packed for: two tiles of the widest kernel. Up to there each value of b is read
// twice at most.
constexpr std::size_t kRowsToPackFor = 25;
constexpr std::size_t kColumnStep = 128;         // what one row is multiplied by at once
constexpr std::size_t kElementsPerPart = 65536;  // of b: several microseconds from L2

bool packs(std::size_t rows, bool transposed) {
  return transposed || rows >= kRowsToPackFor;
}

std::size_t parts_of(std::size_t elements, std::size_t steps, const Execution& execution) {
  const std::size_t most = std::min(steps, execution.threads);
  return std::clamp<std::size_t>(elements / kElementsPerPart, 1, std::max<std::size_t>(most, 1));
}

void multiply_packed(const MatmulF32& product, float* packed, const Execution& execution) {
  const std::size_t depth = product.a.columns, columns = product.y.columns;
  const std::size_t panels = padded_columns(columns) / kPanelColumns;
  const std::size_t parts = parts_of(columns * depth, panels, execution);
  execution.pool->run(parts, [&](std::size_t part) {
    const Range range = part_of(columns, kPanelColumns, parts, part);
    pack_f32_panels(product.b, product.transposed, range, packed + range.begin * depth);
  });
  const LinearF32 layer = {{packed, depth, columns}, nullptr, Activation::identity, 0.0f};
  linear_f32(layer, product.a, product.y, execution);
}

// Kernels read whole panels: only the last is copied, if it isn't whole.
void multiply_as_it_lies(const MatmulF32& product, float* last_panel, const Execution& execution) {
  const GemmF32Kernels& gemm = gemm_f32_kernels(execution.isa);
  const MatrixView<const float>&a = product.a, &b = product.b;
  const MatrixView<float>& y = product.y;
  const std::size_t whole = y.columns / kPanelColumns * kPanelColumns;
  const auto multiply = [&](const GemmF32Weight& weight, Range columns) {
    gemm.block({a.data, a.stride, weight, nullptr, nullptr, y.data + columns.begin, y.stride,
                a.rows, padded_columns(columns.size()), columns.size(), a.columns});
  };
  const std::size_t parts = parts_of(y.columns * a.columns, y.columns / kColumnStep, execution);
  execution.pool->run(parts, [&](std::size_t part) {
    const Range columns = part_of(whole, kColumnStep, parts, part);
    multiply({b.data + columns.begin, kPanelColumns, b.stride, nullptr}, columns);
  });
  if (whole == y.columns) return;
  pack_f32_panels(b, false, {whole, y.columns}, last_panel);
  multiply({last_panel, 0, kPanelColumns, nullptr}, {whole, y.columns});
}

}  // namespace

std::size_t matmul_f32_scratch_bytes(std::size_t rows, std::size_t depth, std::size_t columns,
                                     bool transposed) {
  const std::size_t packed =
      packs(rows, transposed) ? padded_columns(columns) : padded_columns(columns % kPanelColumns);
  return round_up(packed * depth * sizeof(float), kAlignment);
}

void matmul_f32(const MatmulF32& product, std::byte* scratch, const Execution& execution) {
  auto* packed = reinterpret_cast<float*>(scratch);
  if (packs(product.a.rows, product.transposed)) {
    multiply_packed(product, packed, execution);
  } else {
    multiply_as_it_lies(product, packed, execution);
  }
}

}  // namespace fourfold
