#include "ops/movement/copy_block.h"

#include <algorithm>
#include <cstring>

#include "ops/movement/interleave_three.h"
#include "ops/movement/transpose_square.h"

namespace fourfold {
namespace {

// Runs from this many bytes on go to memcpy, whose call costs as much as a loop over so many.
constexpr std::size_t kMemcpyBytes = 32;

// A square of 16 x 16 elements: with 4 bytes each, whole cache lines on both sides, and few enough
// of them that strides of a power of two leave them in L1.
constexpr std::size_t kTile = 16;

// memcpy of a constant size is one load and one store, aligned or not.
template <std::size_t kBytes>
void copy_element(std::byte* to, const std::byte* from) {
  std::memcpy(to, from, kBytes);
}

template <std::size_t kBytes>
void copy_runs(const CopyBlock& block) {
  const std::size_t bytes = block.columns * kBytes;
  for (std::size_t row = 0; row < block.rows; ++row) {
    const std::byte* from = block.from + static_cast<std::ptrdiff_t>(row) * block.from_row;
    std::byte* to = block.to + static_cast<std::ptrdiff_t>(row) * block.to_row;
    if (bytes >= kMemcpyBytes) {
      std::memcpy(to, from, bytes);
    } else {
      for (std::size_t at = 0; at < bytes; at += kBytes)
        copy_element<kBytes>(to + at, from + at);
    }
  }
}

template <std::size_t kBytes>
void copy_strided_rows(const CopyBlock& block) {
  for (std::size_t row = 0; row < block.rows; ++row) {
    const std::byte* from = block.from + static_cast<std::ptrdiff_t>(row) * block.from_row;
    std::byte* to = block.to + static_cast<std::ptrdiff_t>(row) * block.to_row;
    for (std::size_t column = 0; column < block.columns; ++column) {
      copy_element<kBytes>(to, from);
      from += block.from_column;
      to += block.to_column;
    }
  }
}

// Along a row of `to` one element again and again.
template <std::size_t kBytes>
void fill_rows(const CopyBlock& block) {
  for (std::size_t row = 0; row < block.rows; ++row) {
    std::byte value[kBytes];
    copy_element<kBytes>(value, block.from + static_cast<std::ptrdiff_t>(row) * block.from_row);
    std::byte* to = block.to + static_cast<std::ptrdiff_t>(row) * block.to_row;
    for (std::size_t column = 0; column < block.columns; ++column)
      copy_element<kBytes>(to + column * kBytes, value);
  }
}

CopyBlock swapped(const CopyBlock& block) {
  return {block.from,        block.to,        block.columns,  block.rows,
          block.from_column, block.to_column, block.from_row, block.to_row};
}

// The part of a block that begins at (row, column).
CopyBlock part_from(const CopyBlock& block, std::size_t row, std::size_t column) {
  CopyBlock part = block;
  part.from += static_cast<std::ptrdiff_t>(row) * block.from_row +
               static_cast<std::ptrdiff_t>(column) * block.from_column;
  part.to += static_cast<std::ptrdiff_t>(row) * block.to_row +
             static_cast<std::ptrdiff_t>(column) * block.to_column;
  part.rows -= row;
  part.columns -= column;
  return part;
}

// A whole tile, square by square.
template <std::size_t kBytes>
void copy_tile(const CopyBlock& tile) {
  if constexpr (kBytes >= kSquareBytes) {
    CopyBlock whole = tile;
    whole.rows = whole.columns = kTile;
    copy_strided_rows<kBytes>(whole);
  } else {
    constexpr std::size_t kSide = kSquareBytes / kBytes;
    for (std::size_t row = 0; row < kTile; row += kSide) {
      for (std::size_t column = 0; column < kTile; column += kSide) {
        const CopyBlock square = part_from(tile, row, column);
        transpose_square<kBytes>(square.from, tile.from_column, square.to, tile.to_row);
      }
    }
  }
}

// `from` is contiguous along the rows and `to` along the columns. What is left over beside the
// tiles is moved along its longer side.
template <std::size_t kBytes>
void transpose(const CopyBlock& block) {
  const std::size_t rows = block.rows - block.rows % kTile;
  const std::size_t columns = block.columns - block.columns % kTile;
  for (std::size_t row = 0; row < rows; row += kTile) {
    for (std::size_t column = 0; column < columns; column += kTile) {
      copy_tile<kBytes>(part_from(block, row, column));
    }
  }
  if (columns < block.columns) copy_strided_rows<kBytes>(swapped(part_from(block, 0, columns)));
  if (rows < block.rows) {
    CopyBlock bottom = part_from(block, rows, 0);
    bottom.columns = columns;
    copy_strided_rows<kBytes>(bottom);
  }
}

// The same of three columns of bytes, without gaps: its tiles would be left over.
void transpose_three(const CopyBlock& block) {
  const std::size_t done = interleave_three(block.from, block.from_column, block.rows, block.to);
  copy_strided_rows<1>(swapped(part_from(block, done, 0)));
}

template <std::size_t kBytes>
void copy_block(const CopyBlock& block) {
  constexpr auto kStep = static_cast<std::ptrdiff_t>(kBytes);
  if (block.to_column != kStep) return copy_strided_rows<kBytes>(block);
  if (block.from_column == kStep) return copy_runs<kBytes>(block);
  if (block.from_column == 0) return fill_rows<kBytes>(block);
  if constexpr (kBytes == 1) {
    const bool dense = block.columns == 3 && block.to_row == 3;
    if (dense && block.from_row == 1) return transpose_three(block);
  }
  if (block.from_row == kStep) return transpose<kBytes>(block);
  copy_strided_rows<kBytes>(block);
}

}  // namespace

CopyBlockRoutine copy_block_routine(std::size_t element_bytes) {
  switch (element_bytes) {
    case 1:
      return copy_block<1>;
    case 2:
      return copy_block<2>;
    case 4:
      return copy_block<4>;
    case 8:
      return copy_block<8>;
    default:
      return copy_block<kMaxCopyBytes>;
  }
}

}  // namespace fourfold
