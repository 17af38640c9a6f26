#include "ops/convolution/conv_f32.h"

#include "base/round_up.h"
#include "matmul/packed_weights.h"
#include "ops/convolution/band.h"
#include "ops/convolution/conv_weights.h"

namespace fourfold {
namespace {

// By columns, whole panels of positions are computed; by rows, whole panels of filters, and x is
// gathered an element at a time, which costs about as much as 32 multiply-adds.
bool rows_are_faster(const ConvShape& shape) {
  constexpr std::size_t kGatherCost = 32;
  const std::size_t positions = shape.window.out_positions();
  const std::size_t by_columns = shape.filters * round_up(positions, kPanelColumns);
  const std::size_t by_rows = (padded_columns(shape.filters) + kGatherCost) * positions;
  return by_rows < by_columns;
}

// Of strides and dilations that leave most of what they span unread, a band would hold all of it.
bool band_is_dense(const ConvShape& shape) {
  const double gathered =
      static_cast<double>(shape.depth()) * static_cast<double>(shape.window.width().out);
  const double band = band_row_elements(shape.window, shape.channels);
  constexpr double kSmall = 4096;  // elements, which stay in L1
  return band <= kMostBandElements && band <= 2 * gathered + kSmall;
}

}  // namespace

ConvWay choose_conv_way(const ConvShape& shape, ConvLayout layout) {
  if (layout == ConvLayout::kChannelsFirst) {
    if (rows_are_faster(shape) || !band_is_dense(shape)) return ConvWay::kRows;
    return can_go_by_planes(shape) ? ConvWay::kPlanes : ConvWay::kColumns;
  }
  return shape.channels == 1 && shape.filters == 1 ? ConvWay::kPixels : ConvWay::kRows;
}

std::size_t conv_f32_scratch(const ConvShape& shape, ConvLayout layout,
                             const Execution& execution) {
  switch (choose_conv_way(shape, layout)) {
    case ConvWay::kColumns:
      return conv_by_columns_scratch(shape, execution);
    case ConvWay::kPlanes:
      return conv_by_planes_scratch(shape, execution);
    case ConvWay::kRows:
      return conv_by_rows_scratch(shape, layout, execution);
    case ConvWay::kPixels:
      break;
  }
  return conv_by_pixels_scratch(shape, execution);
}

void conv_f32(const ConvShape& shape, ConvLayout layout, const ConvData& data, const float* weight,
              std::byte* scratch, const Execution& execution) {
  ConvData ordered = data;
  switch (choose_conv_way(shape, layout)) {
    case ConvWay::kColumns:
      return conv_by_columns(shape, ConvPlacement::contiguous(shape), data, weight, scratch,
                             execution);
    case ConvWay::kPlanes:
      return conv_by_planes(shape, data, weight, scratch, execution);
    case ConvWay::kRows:
      if (data.bias != nullptr) ordered.bias = weight + rows_weight_elements(shape);
      return conv_by_rows(shape, layout, ordered, weight, scratch, execution);
    case ConvWay::kPixels:
      break;
  }
  conv_by_pixels(shape, data, weight, scratch, execution);
}

}  // namespace fourfold
