#include "ops/convolution/conv_weights.h"

#include <algorithm>

#include "matmul/packed_weights.h"

namespace fourfold {
namespace {

void order_for_columns(const ConvShape& shape, const float* weight, float* to) {
  const std::size_t points = shape.window.points(), channels = shape.channels;
  for (std::size_t filter = 0; filter < shape.groups * shape.filters; ++filter) {
    for (std::size_t c = 0; c < channels; ++c) {
      for (std::size_t point = 0; point < points; ++point)
        to[point * channels + c] = weight[c * points + point];
    }
    weight += shape.depth();
    to += shape.depth();
  }
}

std::size_t rows_bias_elements(const ConvShape& shape) {
  return shape.groups * padded_columns(shape.filters);
}

void order_for_rows(const ConvShape& shape, const float* weight, const float* bias, float* to) {
  const std::size_t points = shape.window.points(), channels = shape.channels;
  const std::size_t wide = padded_columns(shape.filters), depth = shape.depth();
  float* padded_bias = to + rows_weight_elements(shape);
  std::fill_n(to, rows_weight_elements(shape) + (bias != nullptr ? rows_bias_elements(shape) : 0),
              0.0f);
  for (std::size_t group = 0; group < shape.groups; ++group, to += wide * depth) {
    for (std::size_t filter = 0; filter < shape.filters; ++filter, weight += depth) {
      float* column = to + filter / kPanelColumns * depth * kPanelColumns + filter % kPanelColumns;
      for (std::size_t c = 0; c < channels; ++c) {
        for (std::size_t point = 0; point < points; ++point)
          column[(point * channels + c) * kPanelColumns] = weight[c * points + point];
      }
      if (bias != nullptr) padded_bias[group * wide + filter] = *bias++;
    }
  }
}

void order_for_pixels(const ConvShape& shape, const float* weight, float* to) {
  const std::size_t points = shape.window.points();
  for (std::size_t point = 0; point < points; ++point) {
    for (std::size_t group = 0; group < shape.groups; ++group)
      *to++ = weight[group * points + point];
  }
}

}  // namespace

std::size_t rows_weight_elements(const ConvShape& shape) {
  return shape.groups * padded_columns(shape.filters) * shape.depth();
}

std::size_t ordered_weight_elements(const ConvShape& shape, ConvWay way, bool has_bias) {
  if (way != ConvWay::kRows) return shape.groups * shape.filters * shape.depth();
  return rows_weight_elements(shape) + (has_bias ? rows_bias_elements(shape) : 0);
}

bool is_ordered(const ConvShape& shape, ConvWay way) {
  if (way == ConvWay::kPlanes) return true;
  return way == ConvWay::kColumns && (shape.channels == 1 || shape.window.points() == 1);
}

void order_weight(const ConvShape& shape, ConvWay way, const float* weight, const float* bias,
                  float* to) {
  switch (way) {
    case ConvWay::kColumns:
      return order_for_columns(shape, weight, to);
    case ConvWay::kPlanes:
      std::copy_n(weight, shape.groups * shape.depth(), to);
      return;
    case ConvWay::kRows:
      return order_for_rows(shape, weight, bias, to);
    case ConvWay::kPixels:
      return order_for_pixels(shape, weight, to);
  }
}

}  // namespace fourfold
