#include "engine/arena.h"

#include <algorithm>

#include "base/aligned_buffer.h"
#include "base/round_up.h"

namespace fourfold {
namespace {

bool alive_together(const ArenaBlock& a, const ArenaBlock& b) {
  return a.first <= b.last && b.first <= a.last;
}

}  // namespace

std::size_t arrange(std::vector<ArenaBlock>& blocks) {
  std::vector<ArenaBlock*> order(blocks.size());
  for (std::size_t i = 0; i < blocks.size(); ++i)
    order[i] = &blocks[i];
  std::stable_sort(order.begin(), order.end(),
                   [](const ArenaBlock* a, const ArenaBlock* b) { return a->bytes > b->bytes; });

  std::vector<const ArenaBlock*> placed;  // by offset
  std::size_t total = 0;
  for (ArenaBlock* block : order) {
    if (block->bytes == 0) break;
    std::size_t offset = 0;
    for (const ArenaBlock* other : placed) {
      if (!alive_together(*block, *other)) continue;
      if (offset + block->bytes <= other->offset) break;
      offset = std::max(offset, round_up(other->offset + other->bytes, kAlignment));
    }
    block->offset = offset;
    total = std::max(total, round_up(offset + block->bytes, kAlignment));
    placed.insert(std::upper_bound(placed.begin(), placed.end(), block,
                                   [](const ArenaBlock* a, const ArenaBlock* b) {
                                     return a->offset < b->offset;
                                   }),
                  block);
  }
  return total;
}

}  // namespace fourfold
