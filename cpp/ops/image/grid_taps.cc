#include "ops/image/grid_taps.h"

#include <algorithm>
#include <cmath>

namespace fourfold {
namespace {

// Between these an axis is inside: the outer edges, or the centres, of the outermost elements.
template <class T>
struct Borders {
  T low;
  T high;
};

// Mirrored about the borders until it lies between them.
template <class T>
T reflected(T at, const Borders<T>& borders) {
  const T range = borders.high - borders.low;
  if (range == 0) return borders.low;
  const T distance = std::fmod(std::fabs(at - borders.low), 2 * range);
  return distance <= range ? borders.low + distance : borders.high - (distance - range);
}

// The place of an element, or -1 if it counts as 0.
template <class T>
std::int64_t element_at(GridPadding padding, std::int64_t place, std::int64_t size,
                        const Borders<T>& borders) {
  if (place >= 0 && place < size) return place;
  if (padding == GridPadding::kZeros) return -1;
  if (padding == GridPadding::kReflection) {
    place = static_cast<std::int64_t>(reflected(static_cast<T>(place), borders));
  }
  return std::clamp<std::int64_t>(place, 0, size - 1);
}

template <class T>
struct AxisTaps {
  std::size_t count;
  std::int64_t first;
  T weights[4];
};

// Keys' cubic convolution, as in resize, with the a that GridSample fixes.
template <class T>
AxisTaps<T> cubic_taps(T left, T ratio) {
  const T a = static_cast<T>(-0.75);
  const auto near = [a](T x) { return ((a + 2) * x - (a + 3)) * x * x + 1; };
  const auto far = [a](T x) { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a; };
  return {4,
          static_cast<std::int64_t>(left) - 1,
          {far(ratio + 1), near(ratio), near(1 - ratio), far(2 - ratio)}};
}

template <class T>
AxisTaps<T> axis_taps(const GridRule& rule, std::int64_t size, T coordinate,
                      const Borders<T>& borders) {
  const auto length = static_cast<T>(size);
  T at = rule.align_corners ? (coordinate + 1) / 2 * (length - 1)
                            : ((coordinate + 1) * length - 1) / 2;
  const bool nearest = rule.interpolation == Interpolation::kNearest;
  if (nearest) at = std::nearbyint(at);
  const bool outside = at < borders.low || at > borders.high;
  // Not for cubic, whose taps beyond the border repeat its element: as PyTorch does.
  const bool cubic = rule.interpolation == Interpolation::kCubic;
  if (outside && rule.padding == GridPadding::kBorder && !cubic) {
    at = std::clamp<T>(at, 0, length - 1);
  }
  if (outside && rule.padding == GridPadding::kReflection) at = reflected(at, borders);
  // Beyond the reach of any tap, whatever it was: an infinity, or a NaN.
  constexpr T kReach = 8;
  at = std::fmax(-kReach, std::fmin(at, length + kReach));
  const T left = std::floor(at), ratio = at - left;
  if (nearest) return {1, static_cast<std::int64_t>(at), {1}};
  if (cubic) return cubic_taps(left, ratio);
  return {2, static_cast<std::int64_t>(left), {1 - ratio, ratio}};
}

}  // namespace

template <class T>
void find_grid_taps(const GridRule& rule, const GridSizes& sizes, std::size_t axes, const T* point,
                    GridTaps<T>& taps) {
  taps.count = 1;
  taps.places[0] = 0;
  taps.weights[0] = 1;
  std::size_t stride = 1;
  // The last axis first: it is the first of the point, too. Each axis multiplies the taps.
  for (std::size_t axis = axes; axis-- > 0;) {
    const std::int64_t size = sizes[axis];
    const T half = rule.align_corners ? 0 : static_cast<T>(0.5);
    const Borders<T> borders = {-half, static_cast<T>(size - 1) + half};
    const AxisTaps<T> along = axis_taps(rule, size, point[axes - 1 - axis], borders);
    const GridTaps<T> before = taps;
    taps.count = 0;
    for (std::size_t i = 0; i < along.count; ++i) {
      const std::int64_t place =
          element_at(rule.padding, along.first + static_cast<std::int64_t>(i), size, borders);
      for (std::size_t k = 0; k < before.count && place >= 0; ++k, ++taps.count) {
        taps.places[taps.count] = static_cast<std::size_t>(place) * stride + before.places[k];
        taps.weights[taps.count] = along.weights[i] * before.weights[k];
      }
    }
    stride *= static_cast<std::size_t>(size);
  }
}

template void find_grid_taps<float>(const GridRule&, const GridSizes&, std::size_t, const float*,
                                    GridTaps<float>&);
template void find_grid_taps<double>(const GridRule&, const GridSizes&, std::size_t, const double*,
                                     GridTaps<double>&);

}  // namespace fourfold
