// A reduction cut into tiles: columns of y that lie side by side, each with its sum.
#pragma once

#include <algorithm>

#include "base/round_up.h"
#include "ops/reduction/lanes.h"
#include "ops/reduction/loops.h"
#include "ops/share_out.h"

namespace fourfold {

// Sums of one tile: 8 KiB at most, which stay in L1 while all rows pass.
inline constexpr std::size_t kTileColumns = 1024;

struct ReductionTile {
  std::size_t kept;     // which run of y
  std::size_t first;    // column in the run
  std::size_t columns;  // 1 where the run is summed
};

// sums[c] = combine(sums[c], the terms of column c), row by row.
template <class Reducer, class T>
void add_rows(const ReductionLoops& loops, const ReductionTile& tile, Range rows, const T* x,
              typename Reducer::Sum* sums) {
  const auto row = [&](std::size_t r) { return x + loops.offset(tile.kept, r) + tile.first; };
  std::size_t r = rows.begin;
  // Four rows at a time, in the same order, read and write the sums less often.
  constexpr bool kByFour = std::is_same_v<T, float>;
  for (; kByFour && r + 4 <= rows.end; r += 4) {
    const T *x0 = row(r), *x1 = row(r + 1), *x2 = row(r + 2), *x3 = row(r + 3);
    for (std::size_t c = 0; c < tile.columns; ++c) {
      auto sum = Reducer::combine(sums[c], Reducer::term(x0[c]));
      sum = Reducer::combine(sum, Reducer::term(x1[c]));
      sum = Reducer::combine(sum, Reducer::term(x2[c]));
      sums[c] = Reducer::combine(sum, Reducer::term(x3[c]));
    }
  }
  for (; r < rows.end; ++r) {
    const T* x0 = row(r);
    for (std::size_t c = 0; c < tile.columns; ++c)
      sums[c] = Reducer::combine(sums[c], Reducer::term(x0[c]));
  }
}

// A sum of n floats in a row is off by up to n roundings. Blocks of rows have sums of their own,
// which takes that to the root of n.
inline constexpr std::size_t kBlockRows = 512;
template <class Reducer, class T>
void add_blocks(const ReductionLoops& loops, const ReductionTile& tile, const T* x,
                typename Reducer::Sum* sums) {
  typename Reducer::Sum of_block[kTileColumns];
  for (std::size_t begin = 0; begin < loops.reduced(); begin += kBlockRows) {
    const Range rows = {begin, std::min(begin + kBlockRows, loops.reduced())};
    std::fill_n(of_block, tile.columns, Reducer::kIdentity);
    add_rows<Reducer>(loops, tile, rows, x, of_block);
    for (std::size_t c = 0; c < tile.columns; ++c)
      sums[c] = Reducer::combine(sums[c], of_block[c]);
  }
}

// A run, in blocks for the same reason. What would not fill the lanes is summed from the left.
inline constexpr std::size_t kBlockElements = 4096;
template <class Reducer, class T>
typename Reducer::Sum reduce_run(const T* x, std::size_t count) {
  using Sum = typename Reducer::Sum;
  Sum sum = Reducer::kIdentity;
  if (count < kReductionLanes<Sum>) {
    for (std::size_t i = 0; i < count; ++i)
      sum = Reducer::combine(sum, Reducer::term(x[i]));
    return sum;
  }
  const auto term = [](T value) { return Reducer::term(value); };
  for (std::size_t begin = 0; begin < count; begin += kBlockElements) {
    const std::size_t block = std::min(kBlockElements, count - begin);
    sum = Reducer::combine(
        sum, reduce_in_lanes(x + begin, block, Reducer::kIdentity, term, Reducer::combine));
  }
  return sum;
}

template <class Reducer, class T>
void reduce_tile(const ReductionLoops& loops, const ReductionTile& tile, const T* x,
                 typename Reducer::Sum* sums) {
  std::fill_n(sums, tile.columns, Reducer::kIdentity);
  if (!loops.sums_run()) return add_blocks<Reducer>(loops, tile, x, sums);
  for (std::size_t r = 0; r < loops.reduced(); ++r) {
    const auto of_run = reduce_run<Reducer>(x + loops.offset(tile.kept, r), loops.run());
    sums[0] = Reducer::combine(sums[0], of_run);
  }
}

// Calls work(ReductionTile, element of y that it begins with) for tiles that together are all of y.
template <class Work>
void share_out_tiles(const ReductionLoops& loops, const Execution& execution, const Work& work) {
  const std::size_t columns = loops.sums_run() ? 1 : loops.run();
  // Columns are independent: narrower tiles, where there are few runs, give each thread some.
  constexpr std::size_t kCacheLine = 16;
  const std::size_t share = (columns / execution.threads + kCacheLine) / kCacheLine * kCacheLine;
  const std::size_t width =
      std::min(loops.kept() < execution.threads ? share : columns, kTileColumns);
  const std::size_t tiles = ceil_div(columns, width);
  share_out(loops.kept() * tiles, width * loops.elements(), execution, [&](Range part) {
    for (std::size_t i = part.begin; i < part.end; ++i) {
      const std::size_t first = i % tiles * width;
      const ReductionTile tile = {i / tiles, first, std::min(width, columns - first)};
      work(tile, tile.kept * columns + first);
    }
  });
}

}  // namespace fourfold
