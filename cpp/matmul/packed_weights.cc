#include "matmul/packed_weights.h"

#include <algorithm>
#include <cstring>

namespace fourfold {
namespace {

// Where weight[d][n] lies in the s8 layout.
std::size_t offset_s8(std::size_t d, std::size_t n, std::size_t depth) {
  const std::size_t panel = n / kPanelColumns * padded_depth(depth) * kPanelColumns;
  const std::size_t group = d / kDepthGroup * kPanelColumns * kDepthGroup;
  return panel + group + n % kPanelColumns * kDepthGroup + d % kDepthGroup;
}

std::size_t offset_f32(std::size_t d, std::size_t n, std::size_t depth) {
  return n / kPanelColumns * depth * kPanelColumns + d * kPanelColumns + n % kPanelColumns;
}

void pack_panel(MatrixView<const float> weight, std::size_t column, std::size_t columns,
                float* panel) {
  for (std::size_t d = 0; d < weight.rows; ++d, panel += kPanelColumns) {
    const float* row = weight.row(d) + column;
    if (columns == kPanelColumns) {  // a constant size, so that it is a few moves
      std::memcpy(panel, row, kPanelColumns * sizeof(float));
    } else {
      std::memcpy(panel, row, columns * sizeof(float));
      std::memset(panel + columns, 0, (kPanelColumns - columns) * sizeof(float));
    }
  }
}

void pack_transposed_panel(MatrixView<const float> weight, std::size_t column, std::size_t columns,
                           float* panel) {
  for (std::size_t n = 0; n < kPanelColumns; ++n) {
    const float* row = n < columns ? weight.row(column + n) : nullptr;
    for (std::size_t d = 0; d < weight.columns; ++d)
      panel[d * kPanelColumns + n] = row == nullptr ? 0.0f : row[d];
  }
}

}  // namespace

void pack_s8(const std::int8_t* weight, std::size_t depth, std::size_t columns,
             std::int8_t* packed) {
  pack_s8_columns({weight, depth, columns, columns}, packed);
}

void pack_s8_columns(MatrixView<const std::int8_t> weight, std::int8_t* packed) {
  std::memset(packed, 0, packed_s8_bytes(weight.rows, weight.columns));
  for (std::size_t d = 0; d < weight.rows; ++d) {
    const std::int8_t* row = weight.row(d);
    for (std::size_t n = 0; n < weight.columns; ++n)
      packed[offset_s8(d, n, weight.rows)] = row[n];
  }
}

void unpack_s8(const PackedS8& packed, std::int8_t* weight) {
  for (std::size_t d = 0; d < packed.depth; ++d) {
    for (std::size_t n = 0; n < packed.columns; ++n) {
      weight[d * packed.columns + n] = packed.data[offset_s8(d, n, packed.depth)];
    }
  }
}

void pack_f32(const float* weight, std::size_t depth, std::size_t columns, float* packed) {
  pack_f32_panels({weight, depth, columns, columns}, false, {0, columns}, packed);
}

void pack_f32_panels(MatrixView<const float> weight, bool transposed, Range columns,
                     float* packed) {
  const std::size_t depth = transposed ? weight.columns : weight.rows;
  for (std::size_t n = columns.begin; n < columns.end; n += kPanelColumns) {
    const std::size_t count = std::min(kPanelColumns, columns.end - n);
    (transposed ? pack_transposed_panel : pack_panel)(weight, n, count, packed);
    packed += depth * kPanelColumns;
  }
}

void unpack_f32(const PackedF32& packed, float* weight) {
  for (std::size_t d = 0; d < packed.depth; ++d) {
    for (std::size_t n = 0; n < packed.columns; ++n) {
      weight[d * packed.columns + n] = packed.data[offset_f32(d, n, packed.depth)];
    }
  }
}

void sum_columns(const PackedS8& packed, std::int32_t* sums) {
  const std::size_t depth = padded_depth(packed.depth);
  for (std::size_t column = 0; column < padded_columns(packed.columns); column += kPanelColumns) {
    const std::int8_t* panel = packed.panel(column);
    std::int32_t panel_sums[kPanelColumns] = {};
    for (std::size_t d = 0; d < depth; d += kDepthGroup, panel += kPanelColumns * kDepthGroup) {
      for (std::size_t n = 0; n < kPanelColumns; ++n) {
        for (std::size_t k = 0; k < kDepthGroup; ++k)
          panel_sums[n] += panel[n * kDepthGroup + k];
      }
    }
    std::memcpy(sums + column, panel_sums, sizeof panel_sums);
  }
}

}  // namespace fourfold
