#include "matmul/linear_s8_plan.h"

#include <algorithm>

#include "base/aligned_buffer.h"
#include "base/round_up.h"

namespace fourfold {
namespace {

// Rows that end on different cache sets: a stride that is a multiple of 1,024 bytes maps a column
// of rows to few of them.
constexpr std::size_t kRowPadding = 64;
// Shorter rows lie one behind the other: a register tile of them takes few lines of each set.
constexpr std::size_t kNearRows = 256;
// Of the vector kernels, about. AMX is faster: it gets a second thread a little sooner than it pays.
constexpr std::size_t kMultiplyAddsPerNs = 200;

// Offsets of pieces that lie one after the other, each on its own cache lines.
class Pieces {
 public:
  template <class T>
  std::size_t add(std::size_t count) {
    const std::size_t at = bytes_;
    bytes_ += round_up(count * sizeof(T), kAlignment);
    return at;
  }
  std::size_t bytes() const { return bytes_; }

 private:
  std::size_t bytes_ = 0;
};

// Sums of fewer columns lie close together.
std::size_t choose_column_block(const GemmS8Kernels& gemm, std::size_t rows, std::size_t columns) {
  const std::size_t most = rows <= gemm.row_tile / 2 ? 2 * gemm.column_block : gemm.column_block;
  return std::min(most, padded_columns(columns));
}

template <class T>
T* at(std::byte* memory, std::size_t offset) {
  return reinterpret_cast<T*>(memory + offset);
}

}  // namespace

LinearS8Plan::LinearS8Plan(const LinearS8& layer, OutputForm form, std::size_t rows,
                           const Execution& execution)
    : gemm(gemm_s8_kernels(execution.isa, rows)),
      quantize(quantize_kernels(execution.isa)),
      copy(copy_s8_kernels(execution.isa)),
      activations(activation_kernels(execution.isa)),
      column_block(choose_column_block(gemm, rows, layer.weight.columns)),
      depth(round_up(layer.weight.depth, gemm.depth_step)),
      row_stride(depth + (depth > kNearRows ? kRowPadding : 0)) {
  const bool keeps_values = form == OutputForm::kRowsS8;
  const std::size_t columns = layer.weight.columns;
  value_stride = keeps_values ? columns + kRowPadding / sizeof(float) : 0;
  blocking = choose_blocking({rows, columns, depth, gemm.row_tile, column_block,
                              row_stride + value_stride * sizeof(float), kMultiplyAddsPerNs},
                             cache_sizes(), execution.threads);

  const std::size_t panel_rows = std::min(rows, blocking.row_panel);
  Pieces panel;
  panel.add<std::int8_t>(panel_rows * row_stride);
  scales_at = panel.add<float>(panel_rows);
  values_at = panel.add<float>(panel_rows * value_stride);
  panel_bytes = panel.bytes();

  // Whole register tiles, which also hold half as many rows of blocks twice as wide.
  const std::size_t block_rows = round_up(std::min(rows, blocking.row_block), gemm.row_tile);
  const std::size_t block = block_rows * std::min(column_block, gemm.column_block);
  Pieces part;
  part.add<std::int32_t>(block);
  second_sums_at = part.add<std::int32_t>(gemm.interleaved != nullptr ? block : 0);
  block_values_at = part.add<float>(block);
  absmax_at = part.add<std::int32_t>(keeps_values ? panel_rows : 0);
  part_bytes = part.bytes();
}

PanelMemory LinearS8Plan::panel_memory(std::byte* scratch, std::size_t row_part) const {
  std::byte* memory = scratch + row_part * panel_bytes;
  return {at<std::int8_t>(memory, 0), at<float>(memory, scales_at), at<float>(memory, values_at)};
}

PartMemory LinearS8Plan::part_memory(std::byte* scratch, std::size_t part) const {
  std::byte* memory = scratch + blocking.row_parts * panel_bytes + part * part_bytes;
  return {{at<std::int32_t>(memory, 0), at<std::int32_t>(memory, second_sums_at)},
          at<float>(memory, block_values_at),
          at<std::int32_t>(memory, absmax_at)};
}

}  // namespace fourfold
