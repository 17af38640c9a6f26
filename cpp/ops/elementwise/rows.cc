#include "ops/elementwise/rows.h"

#include <algorithm>

namespace fourfold {

bool broadcasts_row_wise(const OpRequest& request) {
  std::size_t rank = 0;
  for (const OpInput& input : request.inputs) {
    if (!input.known) return false;
    rank = std::max(rank, input.type.shape.rank());
  }
  for (const OpInput& input : request.inputs) {
    const Shape& shape = input.type.shape;
    const bool reaches_rows = shape.rank() == rank && rank > 0;
    if (input.constant == nullptr && !reaches_rows) return false;
    if (input.constant != nullptr && reaches_rows && shape[0] != 1) return false;
  }
  return true;
}

}  // namespace fourfold
