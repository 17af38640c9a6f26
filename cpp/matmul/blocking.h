// How a matrix product is cut up: a pure function of the shape, the kernel, the caches and the
// threads.
//
// Results never depend on it: every element of the output is computed whole, by one kernel call.
#pragma once

#include <cstddef>

#include "base/cache_sizes.h"

namespace fourfold {

struct MatmulShape {
  std::size_t rows;
  std::size_t columns;
  std::size_t depth;
  std::size_t row_tile;              // of the kernel
  std::size_t column_block;          // columns of one kernel call, a multiple of kPanelColumns
  std::size_t row_bytes;             // what one row of a panel takes in L2
  std::size_t multiply_adds_per_ns;  // rough speed of the kernel, for what is worth sharing out

  // One kernel call has all columns.
  bool is_narrow() const { return columns <= column_block; }
};

struct Blocking {
  std::size_t row_parts;     // parts = row_parts * column_parts, each run by one thread
  std::size_t column_parts;  // > 1 only when there are too few rows to share out
  std::size_t column_step;   // columns are shared out in multiples of this
  std::size_t row_panel;     // rows that are kept in L2 while all columns pass over them, at most
  std::size_t row_block;     // rows of one kernel call; its output tile stays in L1

  std::size_t parts() const { return row_parts * column_parts; }
};

Blocking choose_blocking(const MatmulShape& shape, const CacheSizes& caches, std::size_t threads);

struct Range {
  std::size_t begin;
  std::size_t end;

  std::size_t size() const { return end - begin; }
};

// Rows of the first kernel call on a panel; the others have row_block, the last of them perhaps
// fewer. The remainder comes first, in whole register tiles: where row_block is two of them or more,
// no call has less than one. Such a call reads the weights for a few rows (12 + 1 rows of a
// 13 x 768 x 3072 layer took 1.05 to 1.1 times as long as 6 + 7, measured) and costs AMX two
// configurations.
std::size_t first_row_block(std::size_t rows, std::size_t row_block, std::size_t row_tile);

// Part `index` of `parts` nearly equal ranges of [0, size), cut at multiples of `step`.
Range part_of(std::size_t size, std::size_t step, std::size_t parts, std::size_t index);

}  // namespace fourfold
