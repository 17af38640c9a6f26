#include "ops/image/resize_axis.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace fourfold {
namespace {

// The output's size before it was rounded down to `to`. A size that was given, not a scale, comes back
// exact.
double unrounded_size(const ResizeAxis& axis) {
  const double size = axis.scale * static_cast<double>(axis.from),
               to = static_cast<double>(axis.to);
  constexpr double kRoundingError = 1e-9;
  return std::fabs(size - to) <= kRoundingError * to ? to : size;
}

// ONNX's formulas. Real is float for kNearest, where a rounding error may pick another element:
// that is how other engines compute it.
template <class Real>
Real source_of(Coordinate coordinate, const ResizeAxis& axis, std::int64_t place) {
  const auto at = static_cast<Real>(place), scale = static_cast<Real>(axis.scale);
  const auto from = static_cast<Real>(axis.from), to = static_cast<Real>(axis.to);
  const auto begin = static_cast<Real>(axis.roi_begin), end = static_cast<Real>(axis.roi_end);
  const Real half = Real{1} / Real{2};
  switch (coordinate) {
    case Coordinate::kHalfPixel:
      break;
    case Coordinate::kHalfPixelSymmetric:
      return from / 2 * (1 - to / (scale * from)) + (at + half) / scale - half;
    case Coordinate::kPytorchHalfPixel:
      return axis.to > 1 ? (at + half) / scale - half : 0;
    case Coordinate::kAlignCorners:
      return axis.to > 1 ? at * (from - 1) / static_cast<Real>(unrounded_size(axis) - 1) : 0;
    case Coordinate::kAsymmetric:
      return at / scale;
    case Coordinate::kTfCropAndResize:
      return axis.to > 1 ? begin * (from - 1) + at * (end - begin) * (from - 1) / (to - 1)
                         : half * (begin + end) * (from - 1);
  }
  return (at + half) / scale - half;
}

float rounded(Rounding rounding, float source) {
  switch (rounding) {
    case Rounding::kPreferFloor:
      return source == std::floor(source) + 0.5f ? std::floor(source) : std::round(source);
    case Rounding::kPreferCeil:
      return std::floor(source) == source - 0.5f ? std::ceil(source) : std::round(source);
    case Rounding::kFloor:
      return std::floor(source);
    case Rounding::kCeil:
      return std::ceil(source);
  }
  return source;
}

// Keys' cubic convolution kernel at a distance of `x`.
double cubic_weight(double x, double a) {
  x = std::fabs(x);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return ((x - 5) * x + 8) * x * a - 4 * a;
  return 0;
}

double linear_weight(double x) {
  return std::max(1 - std::fabs(x), 0.0);
}

// How far the kernel reaches to each side, and how much it is stretched.
double kernel_scale(const ResizeRule& rule, const ResizeAxis& axis) {
  return rule.antialias ? std::min(axis.scale, 1.0) : 1.0;
}

std::int64_t first_tap(const ResizeRule& rule, const ResizeAxis& axis) {
  const double radius = rule.interpolation == Interpolation::kCubic ? 2 : 1;
  // An output of one element or more needs no kernel wider than this; it bounds absurd scales.
  const double widest = 4 * static_cast<double>(axis.from) + 8;
  const double reach = std::min(radius / kernel_scale(rule, axis), widest);
  return static_cast<std::int64_t>(std::floor(-reach)) + 1;
}

template <class T>
void divide_by_sum(T* weights, std::size_t count) {
  T sum = 0;
  for (std::size_t k = 0; k < count; ++k)
    sum += weights[k];
  if (sum == 0) return;
  for (std::size_t k = 0; k < count; ++k)
    weights[k] /= sum;
}

}  // namespace

Interpolation interpolation_named(const std::string& name) {
  if (name == "nearest") return Interpolation::kNearest;
  if (name == "linear") return Interpolation::kLinear;
  if (name == "cubic") return Interpolation::kCubic;
  refuse_value("mode: expected one of nearest, linear, cubic; received '", name, "'");
}

