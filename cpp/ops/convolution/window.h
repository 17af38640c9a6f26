// Where a window goes over the one to three spatial axes of x: the attributes of convolutions and
// pooling, and the sizes that follow from them, as in ONNX.
//
// Point k of the window at output position o lies on o * stride - pad + k * dilation of x, or, where
// that is below 0 or beyond x, on the border.
#pragma once

#include <cstddef>
#include <cstdint>

#include "matmul/blocking.h"
#include "ops/attributes.h"
#include "ops/tensor.h"

namespace fourfold {

inline constexpr std::size_t kWindowAxes = 3;

struct WindowAxis {
  std::size_t in = 1;   // size of x
  std::size_t out = 1;  // size of y
  std::size_t points = 1;
  std::size_t stride = 1;
  std::size_t dilation = 1;
  std::int64_t pad = 0;  // in front of x; negative: elements of x that no window begins with

  // From its first point to its last, both included; 0 for no points.
  std::size_t extent() const { return points == 0 ? 0 : (points - 1) * dilation + 1; }

  std::int64_t position(std::size_t out_position, std::size_t point) const {
    return static_cast<std::int64_t>(out_position * stride + point * dilation) - pad;
  }
  bool holds(std::int64_t position) const {
    return position >= 0 && position < static_cast<std::int64_t>(in);
  }

  // The output positions whose point lies on x.
  Range inside(std::size_t point) const;
};

// Depth, height, width: x of fewer spatial axes has axes of size 1 in front.
struct Window {
  WindowAxis axes[kWindowAxes];

  const WindowAxis& depth() const { return axes[0]; }
  const WindowAxis& height() const { return axes[1]; }
  const WindowAxis& width() const { return axes[2]; }

  std::size_t points() const { return depth().points * height().points * width().points; }
  std::size_t in_positions() const { return depth().in * height().in * width().in; }
  std::size_t out_positions() const { return depth().out * height().out * width().out; }

  // Output positions are positions of x: a single point, no stride, no border.
  bool is_pointwise() const;
};

// An output position: its image, and its place on every axis.
struct Position {
  std::size_t image;
  std::size_t at[kWindowAxes];
};

// Of all positions of all images, one after the other.
Position position_at(const Window& window, std::size_t index);

enum class AutoPad { kNotSet, kSameUpper, kSameLower, kValid };

// The attributes; lists that are empty are absent.
struct WindowAttributes {
  Attributes::Integers sizes;  // kernel_shape
  Attributes::Integers strides;
  Attributes::Integers pads;  // of the beginning of every axis, then of the end of every axis
  Attributes::Integers dilations;
  AutoPad auto_pad = AutoPad::kNotSet;
  bool ceil_mode = false;
};

// Reads kernel_shape, strides, pads, dilations, auto_pad and ceil_mode.
WindowAttributes window_attributes(const Attributes& attributes);

// Refuses lists that are not of so many axes.
void check_window_attributes(const WindowAttributes& attributes, std::size_t axes);

// `in` are the spatial sizes of x, `sizes` the window's; as many of both. Throws
// std::invalid_argument where the window does not fit into x and its borders.
Window fit_window(const WindowAttributes& attributes, const Shape& in, const Shape& sizes);

// What kernel_shape says; refuses its absence.
Shape window_sizes(const WindowAttributes& attributes, std::size_t axes);

}  // namespace fourfold
