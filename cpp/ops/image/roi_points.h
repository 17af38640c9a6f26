// Where roi_align looks along one axis of a region of interest.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace fourfold {

// Points along one side of a bin: more than any region within an image needs.
inline constexpr std::size_t kMaxRoiPoints = 1024;

struct RoiSampling {
  std::size_t ratio;  // points along one side of a bin; 0: one for each element
  double scale;       // of the region's borders, to elements
  bool half_pixel;
};

// A point between two elements of the axis, and how much it has of each.
template <class T>
struct RoiPoint {
  std::size_t low = 0;
  std::size_t high = 0;
  T low_weight = 0;
  T high_weight = 0;
  bool inside = false;  // false: the point has the value 0
};

// The points of all bins, one bin after the other, the same number for each. `borders` are the
// region's begin and end; size is the number of elements of the axis. For T float and double.
// std::invalid_argument for borders that are no numbers or too far apart.
template <class T>
std::vector<RoiPoint<T>> find_roi_points(const RoiSampling& sampling,
                                         const std::array<T, 2>& borders, std::size_t bins,
                                         std::size_t size);

}  // namespace fourfold
