#include "ops/convolution/pool_s8.h"

#include <algorithm>
#include <limits>

#include "base/aligned_buffer.h"
#include "base/check.h"
#include "kernels/pool/pool.h"
#include "kernels/quantize/quantize.h"
#include "matmul/packed_weights.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

// y = sums times a factor for each row.
void scale_sums(const ScaledSums& sums, const PoolScales& scales, const Tensor& y, std::size_t at,
                const Execution& execution) {
  const QuantizeKernels& kernels = quantize_kernels(execution.isa);
  if (scales.output == 0.0f) {
    kernels.dequantize({sums, y.f32_out() + at, sums.columns});
  } else {
    kernels.requantize({sums, y.values_out<std::int8_t>() + at, sums.columns, 1.0f / scales.output,
                        scales.output_range.zero, scales.output_range.low});
  }
}

// What turns the dequantization of a layer into a product with the factor of the row alone, less
// what the zero of x stands for.
struct NoColumns {
  NoColumns(std::size_t count, const PoolScales& scales, float* memory)
      : ones(memory), shifts(memory + count) {
    std::fill_n(memory, count, 1.0f);
    // Without a zero -0, which changes no product, not even 0.
    std::fill_n(memory + count, count, -(scales.input_zero * scales.input));
  }

  ScaledSums sums(const std::int32_t* acc, const float* factors, std::size_t rows,
                  std::size_t columns) const {
    ScaledSums scaled = {};
    scaled.acc = acc;
    scaled.acc_stride = columns;
    scaled.row_scales = factors;
    scaled.column_scales = ones;
    scaled.bias = shifts;
    scaled.rows = rows;
    scaled.columns = columns;
    scaled.floor = -std::numeric_limits<float>::infinity();
    return scaled;
  }

  const float* ones;
  const float* shifts;
};

// A point of every window in a row of output: y[i][c] = join(y[i][c], x[i * stride][c]).
template <class Y>
struct PixelRow {
  const std::int8_t* x;
  std::size_t stride;
  Y* y;
  std::size_t pixels;
  std::size_t channels;

  // All of it as one pixel, if that is what it is.
  PixelRow joined() const {
    if (stride != 1) return *this;
    return {x, stride, y, 1, pixels * channels};
  }
};

void add_pixels(const PixelRow<std::int32_t>& row) {
  const std::int8_t* x = row.x;
  std::int32_t* y = row.y;
  for (std::size_t i = 0; i < row.pixels; ++i, x += row.stride * row.channels, y += row.channels) {
    for (std::size_t c = 0; c < row.channels; ++c)
      y[c] += x[c];
  }
}

// One row of output, of the image at x.
template <class Y, class Join>
void join_row(const PoolShape& shape, const std::int8_t* x, std::size_t z, std::size_t at, Y start,
              Y* y, const Join& join) {
  const Window& window = shape.window;
  const std::size_t channels = shape.channels, stride = window.width().stride;
  std::fill_n(y, window.width().out * channels, start);
  for (std::size_t point = 0; point < window.points(); ++point) {
    visit_run(window, window.point(point), z, at,
              [&](std::size_t x_at, std::size_t first, std::size_t count) {
                const PixelRow<Y> row = {x + x_at * channels, stride, y + first * channels, count,
                                         channels};
                join(row.joined());
              });
  }
}

struct RowPlace {
  std::size_t image;
  std::size_t depth;
  std::size_t row;
};

// Calls work(RowPlace, index, part) for all rows of output.
template <class Work>
void share_out_rows(const PoolShape& shape, const Execution& execution, const Work& work) {
  const Window& window = shape.window;
  const std::size_t height = window.height().out, of_image = window.depth().out * height;
  const std::size_t values = window.width().out * shape.channels * window.points();
  share_out_parts(shape.images * of_image, values, execution, [&](Range rows, std::size_t part) {
    for (std::size_t row = rows.begin; row < rows.end; ++row)
      work(RowPlace{row / of_image, row % of_image / height, row % height}, row, part);
  });
}

// The scratch of an average: what is shared, then the sums and factors of each part.
struct AverageMemory {
  explicit AverageMemory(const PoolShape& shape)
      : width(shape.window.width().out),
        shared(round_up((2 * shape.channels + width) * sizeof(float), kAlignment)),
        sums(round_up(width * shape.channels * sizeof(std::int32_t), kAlignment)),
        part(sums + round_up(2 * width * sizeof(float), kAlignment)) {}

  std::size_t width;
  std::size_t shared;
  std::size_t sums;
  std::size_t part;
};

}  // namespace

PoolScales pool_scales(const Attributes& attributes) {
  const PoolScales scales = {scale_or_0(attributes, "input_scale"),
                             scale_or_0(attributes, "output_scale"),
                             zero_or_0(attributes, "input_zero", "input_scale"),
                             s8_range(attributes, "output_zero", "output_scale")};
  if (scales.output != 0.0f && scales.input == 0.0f) {
    refuse_value("attribute 'output_scale': expected with 'input_scale', received alone");
  }
  return scales;
}

