// Three rows of bytes as one row of threes: the planes of an RGB image as its pixels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "ops/movement/transpose_square.h"

namespace fourfold {

// to[3 * i + k] = from[k * from_row + i], for i from 0 up to what is returned, which is `count` or
// less: a store is of 8 bytes, two pixels and two bytes of the one behind, which is written later.
#ifdef FOURFOLD_HAS_SHUFFLE

inline std::size_t interleave_three(const std::byte* from, std::ptrdiff_t from_row,
                                    std::size_t count, std::byte* to) {
  using Bytes = SquareRow<1>::Vector;
  using Pairs = SquareRow<2>::Vector;
  constexpr std::make_index_sequence<kSquareBytes> kBytes;
  constexpr std::make_index_sequence<kSquareBytes / 2> kPairs;
  std::size_t i = 0;
  for (; i + kSquareBytes < count; i += kSquareBytes) {
    Bytes rows[3];
    for (int k = 0; k < 3; ++k)
      std::memcpy(&rows[k], from + k * from_row + i, kSquareBytes);
    const Bytes none = {};
    const auto ab_low =
        reinterpret_cast<Pairs>(SquareRow<1>::interleave<0>(rows[0], rows[1], kBytes));
    const auto ab_high = reinterpret_cast<Pairs>(
        SquareRow<1>::interleave<kSquareBytes / 2>(rows[0], rows[1], kBytes));
    const auto c_low = reinterpret_cast<Pairs>(SquareRow<1>::interleave<0>(rows[2], none, kBytes));
    const auto c_high =
        reinterpret_cast<Pairs>(SquareRow<1>::interleave<kSquareBytes / 2>(rows[2], none, kBytes));
    const Pairs pixels[] = {SquareRow<2>::interleave<0>(ab_low, c_low, kPairs),
                            SquareRow<2>::interleave<kSquareBytes / 4>(ab_low, c_low, kPairs),
                            SquareRow<2>::interleave<0>(ab_high, c_high, kPairs),
                            SquareRow<2>::interleave<kSquareBytes / 4>(ab_high, c_high, kPairs)};
    std::uint64_t two[kSquareBytes / 2];  // pixels of 4 bytes each
    std::memcpy(two, pixels, sizeof two);
    for (std::size_t p = 0; p < kSquareBytes / 2; ++p) {
      const std::uint64_t six = (two[p] & 0xffffff) | (two[p] >> 32 << 24);
      std::memcpy(to + 3 * (i + 2 * p), &six, sizeof six);
    }
  }
  return i;
}

#else

inline std::size_t interleave_three(const std::byte*, std::ptrdiff_t, std::size_t, std::byte*) {
  return 0;
}

#endif

}  // namespace fourfold
