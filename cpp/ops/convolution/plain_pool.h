// Pooling by plain loops, for element types that no kernel works on.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "ops/convolution/pool_shape.h"
#include "ops/share_out.h"

namespace fourfold {

// The types of the plain loops.
inline bool is_pooled(DType dtype) {
  return dtype == DType::kF32 || dtype == DType::kF64 || dtype == DType::kS8 || dtype == DType::kU8;
}

// Calls visit(DTypeTag<T>{}) for the types of is_pooled.
template <class Visit>
void visit_pooled(DType dtype, const Visit& visit) {
  if (dtype == DType::kF32) return visit(DTypeTag<float>{});
  if (dtype == DType::kF64) return visit(DTypeTag<double>{});
  if (dtype == DType::kS8) return visit(DTypeTag<std::int8_t>{});
  visit(DTypeTag<std::uint8_t>{});
}

// As C++ has no one name for it: -Inf, or the least integer.
template <class T>
constexpr T lowest() {
  return std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity()
                                              : std::numeric_limits<T>::lowest();
}

// One plane: y = combine(y, x under each point), from `start`.
template <class T, class Combine>
void combine_points(const Window& window, const T* x, T start, T* y, const Combine& combine) {
  const std::size_t stride = window.width().stride;
  std::fill_n(y, window.out_positions(), start);
  for (std::size_t point = 0; point < window.points(); ++point) {
    visit_runs(window, window.point(point),
               [&](std::size_t x_at, std::size_t y_at, std::size_t count) {
                 for (std::size_t i = 0; i < count; ++i)
                   y[y_at + i] = combine(y[y_at + i], x[x_at + i * stride]);
               });
  }
}

template <class T>
void plain_max_pool(const PoolShape& shape, const T* x, T* y, const Execution& execution) {
  const Window& window = shape.window;
  const std::size_t values = window.out_positions() * window.points();
  share_out(shape.planes(), values, execution, [&](Range planes) {
    for (std::size_t plane = planes.begin; plane < planes.end; ++plane) {
      combine_points(window, x + plane * window.in_positions(), lowest<T>(),
                     y + plane * window.out_positions(),
                     [](T best, T next) { return next > best || next != next ? next : best; });
    }
  });
}

// The mean, or the p-norm, of float64.
inline void plain_sum_pool(const PoolShape& shape, PoolKind kind, double p, bool counts_border,
                           const double* x, double* y, const Execution& execution) {
  const Window& window = shape.window;
  const std::size_t values = window.out_positions() * window.points();
  share_out(shape.planes(), values, execution, [&](Range planes) {
    for (std::size_t plane = planes.begin; plane < planes.end; ++plane) {
      const double* from = x + plane * window.in_positions();
      double* to = y + plane * window.out_positions();
      if (kind == PoolKind::kLp) {
        combine_points(window, from, 0.0, to,
                       [p](double sum, double next) { return sum + std::pow(std::fabs(next), p); });
        for (std::size_t i = 0; i < window.out_positions(); ++i)
          to[i] = std::pow(to[i], 1.0 / p);
        continue;
      }
      combine_points(window, from, 0.0, to, [](double sum, double next) { return sum + next; });
      for (std::size_t i = 0; i < window.out_positions(); ++i) {
        const Place at = position_at(window, i).at;
        std::size_t count = 1;
        for (std::size_t axis = 0; axis < kWindowAxes; ++axis)
          count *= window.axes[axis].points_at(at[axis], counts_border);
        to[i] /= static_cast<double>(count);
      }
    }
  });
}

}  // namespace fourfold
