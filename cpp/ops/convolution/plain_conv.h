// Convolution by plain loops, for element types that no kernel multiplies. Each sum runs along the
// points of the window and, for each point, along the channels, starting from the bias; points on
// the border add nothing. Integers wrap around.
#pragma once

#include <algorithm>

#include "ops/convolution/conv_f32.h"
#include "ops/share_out.h"

namespace fourfold {

template <class X, class W, class Sum>
struct PlainConv {
  const X* x;          // [images, groups * channels, ...]
  const W* w;          // [groups * filters, channels, points]
  const Sum* bias;     // of every filter, or null
  Sum* y;              // [images, groups * filters, ...]
  Sum x_zero;          // taken off every element of x
  const Sum* w_zeros;  // and of w: one, or one for every filter; null for none
  bool zero_per_filter;

  Sum w_zero(std::size_t filter) const {
    return w_zeros == nullptr ? Sum{0} : w_zeros[zero_per_filter ? filter : 0];
  }
};

// y[position] += x[position under this point] * weight, for one channel of x and one plane of y.
template <class X, class Sum>
void add_point(const Window& window, const std::size_t (&point)[kWindowAxes], const X* x,
               Sum x_zero, Sum weight, Sum* y) {
  const WindowAxis &depth = window.depth(), &height = window.height(), &width = window.width();
  const Range inside_z = depth.inside(point[0]), inside_y = height.inside(point[1]);
  const Range inside_x = width.inside(point[2]);
  if (inside_x.begin >= inside_x.end) return;
  const std::size_t stride = width.stride;
  for (std::size_t z = inside_z.begin; z < inside_z.end; ++z) {
    const auto at_z = static_cast<std::size_t>(depth.position(z, point[0]));
    for (std::size_t r = inside_y.begin; r < inside_y.end; ++r) {
      const auto at_y = static_cast<std::size_t>(height.position(r, point[1]));
      const auto at_x = static_cast<std::size_t>(width.position(inside_x.begin, point[2]));
      const X* from = x + (at_z * height.in + at_y) * width.in + at_x;
      Sum* to = y + (z * height.out + r) * width.out + inside_x.begin;
      for (std::size_t i = 0; i < inside_x.size(); ++i)
        to[i] += (static_cast<Sum>(from[i * stride]) - x_zero) * weight;
    }
  }
}

template <class X, class W, class Sum>
void plain_conv(const ConvShape& shape, const PlainConv<X, W, Sum>& conv,
                const Execution& execution) {
  const Window& window = shape.window;
  const std::size_t points = window.points(), out_positions = window.out_positions();
  const std::size_t filters = shape.groups * shape.filters;
  share_out(shape.images * filters, shape.depth() * out_positions, execution, [&](Range planes) {
    for (std::size_t plane = planes.begin; plane < planes.end; ++plane) {
      const std::size_t filter = plane % filters;
      const std::size_t first_channel =
          (plane / filters * shape.groups + filter / shape.filters) * shape.channels;
      Sum* y = conv.y + plane * out_positions;
      std::fill_n(y, out_positions, conv.bias == nullptr ? Sum{0} : conv.bias[filter]);
      for (std::size_t point = 0; point < points; ++point) {
        const std::size_t rest = point / window.width().points;
        const std::size_t at[kWindowAxes] = {rest / window.height().points,
                                             rest % window.height().points,
                                             point % window.width().points};
        for (std::size_t c = 0; c < shape.channels; ++c) {
          const W* w = conv.w + (filter * shape.channels + c) * points + point;
          add_point(window, at, conv.x + (first_channel + c) * window.in_positions(), conv.x_zero,
                    static_cast<Sum>(*w) - conv.w_zero(filter), y);
        }
      }
    }
  });
}

}  // namespace fourfold
