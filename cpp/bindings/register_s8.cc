// Kernels on int8 tensors under the active ISA. They check sizes, convert nothing and write into the
// array that they are given: tests guard it.
#include <pybind11/stl.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/check.h"
#include "base/float_environment.h"
#include "bindings/arrays.h"
#include "bindings/registers.h"
#include "isa/select.h"
#include "kernels/copy_s8/copy_s8.h"
#include "kernels/depthwise_s8/depthwise_s8.h"
#include "kernels/elementwise_s8/elementwise_s8.h"
#include "ops/packed_shapes.h"

namespace fourfold {
namespace {

void copy_s8(const S8Array& from, S8Array& to, std::uint8_t flip) {
  expect_shape("from", from, {kAnySize, kAnySize});
  const std::size_t rows = size_at(from, 0), columns = size_at(from, 1);
  expect_shape("to", to, {signed_size(rows), signed_size(columns)});
  copy_s8_kernels(active_isa())
      .rows({from.data(), columns, to.mutable_data(), columns, rows, columns, flip});
}

void dequantize_values(const S8Array& x, float scale, F32Array& y) {
  expect_shape("x", x, {kAnySize});
  expect_shape("y", y, {signed_size(size_at(x, 0))});
  elementwise_s8_kernels(active_isa())
      .dequantize({x.data(), scale, y.mutable_data(), size_at(x, 0)});
}

using Values = std::variant<F32Array, S8Array>;

const py::array& array_of(const Values& values) {
  return std::visit([](const auto& array) -> const py::array& { return array; }, values);
}

// [rows or 1, columns], or of float32 also [rows or 1, 1], as NumPy would broadcast it to y.
OperandRows operand_rows(const char* name, const Values& values, float scale, const py::array& y,
                         bool may_be_single) {
  const py::array& array = array_of(values);
  const auto* floats = std::get_if<F32Array>(&values);
  expect_shape(name, array, {kAnySize, kAnySize});
  const bool single_row = array.shape(0) == 1;
  const bool single = may_be_single && floats != nullptr && array.shape(1) == 1;
  expect_shape(name, array, {single_row ? 1 : y.shape(0), single ? 1 : y.shape(1)});
  return {floats != nullptr ? floats->data() : nullptr,
          floats != nullptr ? nullptr : std::get<S8Array>(values).data(),
          single_row ? 0 : size_at(array, 1), scale, single};
}

void join_s8(const std::string& kind, const Values& a, const Values& b, Values& y, float a_scale,
             float b_scale, float inverse_scale, float floor) {
  if (kind != "add" && kind != "mul") {
    refuse_value("kind: expected add or mul, received '", kind, "'");
  }
  const py::array& results = array_of(y);
  expect_shape("y", results, {kAnySize, kAnySize});
  const std::size_t rows = size_at(results, 0), columns = size_at(results, 1);
  const BinaryOperands operands = {operand_rows("a", a, a_scale, results, false),
                                   operand_rows("b", b, b_scale, results, true), rows, columns,
                                   floor};
  const ElementwiseS8Kernels& kernels = elementwise_s8_kernels(active_isa());
  const FloatEnvironment float_environment;
  if (auto* floats = std::get_if<F32Array>(&y)) {
    (kind == "add" ? kernels.add_to_f32 : kernels.mul_to_f32)(operands,
                                                              {floats->mutable_data(), columns});
  } else {
    (kind == "add" ? kernels.add_to_s8 : kernels.mul_to_s8)(
        operands, {std::get<S8Array>(y).mutable_data(), columns, inverse_scale});
  }
}

std::pair<std::size_t, int> depthwise_s8_form() {
  const DepthwiseS8Kernels& kernels = depthwise_s8_kernels(active_isa());
  return {kernels.group, kernels.flip};
}

// Slots as the kernels lay them out, [number, channels, 4]: their padded channels.
std::size_t slot_channels(const S8Array& slots, std::size_t channels) {
  const std::size_t padded = padded_channels(channels);
  expect_shape("slots", slots,
               {kAnySize, signed_size(padded), static_cast<std::int64_t>(kSlotChannelBytes)});
  return padded;
}

// A row's columns are `stride` apart; the last has no more than `channels`.
void interleave_s8(const std::vector<std::optional<S8Array>>& rows, std::size_t stride,
                   std::size_t channels, S8Array& slots) {
  const DepthwiseS8Kernels& kernels = depthwise_s8_kernels(active_isa());
  slot_channels(slots, channels);
  const std::size_t columns = size_at(slots, 0);
  if (rows.size() != kernels.group || columns == 0 || stride < channels) {
    refuse_value("expected ", kernels.group, " rows, a slot, and a stride from ", channels,
                 ", received ", rows.size(), ", ", columns, " and ", stride);
  }
  const std::vector<std::int8_t> zeros(kBorderBytes);
  SlotsBlock block = {};
  block.border = zeros.data();
  for (std::size_t j = 0; j < rows.size(); ++j) {
    if (!rows[j]) continue;
    expect_shape("row", *rows[j], {signed_size((columns - 1) * stride + channels)});
    block.rows[j] = rows[j]->data();
  }
  block.stride = stride;
  block.columns = columns;
  block.channels = channels;
  block.slots = reinterpret_cast<std::uint8_t*>(slots.mutable_data());
  kernels.interleave(block);
}

// steps: of all rows, of the first of two, of the second; step_rows: whose they are.
void depthwise_s8(const S8Array& slots, const std::vector<std::size_t>& offsets, std::size_t step,
                  const S8Array& weights, const S32Array& start, std::size_t channels,
                  const std::vector<std::size_t>& steps, S32Array& sums, std::size_t step_rows) {
  const DepthwiseS8Kernels& kernels = depthwise_s8_kernels(active_isa());
  const std::size_t padded = slot_channels(slots, channels);
  expect_shape("start", start, {signed_size(padded)});
  expect_shape("sums", sums, {kAnySize, kAnySize, signed_size(padded)});
  const std::size_t rows = size_at(sums, 0), columns = size_at(sums, 1);
  const bool fits = (rows == 1 || rows == 2 || rows == 4) && columns > 0 && steps.size() == 3 &&
                    (step_rows == 1 || step_rows == 2 || step_rows == 4) && rows <= step_rows &&
                    steps[0] + steps[1] + steps[2] == offsets.size() &&
                    (step_rows == 2 || steps[1] + steps[2] == 0);
  if (!fits) refuse_value("expected 1, 2 or 4 rows, and an offset for each of their steps");
  expect_shape(
      "weights", weights,
      {signed_size((steps[0] * step_rows + steps[1] + steps[2]) * padded * kernels.group)});
  for (const std::size_t offset : offsets) {
    if (offset + (columns - 1) * step < size_at(slots, 0)) continue;
    refuse_value("offsets: expected slots that there are, received ", offset);
  }
  kernels.convolve({reinterpret_cast<const std::uint8_t*>(slots.data()),
                    offsets.data(),
                    step,
                    weights.data(),
                    start.data(),
                    sums.mutable_data(),
                    rows,
                    columns,
                    channels,
                    {steps[0], steps[1], steps[2]},
                    step_rows});
}

}  // namespace

void register_s8(py::module_& kernels) {
  const auto array = [](const char* name) { return py::arg(name).noconvert(); };
  kernels.def("copy_s8", copy_s8, array("from_"), array("to"), py::arg("flip"));
  kernels.def("dequantize_values", dequantize_values, array("x"), py::arg("scale"), array("y"));
  kernels.def("join_s8", join_s8, py::arg("kind"), array("a"), array("b"), array("y"),
              py::arg("a_scale") = 1.0f, py::arg("b_scale") = 1.0f, py::arg("inverse_scale") = 1.0f,
              py::arg("floor") = -std::numeric_limits<float>::infinity());
  kernels.def("depthwise_s8_form", depthwise_s8_form);
  kernels.def("interleave_s8", interleave_s8, array("rows"), py::arg("stride"), py::arg("channels"),
              array("slots"));
  kernels.def("depthwise_s8", depthwise_s8, array("slots"), py::arg("offsets"), py::arg("step"),
              array("weights"), array("start"), py::arg("channels"), py::arg("steps"),
              array("sums"), py::arg("step_rows"));
}

}  // namespace fourfold
