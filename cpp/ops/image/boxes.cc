#include "ops/image/boxes.h"

#include <algorithm>
#include <cmath>

namespace fourfold {
namespace {

struct Box {
  float x_low;
  float x_high;
  float y_low;
  float y_high;
};

Box box_at(const float* corners, bool center_point_box) {
  if (center_point_box) {
    const float half_width = corners[2] / 2, half_height = corners[3] / 2;
    return {corners[0] - half_width, corners[0] + half_width, corners[1] - half_height,
            corners[1] + half_height};
  }
  return {std::min(corners[1], corners[3]), std::max(corners[1], corners[3]),
          std::min(corners[0], corners[2]), std::max(corners[0], corners[2])};
}

float area(const Box& box) {
  return (box.x_high - box.x_low) * (box.y_high - box.y_low);
}

// Intersection over union; 0 where a box has no area.
float overlap(const Box& a, const Box& b) {
  const Box both = {std::max(a.x_low, b.x_low), std::min(a.x_high, b.x_high),
                    std::max(a.y_low, b.y_low), std::min(a.y_high, b.y_high)};
  if (both.x_high <= both.x_low || both.y_high <= both.y_low) return 0;
  const float intersection = area(both), area_a = area(a), area_b = area(b);
  const float either = area_a + area_b - intersection;
  const bool flat = intersection <= 0 || area_a <= 0 || area_b <= 0 || either <= 0;
  return flat ? 0 : intersection / either;
}

}  // namespace

void keep_best_boxes(const Suppression& rule, const float* boxes, const float* scores,
                     std::size_t count, std::vector<std::int64_t>& kept) {
  std::vector<std::int64_t> candidates;
  for (std::size_t i = 0; i < count && rule.most > 0; ++i) {
    const bool good = rule.score ? scores[i] > *rule.score : !std::isnan(scores[i]);
    if (good) candidates.push_back(static_cast<std::int64_t>(i));
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [&](std::int64_t a, std::int64_t b) { return scores[a] > scores[b]; });
  kept.clear();
  std::vector<Box> better;
  for (const std::int64_t candidate : candidates) {
    if (kept.size() == static_cast<std::size_t>(rule.most)) return;
    const Box box = box_at(boxes + candidate * 4, rule.center_point_box);
    const bool overlaps = std::any_of(better.begin(), better.end(), [&](const Box& other) {
      return overlap(box, other) > rule.overlap;
    });
    if (overlaps) continue;
    better.push_back(box);
    kept.push_back(candidate);
  }
}

}  // namespace fourfold
