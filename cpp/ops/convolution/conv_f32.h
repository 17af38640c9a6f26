// Convolution in float32, four ways. All sum in one order, along the points of the window and, for
// each point, along the channels, starting from the bias: the same bits.
//
//   by columns   y[filter][position] = weight[filter][point, channel] x[point, channel][position].
//                Lanes are neighbouring output positions; x is read from a band (band.h), where a
//                point of the window is an offset. For x [N, C, positions] with many positions.
//   by planes    Of x [N, C, positions], each channel with its own filter of 3 x 3 or 5 x 5: the same.
//   by rows      y[position][filter] = x[position][point, channel] weight[point, channel][filter].
//                Lanes are filters; what lies under the windows of some positions is gathered as the
//                rows of a matrix. For x [N, positions, C], or with few positions.
//   by pixels    Of x [N, positions, C], each channel with its own filter: lanes are channels.
//
// By columns and by rows are products (kernels/gemm_f32), the others kernels/depthwise_f32.
#pragma once

#include <cstddef>

#include "matmul/execution.h"
#include "ops/convolution/conv_finish.h"
#include "ops/convolution/window.h"

namespace fourfold {

struct ConvShape {
  Window window;
  std::size_t images;
  std::size_t groups;
  std::size_t channels;  // of x in one group
  std::size_t filters;   // of y in one group

  std::size_t depth() const { return window.points() * channels; }
  std::size_t multiply_adds() const {
    return images * groups * filters * depth() * window.out_positions();
  }
};

// Where y [N, groups * filters, ...] has its output positions; ordinarily one next to the other. The
// parts of a transposed convolution interleave.
struct ConvPlacement {
  std::size_t first;
  std::size_t image;  // elements from one image to the next
  std::size_t filter;
  std::size_t depth;
  std::size_t row;
  std::size_t column;

  static ConvPlacement contiguous(const ConvShape& shape) {
    const std::size_t row = shape.window.width().out, depth = shape.window.height().out * row;
    const std::size_t filter = shape.window.depth().out * depth;
    return {0, shape.groups * shape.filters * filter, filter, depth, row, 1};
  }
};

struct ConvData {
  const float* x;
  const float* bias;  // of every filter, or null
  float* y;
  ConvFinish finish;
};

// How x and y lie: [N, C, positions] or [N, positions, C].
enum class ConvLayout { kChannelsFirst, kChannelsLast };

enum class ConvWay { kColumns, kPlanes, kRows, kPixels };
inline constexpr std::size_t kConvWays = 4;

// The way that is fastest, and possible in this layout.
ConvWay choose_conv_way(const ConvShape& shape, ConvLayout layout);

// That way. `weight` is ordered for it (conv_weights.h); data.bias is as the op has it.
std::size_t conv_f32_scratch(const ConvShape& shape, ConvLayout layout, const Execution& execution);
void conv_f32(const ConvShape& shape, ConvLayout layout, const ConvData& data, const float* weight,
              std::byte* scratch, const Execution& execution);

// x is contiguous in all of them, y in all but by columns. By rows, data.bias is padded to whole
// panels in each group.
std::size_t conv_by_columns_scratch(const ConvShape& shape, const Execution& execution);
void conv_by_columns(const ConvShape& shape, const ConvPlacement& placement, const ConvData& data,
                     const float* weight, std::byte* scratch, const Execution& execution);
bool can_go_by_planes(const ConvShape& shape);
std::size_t conv_by_planes_scratch(const ConvShape& shape, const Execution& execution);
void conv_by_planes(const ConvShape& shape, const ConvData& data, const float* weight,
                    std::byte* scratch, const Execution& execution);
std::size_t conv_by_rows_scratch(const ConvShape& shape, ConvLayout layout,
                                 const Execution& execution);
void conv_by_rows(const ConvShape& shape, ConvLayout layout, const ConvData& data,
                  const float* weight, std::byte* scratch, const Execution& execution);
std::size_t conv_by_pixels_scratch(const ConvShape& shape, const Execution& execution);
void conv_by_pixels(const ConvShape& shape, const ConvData& data, const float* weight,
                    std::byte* scratch, const Execution& execution);

}  // namespace fourfold
