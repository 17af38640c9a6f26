#include "matmul/epilogue.h"

#include <limits>

#include "base/aligned_buffer.h"
#include "base/prefetch.h"

namespace fourfold {
namespace {

template <class T>
void prefetch_rows(const MatrixView<T>& view, Range rows, Range columns) {
  if (view.data == nullptr) return;
  constexpr std::size_t kLine = kAlignment / sizeof(T);
  for (std::size_t r = rows.begin; r < rows.end; ++r) {
    const T* row = view.row(r);
    for (std::size_t column = columns.begin; column < columns.end; column += kLine)
      prefetch(row + column);
  }
}

}  // namespace

// relu is a floor, done on the way, as is hard_swish (quantize.h); the other activations need a pass
// of their own.
bool PanelEpilogue::activates_apart() const {
  switch (settings.activation) {
    case Activation::identity:
    case Activation::relu:
      return false;
    case Activation::hard_swish:
      return residual.f32.data != nullptr || residual.s8.data != nullptr;
    default:
      return true;
  }
}

void PanelEpilogue::activate(const ActivationBlock& block) const {
  activation_function(settings.activations, settings.activation)(block);
}

ResidualRows PanelEpilogue::residual_of(std::size_t row, std::size_t column) const {
  if (residual.f32.data != nullptr)
    return {residual.f32.row(row) + column, nullptr, residual.f32.stride, 1.0f};
  if (residual.s8.data != nullptr)
    return {nullptr, residual.s8.row(row) + column, residual.s8.stride, residual.scale};
  return {nullptr, nullptr, 0, 1.0f};
}

ColumnAffine PanelEpilogue::post_of(std::size_t column) const {
  if (settings.post.scale == nullptr) return settings.post;
  return {settings.post.scale + column, settings.post.shift + column};
}

ScaledSums PanelEpilogue::scaled(const SumsBlock& block, Range rows) const {
  const std::size_t column = block.columns.begin;
  const bool is_relu = settings.activation == Activation::relu;
  return {block.sums + (rows.begin - block.rows.begin) * block.stride,
          block.stride,
          row_scales + rows.begin,
          settings.column_scales + column,
          settings.bias + column,
          residual_of(rows.begin, column),
          rows.size(),
          block.columns.size(),
          is_relu ? 0.0f : -std::numeric_limits<float>::infinity(),
          activates_apart() ? ColumnAffine{nullptr, nullptr} : post_of(column),
          settings.activation == Activation::hard_swish && !activates_apart()};
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
  if (settings.post.scale == nullptr) {
    return activate({values, columns, to, to_stride, rows.size(), columns, settings.alpha});
  }
  activate({values, columns, values, columns, rows.size(), columns, settings.alpha});
  settings.quantize.affine_columns(
      {values, columns, to, to_stride, post_of(block.columns.begin), rows.size(), columns});
}

void PanelEpilogue::to_fixed(const SumsBlock& block, Range rows) const {
  std::int8_t* to = q.row(rows.begin) + block.columns.begin;
  if (!activates_apart()) {
    settings.quantize.requantize(
        {scaled(block, rows), to, q.stride, inverse_scale, range.zero, range.low});
    return;
  }
  const std::size_t columns = block.columns.size();
  to_floats(block, rows, values, columns);
  settings.quantize.fixed({values, columns, to, q.stride, nullptr, inverse_scale, rows.size(),
                           columns, columns, /*flip=*/0, nullptr, range.zero, range.low});
}

void PanelEpilogue::prefetch_residual(Range rows, Range columns) const {
  prefetch_rows(residual.f32, rows, columns);
  prefetch_rows(residual.s8, rows, columns);
}

void PanelEpilogue::finish(const SumsBlock& block, Range rows) const {
  if (form == OutputForm::kSums) return reader->read(block, rows, first_row);
  if (form == OutputForm::kFixedS8) return to_fixed(block, rows);
  float* to = y.row(rows.begin) + block.columns.begin;
  to_floats(block, rows, to, y.stride);
  if (form == OutputForm::kRowsS8) {
    settings.quantize.track_absmax(
        {to, y.stride, absmax + rows.begin, rows.size(), block.columns.size()});
  }
}

}  // namespace fourfold
