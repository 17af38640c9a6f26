// Which of many overlapping boxes to keep.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace fourfold {

struct Suppression {
  std::int64_t most = 0;          // boxes to keep
  float overlap = 0;              // a box that overlaps a better one by more is not kept
  std::optional<float> score;     // nor one whose score is not above this
  bool center_point_box = false;  // (x centre, y centre, width, height), else two corners
};

// Replaces `kept` by the places of the boxes [count, 4] that are kept, by descending score; of
// equal scores the first box comes first. Scores that are NaN are not kept.
void keep_best_boxes(const Suppression& rule, const float* boxes, const float* scores,
                     std::size_t count, std::vector<std::int64_t>& kept);

}  // namespace fourfold
