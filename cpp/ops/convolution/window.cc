#include "ops/convolution/window.h"

#include <algorithm>

#include "base/check.h"
#include "base/round_up.h"
#include "ops/checks.h"

namespace fourfold {
namespace {

constexpr auto kMost = static_cast<std::int64_t>(kMaxColumns);

Attributes::Integers sizes_or_none(const Attributes& attributes, const char* name,
                                   std::int64_t least) {
  Attributes::Integers sizes = attributes.integers_or(name, {});
  for (const std::int64_t size : sizes) {
    if (size >= least && size <= kMost) continue;
    refuse_value("attribute '", name, "': expected sizes from ", least, " to ", kMost,
                 ", received ", size);
  }
  return sizes;
}

AutoPad auto_pad_named(const std::string& name) {
  if (name == "notset") return AutoPad::kNotSet;
  if (name == "same_upper") return AutoPad::kSameUpper;
  if (name == "same_lower") return AutoPad::kSameLower;
  if (name == "valid") return AutoPad::kValid;
  refuse_value("auto_pad: expected one of notset, same_upper, same_lower, valid; received '", name,
               "'");
}

void check_count(const char* name, const Attributes::Integers& list, std::size_t count) {
  if (list.empty() || list.size() == count) return;
  refuse_value("attribute '", name, "': expected ", count, " values, received ", list.size());
}

// With the output as large as x by its stride, half of the border on either side.
void fit_same(WindowAxis& axis, bool upper) {
  axis.out = ceil_div(axis.in, axis.stride);
  const std::size_t reach = axis.out == 0 ? 0 : (axis.out - 1) * axis.stride + axis.extent();
  const std::size_t border = reach > axis.in ? reach - axis.in : 0;
  axis.pad = static_cast<std::int64_t>(upper ? border / 2 : border - border / 2);
  axis.pad_end = static_cast<std::int64_t>(border) - axis.pad;
}

void fit_axis(WindowAxis& axis, bool ceil_mode, std::size_t number) {
  const auto padded = static_cast<std::int64_t>(axis.in) + axis.pad + axis.pad_end;
  const auto extent = static_cast<std::int64_t>(axis.extent());
  const auto stride = static_cast<std::int64_t>(axis.stride);
  if (padded < extent) {
    refuse_value("x: expected at least ", extent - axis.pad - axis.pad_end, " on spatial axis ",
                 number, " for the window, received ", axis.in);
  }
  std::int64_t out = (padded - extent) / stride + 1;
  if (ceil_mode) {
    out = ceil_div(padded - extent, stride) + 1;
    // No window begins in the border behind x.
    if ((out - 1) * stride >= static_cast<std::int64_t>(axis.in) + axis.pad) --out;
  }
  axis.out = static_cast<std::size_t>(out);
}

std::size_t value_or(const Attributes::Integers& list, std::size_t index, std::size_t otherwise) {
  return list.empty() ? otherwise : static_cast<std::size_t>(list[index]);
}

}  // namespace

Range WindowAxis::inside(std::size_t point) const {
  const auto step = static_cast<std::int64_t>(stride);
  const auto offset = static_cast<std::int64_t>(point * dilation) - pad;  // of output position 0
  const std::int64_t first = offset < 0 ? ceil_div(-offset, step) : 0;
  const std::int64_t beyond = static_cast<std::int64_t>(in) - offset;
  const std::int64_t end = beyond <= 0 ? 0 : ceil_div(beyond, step);
  const auto limit = static_cast<std::int64_t>(out);
  const auto begin = static_cast<std::size_t>(std::min(first, limit));
  return {begin, std::max(begin, static_cast<std::size_t>(std::min(end, limit)))};
}

std::size_t WindowAxis::points_at(std::size_t out_position, bool on_border) const {
  std::size_t count = 0;
  for (std::size_t point = 0; point < points; ++point) {
    const std::int64_t at = position(out_position, point);
    const bool on_either = at >= -pad && at < static_cast<std::int64_t>(in) + pad_end;
    count += on_border ? on_either : holds(at);
  }
  return count;
}

Place Window::point(std::size_t index) const {
  const std::size_t rest = index / width().points;
  return {rest / height().points, rest % height().points, index % width().points};
}

bool Window::is_pointwise() const {
  for (const WindowAxis& axis : axes) {
    if (axis.points != 1 || axis.stride != 1 || axis.pad != 0 || axis.in != axis.out) return false;
  }
  return true;
}

Position position_at(const Window& window, std::size_t index) {
  Position position = {};
  for (std::size_t axis = kWindowAxes; axis-- > 0;) {
    position.at[axis] = index % window.axes[axis].out;
    index /= window.axes[axis].out;
  }
  position.image = index;
  return position;
}

WindowAttributes window_attributes(const Attributes& attributes) {
  WindowAttributes window;
  window.sizes = sizes_or_none(attributes, "kernel_shape", 1);
  window.strides = sizes_or_none(attributes, "strides", 1);
  window.pads = sizes_or_none(attributes, "pads", 0);
  window.dilations = sizes_or_none(attributes, "dilations", 1);
  window.auto_pad = auto_pad_named(attributes.text_or("auto_pad", "notset"));
  window.ceil_mode = attributes.flag_or("ceil_mode", false);
  return window;
}

void check_window_attributes(const WindowAttributes& attributes, std::size_t axes) {
  check_count("kernel_shape", attributes.sizes, axes);
  check_count("strides", attributes.strides, axes);
  check_count("pads", attributes.pads, 2 * axes);
  check_count("dilations", attributes.dilations, axes);
}

Window fit_window(const WindowAttributes& attributes, const Shape& in, const Shape& sizes) {
  const std::size_t axes = in.rank();
  check_window_attributes(attributes, axes);
  element_count(sizes);  // refuses a window of more points than can be counted
  Window window;
  for (std::size_t i = 0; i < axes; ++i) {
    WindowAxis& axis = window.axes[kWindowAxes - axes + i];
    axis.in = static_cast<std::size_t>(in[i]);
    axis.points = static_cast<std::size_t>(sizes[i]);
    axis.stride = value_or(attributes.strides, i, 1);
    axis.dilation = value_or(attributes.dilations, i, 1);
    if (axis.points > kMaxColumns) refuse_value("the window is too large: ", shape_text(sizes));
    if (attributes.auto_pad == AutoPad::kSameUpper || attributes.auto_pad == AutoPad::kSameLower) {
      fit_same(axis, attributes.auto_pad == AutoPad::kSameUpper);
      continue;
    }
    const bool padded = attributes.auto_pad == AutoPad::kNotSet;
    axis.pad = padded ? static_cast<std::int64_t>(value_or(attributes.pads, i, 0)) : 0;
    axis.pad_end = padded ? static_cast<std::int64_t>(value_or(attributes.pads, axes + i, 0)) : 0;
    fit_axis(axis, attributes.ceil_mode, i);
  }
  return window;
}

Shape window_sizes(const WindowAttributes& attributes, std::size_t axes) {
  if (attributes.sizes.empty()) refuse_value("attribute 'kernel_shape' is missing");
  check_window_attributes(attributes, axes);
  Shape sizes;
  for (const std::int64_t size : attributes.sizes)
    sizes.append(size);
  return sizes;
}

}  // namespace fourfold
