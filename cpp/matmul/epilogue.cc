#include "matmul/epilogue.h"

#include <limits>

#include "base/aligned_buffer.h"
#include "base/prefetch.h"

namespace fourfold {

// relu is a floor, done on the way; the other activations need a pass of their own.
bool PanelEpilogue::activates_apart() const {
  return settings.activation != Activation::identity && settings.activation != Activation::relu;
}

void PanelEpilogue::activate(const ActivationBlock& block) const {
  activation_function(settings.activations, settings.activation)(block);
}

ScaledSums PanelEpilogue::scaled(const SumsBlock& block, Range rows) const {
  const std::size_t column = block.columns.begin;
  const bool adds = residual.data != nullptr;
  const bool is_relu = settings.activation == Activation::relu;
  return {block.sums + (rows.begin - block.rows.begin) * block.stride,
          block.stride,
          row_scales + rows.begin,
          settings.column_scales + column,
          settings.bias + column,
          adds ? residual.row(rows.begin) + column : nullptr,
          residual.stride,
          rows.size(),
          block.columns.size(),
          is_relu ? 0.0f : -std::numeric_limits<float>::infinity()};
}

// y is written once: it may be megabytes, and what is read back from it may have left the cache.
void PanelEpilogue::to_floats(const SumsBlock& block, Range rows, float* to,
                              std::size_t to_stride) const {
  if (!activates_apart()) {
    settings.quantize.dequantize({scaled(block, rows), to, to_stride});
    return;
  }
  const std::size_t columns = block.columns.size();
  settings.quantize.dequantize({scaled(block, rows), values, columns});
  activate({values, columns, to, to_stride, rows.size(), columns, settings.alpha});
}

void PanelEpilogue::to_fixed(const SumsBlock& block, Range rows) const {
  std::int8_t* to = q.row(rows.begin) + block.columns.begin;
  if (!activates_apart()) {
    settings.quantize.requantize({scaled(block, rows), to, q.stride, inverse_scale});
    return;
  }
  const std::size_t columns = block.columns.size();
  to_floats(block, rows, values, columns);
  settings.quantize.fixed({values, columns, to, q.stride, nullptr, inverse_scale, rows.size(),
                           columns, columns, /*flip=*/0});
}

void PanelEpilogue::prefetch_residual(Range rows, Range columns) const {
  if (residual.data == nullptr) return;
  constexpr std::size_t kLine = kAlignment / sizeof(float);
  for (std::size_t r = rows.begin; r < rows.end; ++r) {
    const float* row = residual.row(r);
    for (std::size_t column = columns.begin; column < columns.end; column += kLine)
      prefetch(row + column);
  }
}

void PanelEpilogue::finish(const SumsBlock& block, Range rows) const {
  if (form == OutputForm::kFixedS8) return to_fixed(block, rows);
  float* to = y.row(rows.begin) + block.columns.begin;
  to_floats(block, rows, to, y.stride);
  if (form == OutputForm::kRowsS8) {
    settings.quantize.track_absmax(
        {to, y.stride, absmax + rows.begin, rows.size(), block.columns.size()});
  }
}

}  // namespace fourfold
