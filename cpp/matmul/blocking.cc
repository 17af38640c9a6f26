#include "matmul/blocking.h"

#include <algorithm>

#include "matmul/packed_weights.h"

namespace fourfold {
namespace {

// Columns of one kernel call: four panels, what the widest register tile takes at a time.
constexpr std::size_t kColumnBlock = 64;
// Rows of one kernel call, in register tiles: enough to spread what a call costs. No more, because
// the rows of an output with 1,024 columns lie 4,096 bytes apart, on the same few sets of a 12-way
// L1: with 96 rows a 540 x 64 x 1024 layer took 1.45 times as long (measured).
constexpr std::size_t kTilesPerBlock = 2;
// The left operand's share of L2, which is 1 MiB and more on servers since 2017 and on most desktops
// since 2021; the rest holds weights and output. Where L2 is smaller, rows come from L3.
constexpr std::size_t kRowPanelBytes = 384 * 1024;
// Waking a worker costs a few microseconds: less work than this per part is done faster alone.
constexpr std::size_t kNanosecondsPerPart = 8000;

}  // namespace

Blocking choose_blocking(const MatmulShape& shape, std::size_t threads) {
  const std::size_t row_block = kTilesPerBlock * shape.row_tile;
  Blocking blocking = {1, 1, 0, row_block, kColumnBlock};

  const std::size_t multiply_adds = shape.rows * padded_columns(shape.columns) * shape.depth;
  const std::size_t worth =
      multiply_adds / std::max<std::size_t>(shape.multiply_adds_per_ns, 1) / kNanosecondsPerPart;
  const std::size_t parts = std::max<std::size_t>(1, std::min(threads, worth));
  const std::size_t row_tiles = (shape.rows + shape.row_tile - 1) / shape.row_tile;
  if (row_tiles >= 2 * parts) {
    blocking.row_parts = parts;
  } else {
    blocking.column_parts = std::min(parts, padded_columns(shape.columns) / kPanelColumns);
  }

  const std::size_t panel = kRowPanelBytes / std::max<std::size_t>(shape.row_bytes, 1);
  blocking.row_panel = std::max(row_block, panel / row_block * row_block);
  return blocking;
}

Range part_of(std::size_t size, std::size_t step, std::size_t parts, std::size_t index) {
  const std::size_t steps = (size + step - 1) / step;
  const auto cut = [&](std::size_t i) { return std::min(size, steps * i / parts * step); };
  return {cut(index), cut(index + 1)};
}

}  // namespace fourfold
