#include "ops/convolution/transposed.h"

#include <algorithm>
#include <numeric>

#include "base/check.h"
#include "base/round_up.h"
#include "ops/checks.h"

namespace fourfold {
namespace {

constexpr auto kMost = static_cast<std::int64_t>(kMaxColumns);
constexpr std::int64_t kLargest = std::int64_t{1} << 44;  // above it no size of a tensor is

Attributes::Integers sizes_from(const Attributes& attributes, const char* name,
                                std::int64_t least) {
  Attributes::Integers sizes = attributes.integers_or(name, {});
  for (const std::int64_t size : sizes) {
    if (size >= least && size <= kMost) continue;
    refuse_value("attribute '", name, "': expected sizes from ", least, " to ", kMost,
                 ", received ", size);
  }
  return sizes;
}

void check_count(const char* name, const Attributes::Integers& list, std::size_t axes) {
  if (list.empty() || list.size() == axes) return;
  refuse_value("attribute '", name, "': expected ", axes, " values, received ", list.size());
}

std::int64_t value_or(const Attributes::Integers& list, std::size_t index, std::int64_t otherwise) {
  return list.empty() ? otherwise : list[index];
}

// Sizes and borders of one axis, whose window, stride, dilation and size of x (out) are known.
void fit_axis(const TransposedAttributes& attributes, std::size_t i, std::size_t axes,
              WindowAxis& axis) {
  const auto x = static_cast<std::int64_t>(axis.out),
             stride = static_cast<std::int64_t>(axis.stride);
  if (x > 0 && stride > kLargest / x) refuse_value("the output is too large on spatial axis ", i);
  const std::int64_t reach = stride * std::max<std::int64_t>(x - 1, 0) +
                             value_or(attributes.output_padding, i, 0) +
                             static_cast<std::int64_t>(axis.extent());
  const AutoPad auto_pad = attributes.window.auto_pad;
  const bool same = auto_pad == AutoPad::kSameUpper || auto_pad == AutoPad::kSameLower;
  std::int64_t y = 0;
  if (!attributes.output_shape.empty() || same) {
    y = value_or(attributes.output_shape, i, x * stride);
    const std::int64_t border = std::max<std::int64_t>(reach - y, 0);
    axis.pad = auto_pad == AutoPad::kSameUpper ? border / 2 : border - border / 2;
  } else {
    const bool padded = auto_pad == AutoPad::kNotSet;
    axis.pad = padded ? value_or(attributes.window.pads, i, 0) : 0;
    y = reach - axis.pad - (padded ? value_or(attributes.window.pads, axes + i, 0) : 0);
  }
  if (y < 1) {
    refuse_value("the output has no positions on spatial axis ", i, ": ", reach,
                 " and less than the borders");
  }
  axis.in = static_cast<std::size_t>(y);
}

std::int64_t signed_product(std::size_t a, std::size_t b) {
  return static_cast<std::int64_t>(a * b);
}

// Phases that meet any point: each has another first one.
std::size_t first_points(const WindowAxis& axis) {
  return std::min(axis.stride / std::gcd(axis.stride, axis.dilation), axis.points);
}

PhasePoints points_from(const WindowAxis& axis, std::size_t first) {
  PhasePoints points = {first, axis.stride / std::gcd(axis.stride, axis.dilation), 0, 0};
  const auto count = [&](std::size_t f) { return ceil_div(axis.points - f, points.step); };
  points.count = count(first);
  for (std::size_t f = 0; f < first; ++f)
    points.before += count(f);
  return points;
}

// The weight of one phase.
void order_for_phase(const ConvShape& shape, const PhasePoints (&points)[kWindowAxes],
                     const float* w, float* to) {
  const std::size_t channels = shape.channels, filters = shape.filters;
  const Window& whole = shape.window;
  for (std::size_t f = 0; f < shape.groups * filters; ++f) {
    const float* of_filter = w + (f / filters * channels * filters + f % filters) * whole.points();
    for (std::size_t z = 0; z < points[0].count; ++z) {
      for (std::size_t y = 0; y < points[1].count; ++y) {
        for (std::size_t x = 0; x < points[2].count; ++x) {
          const std::size_t row = points[0].turned(z) * whole.height().points + points[1].turned(y);
          const std::size_t point = row * whole.width().points + points[2].turned(x);
          for (std::size_t c = 0; c < channels; ++c)
            *to++ = of_filter[c * filters * whole.points() + point];
        }
      }
    }
  }
}

}  // namespace

TransposedAttributes transposed_attributes(const Attributes& attributes) {
  return {window_attributes(attributes), sizes_from(attributes, "output_padding", 0),
          sizes_from(attributes, "output_shape", 1)};
}

Window fit_transposed(const TransposedAttributes& attributes, const Shape& in, const Shape& sizes) {
  const std::size_t axes = in.rank();
  check_window_attributes(attributes.window, axes);
  check_count("output_padding", attributes.output_padding, axes);
  check_count("output_shape", attributes.output_shape, axes);
  Window window;
  for (std::size_t i = 0; i < axes; ++i) {
    WindowAxis& axis = window.axes[kWindowAxes - axes + i];
    axis.out = static_cast<std::size_t>(in[i]);
    axis.points = static_cast<std::size_t>(sizes[i]);
    axis.stride = static_cast<std::size_t>(value_or(attributes.window.strides, i, 1));
    axis.dilation = static_cast<std::size_t>(value_or(attributes.window.dilations, i, 1));
    if (axis.points > kMaxColumns) refuse_value("the window is too large: ", shape_text(sizes));
    fit_axis(attributes, i, axes, axis);
  }
  return window;
}

std::size_t phase_count(const WindowAxis& axis) {
  return std::min(axis.stride, axis.in);
}

// With o = offset + t * stride, point k meets i = (o + pad - k * dilation) / stride where that is
// whole: for the first such k, and every stride / gcd(stride, dilation) further, where i is
// dilation / gcd less.
TransposedPhase phase_of(const Window& whole, const Place& offset) {
  TransposedPhase phase;
  for (std::size_t a = 0; a < kWindowAxes; ++a) {
    const WindowAxis& axis = whole.axes[a];
    const auto from = static_cast<std::int64_t>(offset[a]) + axis.pad;  // o + pad of t = 0
    const auto stride = static_cast<std::int64_t>(axis.stride);
    std::size_t first = 0;
    while (first < first_points(axis) &&
           (from - signed_product(first, axis.dilation)) % stride != 0)
      ++first;
    WindowAxis& ordinary = phase.window.axes[a];
    ordinary.in = axis.out;
    ordinary.out = ceil_div(axis.in - offset[a], axis.stride);
    ordinary.points = 0;
    if (first == first_points(axis)) continue;
    phase.points[a] = points_from(axis, first);
    ordinary.points = phase.points[a].count;
    ordinary.dilation = axis.dilation / std::gcd(axis.stride, axis.dilation);
    ordinary.pad = signed_product(ordinary.points - 1, ordinary.dilation) -
                   (from - signed_product(first, axis.dilation)) / stride;
  }
  return phase;
}

ConvPlacement placement_of(const Window& whole, const Place& offset, std::size_t filters) {
  const std::size_t row = whole.width().in, plane = whole.height().in * row;
  const std::size_t filter = whole.depth().in * plane;
  return {offset[0] * plane + offset[1] * row + offset[2],
          filters * filter,
          filter,
          plane * whole.depth().stride,
          row * whole.height().stride,
          whole.width().stride};
}

void order_for_phases(const ConvShape& shape, const float* w, float* to) {
  const Window& whole = shape.window;
  for (std::size_t z = 0; z < first_points(whole.depth()); ++z) {
    for (std::size_t y = 0; y < first_points(whole.height()); ++y) {
      for (std::size_t x = 0; x < first_points(whole.width()); ++x) {
        const PhasePoints points[] = {points_from(whole.depth(), z), points_from(whole.height(), y),
                                      points_from(whole.width(), x)};
        order_for_phase(shape, points, w, to);
        to += shape.groups * shape.filters * shape.channels * points[0].count * points[1].count *
              points[2].count;
      }
    }
  }
}

std::size_t phase_weight_offset(const ConvShape& shape, const TransposedPhase& phase) {
  const PhasePoints(&points)[kWindowAxes] = phase.points;
  const std::size_t in_row = points[2].before;
  const std::size_t in_plane =
      points[1].before * shape.window.width().points + points[1].count * in_row;
  const std::size_t before =
      points[0].before * shape.window.height().points * shape.window.width().points +
      points[0].count * in_plane;
  return before * shape.groups * shape.filters * shape.channels;
}

}  // namespace fourfold
