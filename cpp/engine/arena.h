// Where each buffer of a run lies: buffers that are never alive together share memory.
#pragma once

#include <cstddef>
#include <vector>

namespace fourfold {

// Alive from step `first` to step `last`, both included.
struct ArenaBlock {
  std::size_t bytes;
  std::size_t first;
  std::size_t last;
  std::size_t offset = 0;  // written by arrange
};

// Gives every block an offset, a multiple of 64, so that no two that are alive at once overlap;
// returns the bytes of the whole. Largest first, each into the lowest gap that holds it: within a
// few percent of the best for the graphs of neural networks (Pisarchyk & Lee, arXiv 2001.03288).
std::size_t arrange(std::vector<ArenaBlock>& blocks);

}  // namespace fourfold
