#include "matmul/blocking.h"

#include <algorithm>
#include <cstdint>

#include "base/round_up.h"
#include "matmul/packed_weights.h"

namespace fourfold {
namespace {

// Rows of one kernel call, in register tiles: enough to spread what a call costs. No more, because
// the rows of an output with 1,024 columns lie 4,096 bytes apart, on the same few sets of a 12-way
// L1: with 96 rows a 540 x 64 x 1024 layer took 1.45 times as long (measured).
constexpr std::size_t kTilesPerBlock = 2;
// Where all columns are a few kernel calls', rows of the output lie close together, and each call has
// little to do: 1728 x 16 x 88 took a fifth longer with 12 rows.
constexpr std::size_t kTilesPerNarrowBlock = 16;
constexpr std::size_t kNarrowBlocks = 4;
// The sums of one call take at most a quarter of L1, two calls' sums half of it.
constexpr std::size_t kSumsShareOfL1 = 4;
// A row panel takes at most half of L2; the rest holds weights and output. One that is read by a
// single pass takes half of L1: it is still there when it is multiplied.
constexpr std::size_t kPanelShare = 2;
// Waking a worker costs a few microseconds: less work than this per part is done faster alone.
constexpr std::size_t kNanosecondsPerPart = 8000;
// With so many column blocks for each part, cutting between them is even enough.
constexpr std::size_t kEvenBlocks = 4;

std::size_t panel_rows(const MatmulShape& shape, const CacheSizes& caches) {
  const std::size_t cache = shape.is_narrow() ? std::min(caches.l1d, caches.l2) : caches.l2;
  return cache / kPanelShare / std::max<std::size_t>(shape.row_bytes, 1);
}

std::size_t choose_row_block(const MatmulShape& shape, const CacheSizes& caches) {
  const std::size_t sums_of_tile = shape.row_tile * shape.column_block * sizeof(std::int32_t);
  const std::size_t tiles = caches.l1d / kSumsShareOfL1 / sums_of_tile;
  std::size_t most = kTilesPerBlock;
  if (shape.columns <= kNarrowBlocks * shape.column_block) {
    const std::size_t tiles_in_panel = panel_rows(shape, caches) / shape.row_tile;
    most = std::clamp(tiles_in_panel, kTilesPerBlock, kTilesPerNarrowBlock);
  }
  return std::clamp<std::size_t>(tiles, 1, most) * shape.row_tile;
}

// As many parts as threads, if each is worth waking one.
std::size_t choose_parts(const MatmulShape& shape, std::size_t threads) {
  const std::size_t multiply_adds = shape.rows * padded_columns(shape.columns) * shape.depth;
  const std::size_t worth =
      multiply_adds / std::max<std::size_t>(shape.multiply_adds_per_ns, 1) / kNanosecondsPerPart;
  return std::max<std::size_t>(1, std::min(threads, worth));
}

}  // namespace

Blocking choose_blocking(const MatmulShape& shape, const CacheSizes& caches, std::size_t threads) {
  Blocking blocking = {1, 1, kPanelColumns, 0, choose_row_block(shape, caches)};

  const std::size_t parts = choose_parts(shape, threads);
  const std::size_t row_tiles = ceil_div(shape.rows, shape.row_tile);
  if (row_tiles >= 2 * parts) {
    blocking.row_parts = parts;
  } else {
    blocking.column_parts = std::min(parts, padded_columns(shape.columns) / kPanelColumns);
  }
  if (shape.columns >= kEvenBlocks * blocking.column_parts * shape.column_block) {
    blocking.column_step = shape.column_block;
  }

  const std::size_t blocks = panel_rows(shape, caches) / blocking.row_block;
  blocking.row_panel = std::max<std::size_t>(blocks, 1) * blocking.row_block;
  return blocking;
}

std::size_t first_row_block(std::size_t rows, std::size_t row_block, std::size_t row_tile) {
  const std::size_t full_blocks = rows == 0 ? 0 : (rows - 1) / row_block;
  return std::min(rows, round_up(rows - full_blocks * row_block, row_tile));
}

Range part_of(std::size_t size, std::size_t step, std::size_t parts, std::size_t index) {
  const std::size_t steps = ceil_div(size, step);
  const auto cut = [&](std::size_t i) { return std::min(size, steps * i / parts * step); };
  return {cut(index), cut(index + 1)};
}

}  // namespace fourfold
