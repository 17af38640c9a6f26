// How a matrix product is cut up: a pure function of the shape, the kernel and the threads.
//
// Results never depend on it: every element of the output is computed whole, by one kernel call.
#pragma once

#include <cstddef>

namespace fourfold {

struct Blocking {
  std::size_t row_parts;     // parts = row_parts * column_parts, each run by one thread
  std::size_t column_parts;  // > 1 only when there are too few rows to share out
  std::size_t row_panel;     // rows whose operand is kept in L2 while all columns pass over it
  std::size_t row_block;     // rows of one kernel call; its output tile stays in L1
  std::size_t column_block;  // columns of one kernel call, a multiple of kPanelColumns
};

struct MatmulShape {
  std::size_t rows;
  std::size_t columns;
  std::size_t depth;
  std::size_t row_tile;              // of the kernel
  std::size_t row_bytes;             // bytes of one row of the left operand as the kernel reads it
  std::size_t multiply_adds_per_ns;  // rough speed of the kernel, for what is worth sharing out
};

Blocking choose_blocking(const MatmulShape& shape, std::size_t threads);

// Part `index` of `parts` nearly equal ranges of [0, size), cut at multiples of `step`.
struct Range {
  std::size_t begin;
  std::size_t end;
};
Range part_of(std::size_t size, std::size_t step, std::size_t parts, std::size_t index);

}  // namespace fourfold
