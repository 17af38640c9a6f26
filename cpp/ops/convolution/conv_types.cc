#include "ops/convolution/conv_types.h"

#include "base/check.h"
#include "ops/checks.h"

namespace fourfold {
namespace {

// Little enough that no scratch of a convolution is more than a std::size_t counts.
constexpr std::size_t kMostWeights = std::size_t{1} << 36;

// x and w have one rank, from three to five, and w neither too few nor too many elements.
void check_ranks(const Tensor& x, const Tensor& w) {
  const std::size_t rank = x.rank();
  if (rank < 3 || rank > 2 + kWindowAxes) {
    refuse_value("x: expected 3 to ", 2 + kWindowAxes, " dimensions, received ", type_text(x.type));
  }
  if (w.rank() != rank) {
    refuse_value("w: expected ", rank, " dimensions as x has, received ", type_text(w.type));
  }
  const std::size_t elements = element_count(w.shape());
  if (elements == 0 || elements > kMostWeights) {
    refuse_value("w: expected 1 to ", kMostWeights, " elements, received ", type_text(w.type));
  }
}

void check_groups(const Tensor& w, std::size_t groups, std::size_t channels) {
  if (w.size(0) % groups != 0) {
    refuse_value("w: expected a multiple of ", groups, " filters, the groups, received ",
                 type_text(w.type));
  }
  if (w.size(1) * groups == channels && channels % groups == 0) return;
  refuse_value("w: expected ", channels, " channels as x has, in ", groups, " groups, received ",
               type_text(w.type));
}

Shape spatial_sizes(const Shape& shape, std::size_t first) {
  Shape sizes;
  for (std::size_t axis = 0; axis + 2 < shape.rank(); ++axis)
    sizes.append(shape[first + axis]);
  return sizes;
}

void check_window_size(const WindowAttributes& window, const Shape& sizes) {
  check_window_attributes(window, sizes.rank());
  for (std::size_t axis = 0; axis < window.sizes.size(); ++axis) {
    if (window.sizes[axis] == sizes[axis]) continue;
    refuse_value("attribute 'kernel_shape': expected ", shape_text(sizes), " as w has, received ",
                 window.sizes[axis], " on axis ", axis);
  }
}

void check_bias(const Tensor& b, std::size_t filters) {
  if (!b.present || (b.rank() == 1 && b.size(0) == filters)) return;
  refuse_value("b: expected shape (", filters, ",), received ", type_text(b.type));
}

}  // namespace

std::size_t groups_of(const Attributes& attributes) {
  constexpr auto kMost = static_cast<std::int64_t>(kMaxColumns);
  return static_cast<std::size_t>(attributes.integer_or("group", 1, 1, kMost));
}

ConvLayout layout_named(const std::string& name) {
  if (name == "nchw") return ConvLayout::kChannelsFirst;
  if (name == "nhwc") return ConvLayout::kChannelsLast;
  refuse_value("layout: expected one of nchw, nhwc; received '", name, "'");
}

void expect_dtype(const char* name, const Tensor& tensor, DType dtype) {
  if (tensor.type.dtype == dtype) return;
  refuse_value(name, ": expected ", dtype_name(dtype), ", received ", type_text(tensor.type));
}

ConvShape conv_shape(const WindowAttributes& window, std::size_t groups, ConvLayout layout,
                     const Tensor* inputs) {
  const Tensor &x = inputs[0], &w = inputs[1], &b = inputs[2];
  check_ranks(x, w);
  const bool last = layout == ConvLayout::kChannelsLast;
  const std::size_t channels = x.size(last ? x.rank() - 1 : 1);
  check_groups(w, groups, channels);
  const Shape sizes = spatial_sizes(w.shape(), 2);
  check_window_size(window, sizes);
  check_bias(b, w.size(0));
  return {fit_window(window, spatial_sizes(x.shape(), last ? 1 : 2), sizes), x.size(0), groups,
          w.size(1), w.size(0) / groups};
}

ConvShape transposed_shape(const TransposedAttributes& window, std::size_t groups,
                           const Tensor* inputs) {
  const Tensor &x = inputs[0], &w = inputs[1], &b = inputs[2];
  check_ranks(x, w);
  if (w.size(0) != x.size(1) || x.size(1) % groups != 0) {
    refuse_value("w: expected ", x.size(1), " channels as x has, a multiple of ", groups,
                 " groups, received ", type_text(w.type));
  }
  const Shape sizes = spatial_sizes(w.shape(), 2);
  check_window_size(window.window, sizes);
  const std::size_t filters = w.size(1);
  check_bias(b, filters * groups);
  return {fit_transposed(window, spatial_sizes(x.shape(), 2), sizes), x.size(0), groups,
          w.size(0) / groups, filters};
}

Shape output_shape(const ConvShape& shape, ConvLayout layout, std::size_t rank) {
  const auto filters = static_cast<std::int64_t>(shape.groups * shape.filters);
  Shape y = {static_cast<std::int64_t>(shape.images)};
  if (layout == ConvLayout::kChannelsFirst) y.append(filters);
  for (std::size_t axis = 2 + kWindowAxes - rank; axis < kWindowAxes; ++axis)
    y.append(static_cast<std::int64_t>(shape.window.axes[axis].out));
  if (layout == ConvLayout::kChannelsLast) y.append(filters);
  return y;
}

}  // namespace fourfold
