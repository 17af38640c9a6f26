#include "ops/convolution/conv_finish.h"

namespace fourfold {
namespace {

// Rows without gaps between them are one, which costs less than many short ones.
ConvTile joined(ConvTile tile) {
  const bool dense = tile.sums_stride == tile.columns && tile.y_stride == tile.columns &&
                     (tile.residual == nullptr || tile.residual_stride == tile.columns);
  if (!dense) return tile;
  tile.columns *= tile.rows;
  tile.rows = 1;
  return tile;
}

}  // namespace

void ConvFinisher::rows_of_channels(const ConvTile& tile) const {
  activate(joined(tile));
  if (finish_.post_scale != nullptr) normalize_.affine_rows(affine(tile));
}

void ConvFinisher::columns_of_channels(const ConvTile& tile) const {
  activate(joined(tile));
  if (finish_.post_scale != nullptr) normalize_.affine_columns(affine(tile));
}

// From sums to y.
void ConvFinisher::activate(const ConvTile& tile) const {
  const float* values = tile.sums;
  std::size_t stride = tile.sums_stride;
  if (tile.residual != nullptr) {
    add_({{values, stride, false},
          {tile.residual, tile.residual_stride, false},
          tile.y,
          tile.y_stride,
          tile.rows,
          tile.columns});
    values = tile.y;
    stride = tile.y_stride;
  }
  const bool is_done = finish_.activation == Activation::identity && values == tile.y;
  if (is_done) return;
  activate_({values, stride, tile.y, tile.y_stride, tile.rows, tile.columns, finish_.alpha});
}

AffineBlock ConvFinisher::affine(const ConvTile& tile) const {
  return {{tile.y, tile.y_stride, tile.y, tile.y_stride, tile.rows, tile.columns},
          finish_.post_scale + tile.channel,
          finish_.post_shift + tile.channel};
}

}  // namespace fourfold
