// The copy_s8 kernels, written once over pieces: what one load and one store move. A row is pieces
// side by side, the last of which overlaps the one before: whatever the columns, nothing outside is
// touched, and there are at most two pieces unless they are of the largest kind.
//
// A piece is a type with kBytes, a constructor from the flip, and copy(from, to).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/copy_s8/copy_s8.h"
#include "kernels/simd/force_inline.h"

namespace fourfold {
namespace {

// 1 to 8 bytes in a general register.
template <class Word>
struct WordPiece {
  static constexpr std::size_t kBytes = sizeof(Word);
  const Word flips;
  explicit WordPiece(std::uint8_t flip)
      : flips(static_cast<Word>(static_cast<Word>(-1) / 0xff * flip)) {}
  FOURFOLD_INLINE void copy(const std::int8_t* from, std::int8_t* to) const {
    Word word;
    memcpy(&word, from, kBytes);
    word = static_cast<Word>(word ^ flips);
    memcpy(to, &word, kBytes);
  }
};

// columns == kBytes.
template <class Piece>
void copy_one_piece(const CopyS8Block& block) {
  const Piece piece(block.flip);
  const std::int8_t* from = block.from;
  std::int8_t* to = block.to;
  const std::size_t from_stride = block.from_stride, to_stride = block.to_stride;
  for (std::size_t r = block.rows; r > 0; --r, from += from_stride, to += to_stride)
    piece.copy(from, to);
}

// kBytes < columns <= 2 * kBytes.
template <class Piece>
void copy_two_pieces(const CopyS8Block& block) {
  const Piece piece(block.flip);
  const std::int8_t* from = block.from;
  std::int8_t* to = block.to;
  const std::size_t from_stride = block.from_stride, to_stride = block.to_stride;
  const std::size_t second = block.columns - Piece::kBytes;
  for (std::size_t r = block.rows; r > 0; --r, from += from_stride, to += to_stride) {
    piece.copy(from, to);
    piece.copy(from + second, to + second);
  }
}

// columns > kBytes.
template <class Piece>
void copy_many_pieces(const CopyS8Block& block) {
  const Piece piece(block.flip);
  const std::int8_t* from = block.from;
  std::int8_t* to = block.to;
  const std::size_t last = block.columns - Piece::kBytes;
  for (std::size_t r = 0; r < block.rows; ++r, from += block.from_stride, to += block.to_stride) {
    for (std::size_t i = 0; i < last; i += Piece::kBytes)
      piece.copy(from + i, to + i);
    piece.copy(from + last, to + last);
  }
}

// With the largest piece that fits, of those from the largest to the smallest, of 1 byte.
template <class Piece, class... Smaller>
void copy_with(const CopyS8Block& block) {
  if (block.columns > 2 * Piece::kBytes) return copy_many_pieces<Piece>(block);
  if (block.columns > Piece::kBytes) return copy_two_pieces<Piece>(block);
  if (block.columns == Piece::kBytes) return copy_one_piece<Piece>(block);
  if constexpr (sizeof...(Smaller) > 0) copy_with<Smaller...>(block);
}

// Rows without gaps are a single one.
template <class... Larger>
void copy_rows(const CopyS8Block& block) {
  CopyS8Block joined = block;
  if (block.from_stride == block.columns && block.to_stride == block.columns) {
    joined.columns *= block.rows;
    joined.rows = 1;
  }
  copy_with<Larger..., WordPiece<std::uint64_t>, WordPiece<std::uint32_t>, WordPiece<std::uint16_t>,
            WordPiece<std::uint8_t>>(joined);
}

}  // namespace
}  // namespace fourfold
