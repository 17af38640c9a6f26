#include "ops/image/resample.h"

#include <algorithm>

#include "base/aligned_buffer.h"
#include "base/round_up.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

// The resized axes in the order of their passes: those that shrink, the first of them first, since
// that is where whole rows are left out; then those that grow, the last of them first.
struct PassOrder {
  std::array<std::size_t, kMaxRank> axes{};
  std::size_t count = 0;
};

PassOrder pass_order(const ResizeAxes& axes, std::size_t rank) {
  PassOrder order;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    if (axes[axis].resized && axes[axis].to < axes[axis].from) order.axes[order.count++] = axis;
  }
  for (std::size_t axis = rank; axis-- > 0;) {
    if (axes[axis].resized && axes[axis].to >= axes[axis].from) order.axes[order.count++] = axis;
  }
  return order;
}

// The axes behind and with the first that is resized.
struct Plane {
  std::size_t first_axis = 0;
  std::size_t count = 1;    // of planes
  std::size_t largest = 0;  // elements of the largest of the forms between x's and y's
};

Plane plane_of(const ResizeAxes& axes, const Shape& x) {
  Plane plane;
  while (plane.first_axis < x.rank() && !axes[plane.first_axis].resized)
    plane.count *= static_cast<std::size_t>(x[plane.first_axis++]);
  const PassOrder order = pass_order(axes, x.rank());
  std::size_t size = element_count(x) / plane.count;
  for (std::size_t i = 0; i + 1 < order.count; ++i) {
    const ResizeAxis& axis = axes[order.axes[i]];
    size = size / static_cast<std::size_t>(axis.from) * static_cast<std::size_t>(axis.to);
    plane.largest = std::max(plane.largest, size);
  }
  return plane;
}

std::size_t parts_of(const Plane& plane, const Execution& execution) {
  return std::min(plane.count, execution.threads);
}

// One axis of one plane: [outer, from, inner] to [outer, to, inner].
template <class T>
struct Pass {
  std::size_t outer;
  std::size_t from;
  std::size_t to;
  std::size_t inner;
  Covered covered;
  Taps<T> taps;
  T extrapolation;
};

// kTaps is taps.count, or 0 for any: the loop over two or four of them is then unrolled.
template <std::size_t kTaps, class T>
void resample_columns(const Pass<T>& pass, const T* x, T* y) {
  const std::size_t count = kTaps == 0 ? pass.taps.count : kTaps;
  const std::int64_t* places = pass.taps.places + pass.covered.begin * count;
  const T* weights = pass.taps.weights + pass.covered.begin * count;
  for (std::size_t i = pass.covered.begin; i < pass.covered.end; ++i) {
    T sum = 0;
    for (std::size_t k = 0; k < count; ++k)
      sum += weights[k] * x[places[k]];
    y[i] = sum;
    places += count;
    weights += count;
  }
}

// One row of y from kTaps rows of x, or from any number of them if kTaps is 0. Both add the terms in
// the same order.
template <std::size_t kTaps, class T>
void add_rows(const Taps<T>& taps, const std::int64_t* places, const T* weights, std::size_t inner,
              const T* x, T* y) {
  const auto row = [&](std::size_t k) { return x + static_cast<std::size_t>(places[k]) * inner; };
  if constexpr (kTaps == 0) {
    std::fill(y, y + inner, T{0});
    for (std::size_t k = 0; k < taps.count; ++k) {
      const T weight = weights[k];
      for (std::size_t j = 0; j < inner; ++j)
        y[j] += weight * row(k)[j];
    }
  } else {
    const T* rows[kTaps];
    T factors[kTaps];
    for (std::size_t k = 0; k < kTaps; ++k) {
      rows[k] = row(k);
      factors[k] = weights[k];
    }
    for (std::size_t j = 0; j < inner; ++j) {
      T sum = 0;
      for (std::size_t k = 0; k < kTaps; ++k)
        sum += factors[k] * rows[k][j];
      y[j] = sum;
    }
  }
}

template <std::size_t kTaps, class T>
void resample_rows(const Pass<T>& pass, const T* x, T* y) {
  for (std::size_t i = pass.covered.begin; i < pass.covered.end; ++i) {
    const std::size_t first = i * pass.taps.count;
    add_rows<kTaps>(pass.taps, pass.taps.places + first, pass.taps.weights + first, pass.inner, x,
                    y + i * pass.inner);
  }
}

template <std::size_t kTaps, class T>
void run_pass_with(const Pass<T>& pass, const T* x, T* y) {
  for (std::size_t i = 0; i < pass.outer; ++i) {
    std::fill(y, y + pass.covered.begin * pass.inner, pass.extrapolation);
    if (pass.inner == 1) resample_columns<kTaps>(pass, x, y);
    if (pass.inner != 1) resample_rows<kTaps>(pass, x, y);
    std::fill(y + pass.covered.end * pass.inner, y + pass.to * pass.inner, pass.extrapolation);
    x += pass.from * pass.inner;
    y += pass.to * pass.inner;
  }
}