void check_positions_s8(const Shape& x) {
  constexpr std::size_t kMost = (std::size_t{1} << 31) / 128 - 1;
  Shape spatial;
  for (std::size_t axis = 1; axis + 1 < x.rank(); ++axis)
    spatial.append(x[axis]);
  const std::size_t positions = element_count(spatial);
  if (positions <= kMost) return;
  refuse_value("x: expected at most ", kMost, " positions, received ", shape_text(x));
}

void max_pixels_s8(const PoolShape& shape, const std::int8_t* x, std::int8_t* y,
                   const Execution& execution) {
  const PoolKernels& kernels = pool_kernels(execution.isa);
  const std::size_t image = shape.window.in_positions() * shape.channels;
  const std::size_t row_values = shape.window.width().out * shape.channels;
  share_out_rows(shape, execution, [&](const RowPlace& place, std::size_t row, std::size_t) {
    join_row(shape, x + place.image * image, place.depth, place.row,
             std::numeric_limits<std::int8_t>::lowest(), y + row * row_values,
             [&](const PixelRow<std::int8_t>& points) {
               kernels.larger_s8({points.x, points.stride * points.channels, points.y,
                                  points.pixels, points.channels});
             });
  });
}

std::size_t average_pixels_s8_scratch(const PoolShape& shape, const Execution& execution) {
  const AverageMemory memory(shape);
  return memory.shared + execution.threads * memory.part;
}

void average_pixels_s8(const PoolShape& shape, const PoolScales& scales, bool counts_border,
                       const std::int8_t* x, const Tensor& y, std::byte* scratch,
                       const Execution& execution) {
  const AverageMemory memory(shape);
  const std::size_t width = memory.width, channels = shape.channels;
  const std::size_t image = shape.window.in_positions() * channels;
  const NoColumns columns(channels, scales, reinterpret_cast<float*>(scratch));
  float* counts = reinterpret_cast<float*>(scratch) + 2 * channels;
  count_points_of_rows(shape.window, counts_border, counts);
  share_out_rows(shape, execution, [&](const RowPlace& place, std::size_t row, std::size_t part) {
    std::byte* own = scratch + memory.shared + part * memory.part;
    auto* sums = reinterpret_cast<std::int32_t*>(own);
    auto* factors = reinterpret_cast<float*>(own + memory.sums);
    join_row(shape, x + place.image * image, place.depth, place.row, std::int32_t{0}, sums,
             add_pixels);
    PoolDivisors(shape.window, counts_border, counts).write(place.depth, place.row, factors);
    for (std::size_t i = 0; i < width; ++i)
      factors[i] = scales.input / factors[i];
    scale_sums(columns.sums(sums, factors, width, channels), scales, y, row * width * channels,
               execution);
  });
}

namespace {

constexpr std::size_t kBlockChannels = 64;  // a cache line of each pixel

// Some channels of all pixels of an image. Few of them fill a vector with several pixels.
void join_image(const GlobalPoolShape& shape, const std::int8_t* x, std::size_t channels,
                PoolKind kind, std::int32_t* joined, const Execution& execution) {
  const PoolKernels& kernels = pool_kernels(execution.isa);
  const auto join = kind == PoolKind::kMax ? kernels.largest_s8 : kernels.sums_s8;
  const std::size_t side_by_side = channels == shape.channels ? kBlockChannels / channels : 1;
  const std::size_t pixels = shape.positions % side_by_side == 0 ? side_by_side : 1;
  std::int32_t wide[kBlockChannels];
  join({x, pixels * shape.channels, shape.positions / pixels, pixels * channels, wide});
  std::copy_n(wide, channels, joined);
  for (std::size_t i = channels; i < pixels * channels; ++i) {
    std::int32_t& so_far = joined[i % channels];
    so_far = kind == PoolKind::kMax ? std::max(so_far, wide[i]) : so_far + wide[i];
  }
}

}  // namespace

void global_pool_s8(const GlobalPoolShape& shape, const PoolScales& scales, PoolKind kind,
                    const std::int8_t* x, const Tensor& y, const Execution& execution) {
  const std::size_t channels = shape.channels;
  const std::size_t blocks = (channels + kBlockChannels - 1) / kBlockChannels;
  const auto count = kind == PoolKind::kMax ? 1.0f : static_cast<float>(shape.positions);
  const float factor = scales.input / count;
  float constants[2 * kBlockChannels];
  const NoColumns columns(kBlockChannels, scales, constants);
  share_out(shape.images * blocks, shape.positions * kBlockChannels, execution, [&](Range range) {
    for (std::size_t i = range.begin; i < range.end; ++i) {
      const std::size_t image = i / blocks, first = i % blocks * kBlockChannels;
      const std::size_t some = std::min(kBlockChannels, channels - first);
      std::int32_t sums[kBlockChannels];
      join_image(shape, x + image * shape.positions * channels + first, some, kind, sums,
                 execution);
      scale_sums(columns.sums(sums, &factor, 1, some), scales, y, image * channels + first,
                 execution);
    }
  });
}

}  // namespace fourfold
