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

template <class X, class W, class Sum>
void plain_conv(const ConvShape& shape, const PlainConv<X, W, Sum>& conv,
                const Execution& execution) {
  const Window& window = shape.window;
  const std::size_t points = window.points(), out_positions = window.out_positions();
  const std::size_t filters = shape.groups * shape.filters, stride = window.width().stride;
  share_out(shape.images * filters, shape.depth() * out_positions, execution, [&](Range planes) {
    for (std::size_t plane = planes.begin; plane < planes.end; ++plane) {
      const std::size_t filter = plane % filters;
      const std::size_t first_channel =
          (plane / filters * shape.groups + filter / shape.filters) * shape.channels;
      Sum* y = conv.y + plane * out_positions;
      std::fill_n(y, out_positions, conv.bias == nullptr ? Sum{0} : conv.bias[filter]);
      for (std::size_t point = 0; point < points; ++point) {
        for (std::size_t c = 0; c < shape.channels; ++c) {
          const W* w = conv.w + (filter * shape.channels + c) * points + point;
          const Sum weight = static_cast<Sum>(*w) - conv.w_zero(filter);
          const X* x = conv.x + (first_channel + c) * window.in_positions();
          visit_runs(window, window.point(point),
                     [&](std::size_t x_at, std::size_t y_at, std::size_t count) {
                       for (std::size_t i = 0; i < count; ++i)
                         y[y_at + i] +=
                             (static_cast<Sum>(x[x_at + i * stride]) - conv.x_zero) * weight;
                     });
        }
      }
    }
  });
}

}  // namespace fourfold