template <class T>
void run_pass(const Pass<T>& pass, const T* x, T* y) {
  if (pass.taps.count == 2) return run_pass_with<2>(pass, x, y);
  if (pass.taps.count == 4) return run_pass_with<4>(pass, x, y);
  run_pass_with<0>(pass, x, y);
}

template <class T>
struct Passes {
  std::array<Pass<T>, kMaxRank> list{};
  std::size_t count = 0;
};

// The passes in their order; their tables lie in `scratch`, which moves behind them.
template <class T>
Passes<T> make_passes(const Resampling& resampling, const Tensor& x, std::size_t first_axis,
                      std::byte*& scratch) {
  const PassOrder order = pass_order(resampling.axes, x.rank());
  Passes<T> passes;
  passes.count = order.count;
  Shape shape = x.shape();
  for (std::size_t i = 0; i < order.count; ++i) {
    const ResizeAxis& axis = resampling.axes[order.axes[i]];
    Pass<T>& pass = passes.list[i];
    pass.outer = pass.inner = 1;
    for (std::size_t k = first_axis; k < x.rank(); ++k) {
      if (k < order.axes[i]) pass.outer *= static_cast<std::size_t>(shape[k]);
      if (k > order.axes[i]) pass.inner *= static_cast<std::size_t>(shape[k]);
    }
    shape.set(order.axes[i], axis.to);
    pass.from = static_cast<std::size_t>(axis.from);
    pass.to = static_cast<std::size_t>(axis.to);
    pass.covered = covered_places(resampling.rule, axis);
    pass.extrapolation = static_cast<T>(resampling.extrapolation);
    pass.taps.count = tap_count(resampling.rule, axis);
    const std::size_t values = pass.to * pass.taps.count;
    pass.taps.places = reinterpret_cast<std::int64_t*>(scratch);
    pass.taps.weights = reinterpret_cast<T*>(pass.taps.places + values);
    scratch += round_up(values * (sizeof(std::int64_t) + sizeof(T)), kAlignment);
    find_taps(resampling.rule, axis, pass.taps);
  }
  return passes;
}

}  // namespace

std::size_t resample_scratch_bytes(const Resampling& resampling, const TensorType& x,
                                   const Execution& execution) {
  const std::size_t element = dtype_bytes(x.dtype);
  if (element_count(x.shape) == 0) return 0;
  const Plane plane = plane_of(resampling.axes, x.shape);
  std::size_t bytes =
      2 * parts_of(plane, execution) * round_up(plane.largest * element, kAlignment);
  for (std::size_t axis = 0; axis < x.shape.rank(); ++axis) {
    const ResizeAxis& resized = resampling.axes[axis];
    if (!resized.resized) continue;
    const std::size_t taps =
        static_cast<std::size_t>(resized.to) * tap_count(resampling.rule, resized);
    bytes += round_up(taps * (sizeof(std::int64_t) + element), kAlignment);
  }
  return bytes;
}

template <class T>
void resample(const Resampling& resampling, const Tensor& x, const Tensor& y, std::byte* scratch,
              const Execution& execution) {
  const Plane plane = plane_of(resampling.axes, x.shape());
  const Passes<T> passes = make_passes<T>(resampling, x, plane.first_axis, scratch);
  if (passes.count == 0) return copy_bytes(x, y);
  const std::size_t x_size = element_count(x.shape()) / plane.count;
  const std::size_t y_size = element_count(y.shape()) / plane.count;
  const std::size_t form_bytes = round_up(plane.largest * sizeof(T), kAlignment);
  const std::size_t parts = parts_of(plane, execution);
  execution.pool->run(parts, [&](std::size_t part) {
    T* const forms[] = {reinterpret_cast<T*>(scratch + 2 * part * form_bytes),
                        reinterpret_cast<T*>(scratch + (2 * part + 1) * form_bytes)};
    const Range planes = part_of(plane.count, 1, parts, part);
    for (std::size_t i = planes.begin; i < planes.end; ++i) {
      const T* from = x.values<T>() + i * x_size;
      for (std::size_t k = 0; k < passes.count; ++k) {
        T* to = k + 1 == passes.count ? y.values_out<T>() + i * y_size : forms[k % 2];
        run_pass(passes.list[k], from, to);
        from = to;
      }
    }
  });
}

template void resample<float>(const Resampling&, const Tensor&, const Tensor&, std::byte*,
                              const Execution&);
template void resample<double>(const Resampling&, const Tensor&, const Tensor&, std::byte*,
                               const Execution&);

}  // namespace fourfold
