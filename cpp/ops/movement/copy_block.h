// Copies one rectangle of elements between any two strides: the inner loops of strided_copy.
#pragma once

#include <cstddef>

namespace fourfold {

// Element (row, column) lies at from + row * from_row + column * from_column, in bytes; to alike.
// Strides of `from` may be negative, and 0 to repeat an element.
struct CopyBlock {
  const std::byte* from;
  std::byte* to;
  std::size_t rows;
  std::size_t columns;
  std::ptrdiff_t from_row;
  std::ptrdiff_t to_row;
  std::ptrdiff_t from_column;
  std::ptrdiff_t to_column;
};

// The widest element that is moved at once.
inline constexpr std::size_t kMaxCopyBytes = 16;

// The routine for elements of 1, 2, 4, 8 or 16 bytes. `from` and `to` do not overlap and need not
// be aligned.
using CopyBlockRoutine = void (*)(const CopyBlock& block);
CopyBlockRoutine copy_block_routine(std::size_t element_bytes);

}  // namespace fourfold
