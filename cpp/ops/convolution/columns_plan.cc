#include "ops/convolution/columns_plan.h"

#include <algorithm>

#include "base/aligned_buffer.h"
#include "base/cache_sizes.h"
#include "base/round_up.h"
#include "ops/convolution/conv_parts.h"

namespace fourfold {
namespace {

// Sums of one kernel call: they stay in L1 while they are activated and put in their places.
constexpr std::size_t kSumsPerCall = 8192;
constexpr std::size_t kFewestColumns = 64;  // of one kernel call: the widest tile
constexpr std::size_t kRowTile = 12;        // filters are shared out in multiples of this

// Whatever there are several of beside bands.
std::size_t planes(const ConvShape& shape) {
  return shape.images * shape.groups * shape.window.depth().out;
}

// A band takes half of L2 at most, and there are bands for all threads.
std::size_t choose_band_rows(const ConvShape& shape, const Execution& execution) {
  const WindowAxis& height = shape.window.height();
  const BandLayout one_row(shape.window, 1);
  const std::size_t halo = one_row.height - 1;
  const std::size_t row_bytes =
      shape.channels * one_row.channel / one_row.height * sizeof(float) + 1;
  const std::size_t fit = cache_sizes().l2 / 2 / row_bytes;
  const std::size_t shared = height.out / ceil_div(execution.threads, planes(shape));
  const std::size_t most = std::clamp<std::size_t>(shared, 1, height.out);
  const std::size_t rows = std::clamp<std::size_t>(fit > halo ? fit - halo : 1, 1, most);
  return ceil_div(height.out, ceil_div(height.out, rows));  // nearly equal bands
}

}  // namespace

ColumnsPlan::ColumnsPlan(const ConvShape& shape, const Execution& execution)
    : band_rows(choose_band_rows(shape, execution)),
      bands(ceil_div(shape.window.height().out, band_rows)),
      filter_parts(1),
      tasks(planes(shape) * bands),
      parts(1),
      reads_x(shape.window.is_pointwise()),
      layout(shape.window, band_rows) {
  filter_parts = std::clamp<std::size_t>(ceil_div(execution.threads, tasks), 1,
                                         ceil_div(shape.filters, kRowTile));
  tasks *= filter_parts;
  parts = conv_parts(tasks, shape.multiply_adds(), execution);
}

ColumnsTask ColumnsPlan::task(const ConvShape& shape, std::size_t index) const {
  ColumnsTask task = {};
  task.filters = part_of(shape.filters, kRowTile, filter_parts, index % filter_parts);
  index /= filter_parts;
  task.rows.first = index % bands * band_rows;
  task.rows.count = std::min(band_rows, shape.window.height().out - task.rows.first);
  index /= bands;
  task.rows.depth = index % shape.window.depth().out;
  index /= shape.window.depth().out;
  task.group = index % shape.groups;
  task.image = index / shape.groups;
  return task;
}

std::size_t ColumnsPlan::offset_count(const ConvShape& shape) const {
  return shape.depth() + shape.channels;
}

std::size_t ColumnsPlan::band_elements(const ConvShape& shape) const {
  return round_up(layout.elements(shape.channels), kAlignment / sizeof(float));
}

std::size_t ColumnsPlan::part_elements(const ConvShape& shape) const {
  return band_elements(shape) + shape.filters * columns_per_call(shape);
}

std::size_t ColumnsPlan::columns_per_call(const ConvShape& shape) {
  return std::max(kFewestColumns, kSumsPerCall / shape.filters / kFewestColumns * kFewestColumns);
}

}  // namespace fourfold
