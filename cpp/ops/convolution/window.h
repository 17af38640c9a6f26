// Where a window goes over the one to three spatial axes of x: the attributes of convolutions and
// pooling, and the sizes that follow from them, as in ONNX.
//
// Point k of the window at output position o lies on o * stride - pad + k * dilation of x, or, where
// that is below 0 or beyond x, on the border.
#pragma once

#include <array>
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
  std::int64_t pad_end = 0;

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

  // The points at this output position that lie on x, or on x and its border.
  std::size_t points_at(std::size_t out_position, bool on_border) const;
};

// A point of the window, or a position, on every axis.
using Place = std::array<std::size_t, kWindowAxes>;

// Depth, height, width: x of fewer spatial axes has axes of size 1 in front.
struct Window {
  WindowAxis axes[kWindowAxes];

  const WindowAxis& depth() const { return axes[0]; }
  const WindowAxis& height() const { return axes[1]; }
  const WindowAxis& width() const { return axes[2]; }

  std::size_t points() const { return depth().points * height().points * width().points; }
  std::size_t in_positions() const { return depth().in * height().in * width().in; }
  std::size_t out_positions() const { return depth().out * height().out * width().out; }

  Place point(std::size_t index) const;  // along the last axis first

  // Output positions are positions of x: a single point, no stride, no border.
  bool is_pointwise() const;
};

// An output position: its image, and its place on every axis.
struct Position {
  std::size_t image;
  Place at;
};

// Of all positions of all images, one after the other.
Position position_at(const Window& window, std::size_t index);

// Calls work(x_at, first, count), if there are any, for the output positions of one row where this
// point lies on x: the position first + i of the row lies on x_at + i * stride.
template <class Work>
void visit_run(const Window& window, const Place& point, std::size_t z, std::size_t y,
               const Work& work) {
  const std::int64_t at_z = window.depth().position(z, point[0]);
  const std::int64_t at_y = window.height().position(y, point[1]);
  const Range of_x = window.width().inside(point[2]);
  const bool any = of_x.begin < of_x.end;
  if (!any || !window.depth().holds(at_z) || !window.height().holds(at_y)) return;
  const std::size_t row =
      static_cast<std::size_t>(at_z) * window.height().in + static_cast<std::size_t>(at_y);
  const auto at_x = static_cast<std::size_t>(window.width().position(of_x.begin, point[2]));
  work(row * window.width().in + at_x, of_x.begin, of_x.size());
}

// The same for all rows of y: work(x_at, y_at, count), with positions in all of y.
template <class Work>
void visit_runs(const Window& window, const Place& point, const Work& work) {
  const Range of_z = window.depth().inside(point[0]), of_y = window.height().inside(point[1]);
  for (std::size_t z = of_z.begin; z < of_z.end; ++z) {
    for (std::size_t y = of_y.begin; y < of_y.end; ++y) {
      const std::size_t row = (z * window.height().out + y) * window.width().out;
      visit_run(window, point, z, y, [&](std::size_t x_at, std::size_t first, std::size_t count) {
        work(x_at, row + first, count);
      });
    }
  }
}

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
