// Which elements a point of a grid is made of, and of how much of each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "ops/image/resize_axis.h"

namespace fourfold {

enum class GridPadding { kZeros, kBorder, kReflection };

struct GridRule {
  Interpolation interpolation;
  GridPadding padding;
  bool align_corners;
};

inline constexpr std::size_t kMaxGridAxes = 3;
inline constexpr std::size_t kMaxGridTaps = 4 * 4 * 4;
inline constexpr std::int64_t kMaxGridSize = 1 << 24;  // float32 counts so far

using GridSizes = std::array<std::int64_t, kMaxGridAxes>;

// The point is the sum over k < count of weights[k] * x[places[k]].
template <class T>
struct GridTaps {
  std::size_t count;
  std::array<std::size_t, kMaxGridTaps> places;
  std::array<T, kMaxGridTaps> weights;
};

// `point` has one coordinate for each of `axes` axes of these sizes, the last axis first. T is float
// or double. Elements outside are left out: their value is 0.
template <class T>
void find_grid_taps(const GridRule& rule, const GridSizes& sizes, std::size_t axes, const T* point,
                    GridTaps<T>& taps);

}  // namespace fourfold
