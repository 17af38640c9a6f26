// Kernels of convolutions and pooling on planes of float32, and those of ONNX's 8-bit tensors, under
// the active ISA. They check sizes, convert nothing and write into the array that they are given:
// tests guard it. Planes are lines of values, cut wherever the last read ends.
#include <pybind11/stl.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/float_environment.h"
#include "bindings/arrays.h"
#include "bindings/name_list.h"
#include "bindings/registers.h"
#include "isa/select.h"
#include "kernels/deinterleave/deinterleave.h"
#include "kernels/depthwise_f32/depthwise_f32.h"
#include "kernels/pool/pool.h"
#include "kernels/zero_point/zero_point.h"
#include "ops/packed_shapes.h"

namespace fourfold {
namespace {

constexpr std::size_t kLine = 16;  // positions that kernels on planes read at once

// What rows of so many lines, `x_stride` apart, read from the furthest offset on.
void check_plane(const F32Array& x, const U64Array& offsets, std::size_t x_stride, std::size_t rows,
                 std::size_t columns) {
  expect_shape("x", x, {kAnySize});
  expect_shape("offsets", offsets, {kAnySize});
  const std::size_t points = size_at(offsets, 0);
  if (rows == 0 || columns == 0 || points == 0) {
    refuse_value("expected a row, a column and an offset at least, received ", rows, ", ", columns,
                 " and ", points);
  }
  const std::size_t furthest = *std::max_element(offsets.data(), offsets.data() + points);
  const std::size_t read = (rows - 1) * x_stride + furthest + (columns + kLine - 1) / kLine * kLine;
  if (size_at(x, 0) < read) {
    refuse_value("x: expected ", read, " values at least, received ", size_at(x, 0));
  }
}

void depthwise_plane(const F32Array& x, const U64Array& offsets, std::size_t x_stride,
                     const F32Array& w, float bias, std::size_t stride_y, F32Array& y) {
  expect_shape("y", y, {kAnySize, kAnySize});
  const std::size_t rows = size_at(y, 0), columns = size_at(y, 1);
  const std::size_t size = static_cast<std::size_t>(offsets.size());
  if (!has_plane_kernel(size, stride_y)) {
    refuse_value("expected 3 or 5 offsets and a stride of 1 or 2, received ", size, " and ",
                 stride_y);
  }
  expect_shape("w", w, {signed_size(size), signed_size(size)});
  check_plane(x, offsets, x_stride, rows == 0 ? 0 : (rows - 1) * stride_y + size, columns);
  const FloatEnvironment float_environment;
  depthwise_f32_kernels(active_isa())
      .plane({x.data(), offsets.data(), x_stride, w.data(), bias, y.mutable_data(), columns, rows,
              columns, size, stride_y});
}

// pointers: which row of x lies under each, [window rows, how many there are].
void depthwise_pixels(const F32Array& x, const U64Array& pointers, std::size_t step,
                      const F32Array& w, const std::optional<F32Array>& bias, F32Array& y) {
  expect_shape("w", w, {kAnySize, kAnySize, kAnySize});
  const std::size_t window_rows = size_at(w, 0), points = size_at(w, 1), channels = size_at(w, 2);
  expect_shape("x", x, {kAnySize, signed_size(channels)});
  expect_shape("y", y, {kAnySize, signed_size(channels)});
  if (bias) expect_shape("bias", *bias, {signed_size(channels)});
  const std::size_t pixels = size_at(y, 0);
  if (pixels == 0 || points == 0) refuse_value("expected a pixel and a point at least");
  const std::size_t stride = (pixels - 1) * step + points;
  expect_shape("pointers", pointers, {signed_size(window_rows), signed_size(stride)});
  // One pointer too far ends the process, as do the values behind a guarded array.
  std::vector<const float*> inputs(window_rows * stride + 1, nullptr);
  for (std::size_t i = 0; i + 1 < inputs.size(); ++i) {
    const std::size_t row = pointers.data()[i];
    if (row >= size_at(x, 0)) refuse_value("pointers: expected rows of x, received ", row);
    inputs[i] = x.data() + row * channels;
  }
  const FloatEnvironment float_environment;
  depthwise_f32_kernels(active_isa())
      .pixels({inputs.data(), stride, step, w.data(), bias ? bias->data() : nullptr,
               y.mutable_data(), channels, pixels, window_rows, points, channels});
}

void pool(const std::string& kind, const F32Array& x, const U64Array& offsets, std::size_t x_stride,
          const std::optional<F32Array>& divisors, F32Array& y) {
  constexpr const char* kNames[] = {"max", "sum", "mean", "product"};
  const PoolKernels& kernels = pool_kernels(active_isa());
  void (*const functions[])(const PoolPlaneBlock&) = {kernels.max, kernels.sum, kernels.mean,
                                                      kernels.product};
  const std::size_t number = number_of("kind", kNames, kind);
  expect_shape("y", y, {kAnySize, kAnySize});
  const std::size_t rows = size_at(y, 0), columns = size_at(y, 1);
  check_plane(x, offsets, x_stride, rows, columns);
  if (divisors.has_value() != (number >= 2)) {
    refuse_value("divisors: expected for mean and product, and no other, received ",
                 divisors ? "some" : "none", " for ", kind);
  }
  if (divisors) expect_shape("divisors", *divisors, shape_of(y));
  const FloatEnvironment float_environment;
  functions[number]({x.data(), offsets.data(), size_at(offsets, 0), x_stride, y.mutable_data(),
                     columns, rows, columns, divisors ? divisors->data() : nullptr, columns});
}

using Range = std::pair<std::size_t, std::size_t>;  // begin, end

// y is [parts, rows, columns]; dealt, its rows 0, 2, .. lie before its rows 1, 3, ..
void deinterleave(const F32Array& x, std::size_t step, const std::vector<Range>& ranges,
                  float border, bool dealt, F32Array& y) {
  expect_shape("x", x, {kAnySize, kAnySize});
  expect_shape("y", y, {signed_size(ranges.size()), signed_size(size_at(x, 0)), kAnySize});
  const std::size_t rows = size_at(y, 1), columns = size_at(y, 2);
  const bool fits =
      (ranges.size() == 1 && (step == 1 || step == 2)) || (ranges.size() == 2 && step == 2);
  if (!fits) refuse_value("expected a range and a step of 1 or 2, or two ranges and a step of 2");
  DeinterleaveBlock block = {x.data(), size_at(x, 1), rows, {}, {}, columns, border};
  std::array<std::size_t, 2> counts = {};
  for (std::size_t p = 0; p < ranges.size(); ++p) {
    const auto [begin, end] = ranges[p];
    counts[p] = end - begin;
    const bool inside = begin <= end && end <= columns &&
                        (begin == end || p + (counts[p] - 1) * step < size_at(x, 1));
    if (!inside) refuse_value("ranges: expected values of x, received ", begin, " to ", end);
    block.parts[p] = {y.mutable_data() + p * rows * columns, begin, end};
  }
  if (ranges.size() == 2 && counts[0] + 1 - counts[1] > 2) {
    refuse_value("ranges: expected numbers that differ by 1 at most, received ", counts[0], " and ",
                 counts[1]);
  }
  const auto row = static_cast<std::ptrdiff_t>(columns);
  const auto to_odd_rows = static_cast<std::ptrdiff_t>((rows + 1) / 2) * row;
  block.y_strides[0] = dealt ? to_odd_rows : row;
  block.y_strides[1] = dealt ? row - to_odd_rows : row;
  const DeinterleaveKernels& kernels = deinterleave_kernels(active_isa());
  (ranges.size() == 2 ? kernels.evens_and_odds : step == 2 ? kernels.evens : kernels.every)(block);
}

void interleave(const F32Array& x, F32Array& y) {
  expect_shape("x", x, {kAnySize, kAnySize, kAnySize});
  const std::size_t rows = size_at(x, 0), parts = size_at(x, 1), count = size_at(x, 2);
  expect_shape("y", y, {signed_size(rows), signed_size(count * parts)});
  deinterleave_kernels(active_isa())
      .interleave(
          {x.data(), parts * count, count, y.mutable_data(), count * parts, rows, parts, count});
}

// One scale and zero for all, or each value its own.
void quantize_zero_point(const F32Array& x, const F32Array& scales, const F32Array& zeros,
                         std::uint8_t flip, S8Array& q) {
  expect_shape("x", x, {kAnySize});
  const std::size_t count = size_at(x, 0);
  const bool by_one = scales.size() == 1;
  expect_shape("scales", scales, {by_one ? 1 : signed_size(count)});
  expect_shape("zeros", zeros, shape_of(scales));
  expect_shape("q", q, {signed_size(count)});
  const ZeroPointKernels& kernels = zero_point_kernels(active_isa());
  const FloatEnvironment float_environment;
  (by_one ? kernels.quantize_by_one : kernels.quantize_by_each)(
      {x.data(), q.mutable_data(), count, scales.data(), zeros.data(), flip});
}

std::pair<float, float> extent(const F32Array& x) {
  expect_shape("x", x, {kAnySize});
  const Extent found = zero_point_kernels(active_isa()).extent(x.data(), size_at(x, 0));
  return {found.low, found.high};
}

}  // namespace

void register_windows(py::module_& kernels) {
  const auto array = [](const char* name) { return py::arg(name).noconvert(); };
  kernels.def("depthwise_plane", depthwise_plane, array("x"), array("offsets"), py::arg("x_stride"),
              array("w"), py::arg("bias"), py::arg("stride_y"), array("y"));
  kernels.def("depthwise_pixels", depthwise_pixels, array("x"), array("pointers"), py::arg("step"),
              array("w"), array("bias"), array("y"));
  kernels.def("pool", pool, py::arg("kind"), array("x"), array("offsets"), py::arg("x_stride"),
              array("divisors"), array("y"));
  kernels.def("deinterleave", deinterleave, array("x"), py::arg("step"), py::arg("ranges"),
              py::arg("border"), py::arg("dealt"), array("y"));
  kernels.def("interleave", interleave, array("x"), array("y"));
  kernels.def("quantize_zero_point", quantize_zero_point, array("x"), array("scales"),
              array("zeros"), py::arg("flip"), array("q"));
  kernels.def("extent", extent, array("x"));
}

}  // namespace fourfold
