// Weights as the kernels, and most model files, hold them. One equation per layout:
//
//   s8:   packed[n / 16][d / 4][n % 16][d % 4] = weight[d][n]
//   f32:  packed[n / 16][d][n % 16]            = weight[d][n]
//
// Columns are padded to 16 and, in the s8 layout, depth to 64, with zeros. A 64-byte row of the s8
// layout is one AMX tile row, one zmm, two ymm or four NEON registers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/matrix_view.h"
#include "base/round_up.h"
#include "kernels/gemm_f32/gemm_f32.h"
#include "kernels/gemm_s8/gemm_s8.h"
#include "matmul/blocking.h"

namespace fourfold {

constexpr std::size_t padded_columns(std::size_t columns) {
  return round_up(columns, kPanelColumns);
}
constexpr std::size_t padded_depth(std::size_t depth) {
  return round_up(depth, kDepthStep);
}

constexpr std::size_t packed_s8_bytes(std::size_t depth, std::size_t columns) {
  return padded_columns(columns) * padded_depth(depth);
}

// Whether a model file holds an s8 weight plain, [depth][columns]. Packed, it is read where the file
// is mapped and needs no memory of its own: worth an eighth more bytes, but not the 16 times of a
// single column.
constexpr bool is_stored_plain(std::size_t depth, std::size_t columns) {
  return 8 * packed_s8_bytes(depth, columns) > 9 * depth * columns;
}

// Packed weights that someone else owns (a NumPy array, a mapped file). A plain matrix can't be
// passed in its place.
struct PackedS8 {
  const std::int8_t* data;  // padded_columns(columns) * padded_depth(depth) bytes
  std::size_t depth;
  std::size_t columns;

  const std::int8_t* panel(std::size_t column) const {
    return data + column / kPanelColumns * panel_bytes();
  }
  std::size_t panel_bytes() const { return padded_depth(depth) * kPanelColumns; }
  std::size_t bytes_of(std::size_t some_columns) const {
    return packed_s8_bytes(depth, some_columns);
  }
};

struct PackedF32 {
  const float* data;  // padded_columns(columns) * depth values
  std::size_t depth;
  std::size_t columns;

  const float* panel(std::size_t column) const {
    return data + column / kPanelColumns * depth * kPanelColumns;
  }

  // The panels from `column` on, as the kernels want them.
  GemmF32Weight panels_from(std::size_t column) const {
    return {panel(column), depth * kPanelColumns, kPanelColumns, nullptr};
  }
};

// weight: depth x columns, row-major, contiguous. packed: the padded size above, any alignment.
void pack_s8(const std::int8_t* weight, std::size_t depth, std::size_t columns,
             std::int8_t* packed);
// The same of some columns of a matrix.
void pack_s8_columns(MatrixView<const std::int8_t> weight, std::int8_t* packed);
void unpack_s8(const PackedS8& packed, std::int8_t* weight);
void pack_f32(const float* weight, std::size_t depth, std::size_t columns, float* packed);
// The panels that hold these columns (`begin` a multiple of 16), of a matrix that is not contiguous
// or is given transposed: columns x depth.
void pack_f32_panels(MatrixView<const float> weight, bool transposed, Range columns, float* packed);
void unpack_f32(const PackedF32& packed, float* weight);

// sums[n] = sum over d of weight[d][n], padded_columns(columns) of them: what gemm_s8 kernels with
// a flip take off.
void sum_columns(const PackedS8& packed, std::int32_t* sums);

}  // namespace fourfold
