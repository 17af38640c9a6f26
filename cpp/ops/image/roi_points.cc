#include "ops/image/roi_points.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace fourfold {
namespace {

template <class T>
RoiPoint<T> point_at(T at, std::size_t size) {
  if (!(at >= -1 && at <= static_cast<T>(size))) return {};
  at = std::max<T>(at, 0);
  const auto low = static_cast<std::size_t>(at);
  if (low + 1 >= size) return {size - 1, size - 1, 1, 0, true};
  const T ratio = at - static_cast<T>(low);
  return {low, low + 1, 1 - ratio, ratio, true};
}

}  // namespace

template <class T>
std::vector<RoiPoint<T>> find_roi_points(const RoiSampling& sampling,
                                         const std::array<T, 2>& borders, std::size_t bins,
                                         std::size_t size) {
  const auto scale = static_cast<T>(sampling.scale);
  const T offset = sampling.half_pixel ? static_cast<T>(0.5) : 0;
  const T begin = borders[0] * scale - offset;
  T length = borders[1] * scale - offset - begin;
  if (!sampling.half_pixel) length = std::max<T>(length, 1);
  const T bin = length / static_cast<T>(bins);
  if (!(std::fabs(begin) < 0x1p30 && bin <= static_cast<T>(kMaxRoiPoints))) {
    refuse_value("rois: expected regions of at most ", kMaxRoiPoints,
                 " elements for each bin, received borders ", borders[0], " and ", borders[1]);
  }
  const std::size_t count = sampling.ratio > 0
                                ? sampling.ratio
                                : static_cast<std::size_t>(std::ceil(std::max<T>(bin, 0)));
  std::vector<RoiPoint<T>> points;
  points.reserve(bins * count);
  for (std::size_t i = 0; i < bins; ++i) {
    for (std::size_t k = 0; k < count; ++k) {
      const T within = (static_cast<T>(k) + static_cast<T>(0.5)) * bin / static_cast<T>(count);
      points.push_back(point_at(begin + static_cast<T>(i) * bin + within, size));
    }
  }
  return points;
}

template std::vector<RoiPoint<float>> find_roi_points(const RoiSampling&,
                                                      const std::array<float, 2>&, std::size_t,
                                                      std::size_t);
template std::vector<RoiPoint<double>> find_roi_points(const RoiSampling&,
                                                       const std::array<double, 2>&, std::size_t,
                                                       std::size_t);

}  // namespace fourfold
