// Where the elements of one axis of a resized tensor come from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace fourfold {

enum class Interpolation { kNearest, kLinear, kCubic };

enum class Coordinate {
  kHalfPixel,
  kHalfPixelSymmetric,
  kPytorchHalfPixel,
  kAlignCorners,
  kAsymmetric,
  kTfCropAndResize,
};

enum class Rounding { kPreferFloor, kPreferCeil, kFloor, kCeil };

// By ONNX's names; std::invalid_argument for any other.
Interpolation interpolation_named(const std::string& name);
Coordinate coordinate_named(const std::string& name);
Rounding rounding_named(const std::string& name);

struct ResizeRule {
  Interpolation interpolation;
  Coordinate coordinate;
  Rounding rounding;     // of kNearest
  double cubic_a;        // the a of the cubic convolution kernel
  bool exclude_outside;  // weights of places outside are 0 and the others are scaled up to sum 1
  bool antialias;        // where the axis shrinks, the kernel is stretched over what it skips
};

struct ResizeAxis {
  std::int64_t from = 1;  // size, 1 or more
  std::int64_t to = 1;    // size, 1 or more
  double scale = 1;       // to / from, or as it was given
  double roi_begin = 0;   // of kTfCropAndResize, in parts of the axis
  double roi_end = 1;
  bool resized = false;  // false: the axis stays as it is
};

// The output places that have a source. Only kTfCropAndResize has others, before or after.
struct Covered {
  std::size_t begin;
  std::size_t end;

  bool has(std::size_t place) const { return place >= begin && place < end; }
};
Covered covered_places(const ResizeRule& rule, const ResizeAxis& axis);

// The input place of each output place.
void find_nearest(const ResizeRule& rule, const ResizeAxis& axis, std::int64_t* places);

// y[i] = sum over k of weights[i, k] * x[places[i, k]], in the order of k. Both are [to, count].
template <class T>
struct Taps {
  std::size_t count;
  std::int64_t* places;
  T* weights;
};

std::size_t tap_count(const ResizeRule& rule, const ResizeAxis& axis);

// For T float and double; kLinear and kCubic. Coordinates and weights are computed in float64.
template <class T>
void find_taps(const ResizeRule& rule, const ResizeAxis& axis, const Taps<T>& taps);

}  // namespace fourfold