Coordinate coordinate_named(const std::string& name) {
  if (name == "half_pixel") return Coordinate::kHalfPixel;
  if (name == "half_pixel_symmetric") return Coordinate::kHalfPixelSymmetric;
  if (name == "pytorch_half_pixel") return Coordinate::kPytorchHalfPixel;
  if (name == "align_corners") return Coordinate::kAlignCorners;
  if (name == "asymmetric") return Coordinate::kAsymmetric;
  if (name == "tf_crop_and_resize") return Coordinate::kTfCropAndResize;
  refuse_value(
      "coordinate: expected one of half_pixel, half_pixel_symmetric, pytorch_half_pixel, "
      "align_corners, asymmetric, tf_crop_and_resize; received '",
      name, "'");
}

Rounding rounding_named(const std::string& name) {
  if (name == "round_prefer_floor") return Rounding::kPreferFloor;
  if (name == "round_prefer_ceil") return Rounding::kPreferCeil;
  if (name == "floor") return Rounding::kFloor;
  if (name == "ceil") return Rounding::kCeil;
  refuse_value(
      "nearest: expected one of round_prefer_floor, round_prefer_ceil, floor, ceil; received '",
      name, "'");
}

Covered covered_places(const ResizeRule& rule, const ResizeAxis& axis) {
  Covered covered = {0, static_cast<std::size_t>(axis.to)};
  if (!axis.resized || rule.coordinate != Coordinate::kTfCropAndResize) return covered;
  const auto is_covered = [&](std::size_t place) {
    const auto source = source_of<float>(rule.coordinate, axis, static_cast<std::int64_t>(place));
    return source >= 0 && source <= static_cast<float>(axis.from - 1);
  };
  while (covered.begin < covered.end && !is_covered(covered.begin))
    ++covered.begin;
  while (covered.begin < covered.end && !is_covered(covered.end - 1))
    --covered.end;
  return covered;
}

void find_nearest(const ResizeRule& rule, const ResizeAxis& axis, std::int64_t* places) {
  const auto last = static_cast<float>(axis.from - 1);
  for (std::int64_t i = 0; i < axis.to; ++i) {
    const float source =
        axis.resized ? rounded(rule.rounding, source_of<float>(rule.coordinate, axis, i)) : 0;
    const auto place = static_cast<std::int64_t>(std::fmax(0.0f, std::fmin(source, last)));
    // float32 cannot tell the last places of an axis of more than 2^24 apart.
    places[i] = axis.resized ? std::min(place, axis.from - 1) : i;
  }
}

std::size_t tap_count(const ResizeRule& rule, const ResizeAxis& axis) {
  return static_cast<std::size_t>(2 - 2 * first_tap(rule, axis));
}

template <class T>
void find_taps(const ResizeRule& rule, const ResizeAxis& axis, const Taps<T>& taps) {
  const std::int64_t first = first_tap(rule, axis), last = axis.from - 1;
  const double scale = kernel_scale(rule, axis);
  const bool cubic = rule.interpolation == Interpolation::kCubic;
  for (std::int64_t i = 0; i < axis.to; ++i) {
    const double source = source_of<double>(rule.coordinate, axis, i);
    // Of the two places around the source the left one, at a distance in (0, 1].
    const double left = std::ceil(std::clamp(source, -0x1p52, 0x1p52)) - 1;
    std::int64_t* places = taps.places + static_cast<std::size_t>(i) * taps.count;
    T* weights = taps.weights + static_cast<std::size_t>(i) * taps.count;
    for (std::size_t k = 0; k < taps.count; ++k) {
      const std::int64_t offset = first + static_cast<std::int64_t>(k);
      const std::int64_t place = static_cast<std::int64_t>(left) + offset;
      const double x = (static_cast<double>(offset) - (source - left)) * scale;
      const bool outside = place < 0 || place > last;
      weights[k] = static_cast<T>(cubic ? cubic_weight(x, rule.cubic_a) : linear_weight(x));
      if (outside && rule.exclude_outside) weights[k] = 0;
      places[k] = std::clamp<std::int64_t>(place, 0, last);
    }
    if (rule.antialias || rule.exclude_outside) divide_by_sum(weights, taps.count);
  }
}

template void find_taps<float>(const ResizeRule&, const ResizeAxis&, const Taps<float>&);
template void find_taps<double>(const ResizeRule&, const ResizeAxis&, const Taps<double>&);

}  // namespace fourfold
