#include "matmul/linear_s8.h"

#include <algorithm>
#include <limits>

#include "kernels/quantize/quantize.h"
#include "matmul/blocking.h"

namespace fourfold {
namespace {

constexpr std::size_t kAlignment = 64;
// Rows that end on different cache sets: a stride that is a multiple of 1,024 bytes maps a column
// of rows to few of them.
constexpr std::size_t kRowPadding = 64;
// Of the vector kernels, about. AMX is faster: it gets a second thread a little sooner than it pays.
constexpr std::size_t kMultiplyAddsPerNs = 200;

struct Quantized {
  std::int8_t* data;
  float* scales;
};

// Output of one kernel call on its way to y: rows of column_block elements.
struct Tile {
  std::int32_t* sums;
  float* values;
};

// What one call works with: the layer, its kernels, its blocking, and where in the scratch each
// thing lies.
struct Matmul {
  const LinearS8& layer;
  const GemmS8Kernels& gemm;
  const QuantizeKernels& quantize;
  const ActivationKernels& activation;
  Blocking blocking;
  std::size_t depth;           // padded
  std::size_t row_stride;      // bytes of a quantized row
  std::size_t quantized_rows;  // rows in one quantized panel
  std::size_t part_bytes;      // scratch of one part

  Matmul(const LinearS8& linear, std::size_t rows, const Execution& execution)
      : layer(linear),
        gemm(gemm_s8_kernels(execution.isa, rows)),
        quantize(quantize_kernels(execution.isa)),
        activation(activation_kernels(execution.isa)),
        depth(padded_depth(linear.weight.depth)),
        row_stride(depth + kRowPadding) {
    blocking = choose_blocking(
        {rows, linear.weight.columns, depth, gemm.row_tile, row_stride, kMultiplyAddsPerNs},
        execution.threads);
    quantized_rows = std::min(rows, blocking.row_panel);
    part_bytes = quantized_bytes() + scales_bytes() + tile_bytes();
  }

  std::size_t parts() const { return blocking.row_parts * blocking.column_parts; }
  std::size_t quantized_bytes() const { return round_up(quantized_rows * row_stride, kAlignment); }
  std::size_t scales_bytes() const { return round_up(quantized_rows * sizeof(float), kAlignment); }
  std::size_t tile_elements() const {
    return std::min(quantized_rows, blocking.row_block) * blocking.column_block;
  }
  std::size_t tile_bytes() const {
    return tile_elements() * (sizeof(std::int32_t) + sizeof(float));
  }

  Quantized quantized(std::byte* scratch) const {
    return {reinterpret_cast<std::int8_t*>(scratch),
            reinterpret_cast<float*>(scratch + quantized_bytes())};
  }
  Tile tile(std::byte* scratch) const {
    auto* sums = reinterpret_cast<std::int32_t*>(scratch + quantized_bytes() + scales_bytes());
    return {sums, reinterpret_cast<float*>(sums + tile_elements())};
  }
};

void quantize_panel(const Matmul& matmul, MatrixView<const float> x, Range rows,
                    const Quantized& to) {
  matmul.quantize.rows({x.row(rows.begin), x.stride, to.data, matmul.row_stride, to.scales, 0.0f,
                        rows.end - rows.begin, x.columns, matmul.depth, matmul.gemm.flip});
}

// One kernel call and what follows it, while its output is in L1.
void multiply_block(const Matmul& matmul, const Quantized& a, Range rows, Range columns,
                    const Tile& tile, MatrixView<float> y, std::size_t y_row) {
  const LinearS8& layer = matmul.layer;
  const std::size_t stride = matmul.blocking.column_block;
  const std::size_t row_count = rows.end - rows.begin;
  const std::size_t column_count = columns.end - columns.begin;

  const std::int32_t* column_sums =
      matmul.gemm.flip != 0 ? layer.column_sums + columns.begin : nullptr;
  matmul.gemm.block({a.data + rows.begin * matmul.row_stride, matmul.row_stride,
                     layer.weight.panel(columns.begin), column_sums, tile.sums, stride, row_count,
                     padded_columns(column_count), matmul.depth});

  // y is written once: it may be megabytes, and what is read back from it may have left the cache.
  // Of the activations relu is done on the way, the others pass through the tile.
  const bool is_relu = layer.activation == Activation::relu;
  const bool in_tile = !is_relu && layer.activation != Activation::identity;
  float* out = y.row(y_row) + columns.begin;
  float* values = in_tile ? tile.values : out;
  const std::size_t values_stride = in_tile ? stride : y.stride;
  const float floor = is_relu ? 0.0f : -std::numeric_limits<float>::infinity();
  matmul.quantize.dequantize({tile.sums, stride, a.scales + rows.begin,
                              layer.column_scales + columns.begin, layer.bias + columns.begin,
                              values, values_stride, row_count, column_count, floor});
  if (in_tile) {
    activation_function(matmul.activation, layer.activation)(
        {values, values_stride, out, y.stride, row_count, column_count, layer.alpha});
  }
}

// The quantized panel, whose first row is row `y_row` of y, times a range of columns.
void multiply_panel(const Matmul& matmul, const Quantized& a, std::size_t rows, Range columns,
                    const Tile& tile, MatrixView<float> y, std::size_t y_row) {
  const Blocking& blocking = matmul.blocking;
  for (std::size_t column = columns.begin; column < columns.end; column += blocking.column_block) {
    const std::size_t column_end = std::min(columns.end, column + blocking.column_block);
    for (std::size_t row = 0; row < rows; row += blocking.row_block) {
      const std::size_t row_end = std::min(rows, row + blocking.row_block);
      multiply_block(matmul, a, {row, row_end}, {column, column_end}, tile, y, y_row + row);
    }
  }
}

// Each part owns a range of rows from quantizing to activating.
void run_by_rows(const Matmul& matmul, MatrixView<const float> x, MatrixView<float> y,
                 std::byte* scratch, ThreadPool& pool) {
  pool.run(matmul.parts(), [&](std::size_t part) {
    std::byte* own = scratch + part * matmul.part_bytes;
    const Quantized a = matmul.quantized(own);
    const Range range = part_of(x.rows, matmul.gemm.row_tile, matmul.parts(), part);
    for (std::size_t row = range.begin; row < range.end; row += matmul.quantized_rows) {
      const std::size_t row_end = std::min(range.end, row + matmul.quantized_rows);
      quantize_panel(matmul, x, {row, row_end}, a);
      multiply_panel(matmul, a, row_end - row, {0, y.columns}, matmul.tile(own), y, row);
    }
  });
}

// Few rows: quantized once, by the caller; each part owns a range of columns.
void run_by_columns(const Matmul& matmul, MatrixView<const float> x, MatrixView<float> y,
                    std::byte* scratch, ThreadPool& pool) {
  const Quantized a = matmul.quantized(scratch);
  for (std::size_t row = 0; row < x.rows; row += matmul.quantized_rows) {
    const std::size_t row_end = std::min(x.rows, row + matmul.quantized_rows);
    quantize_panel(matmul, x, {row, row_end}, a);
    pool.run(matmul.parts(), [&](std::size_t part) {
      const Range columns = part_of(y.columns, kPanelColumns, matmul.parts(), part);
      multiply_panel(matmul, a, row_end - row, columns,
                     matmul.tile(scratch + part * matmul.part_bytes), y, row);
    });
  }
}

}  // namespace

bool linear_s8_reads_column_sums(std::size_t rows, const Execution& execution) {
  return gemm_s8_kernels(execution.isa, rows).flip != 0;
}

std::size_t linear_s8_scratch_bytes(const LinearS8& layer, std::size_t rows,
                                    const Execution& execution) {
  if (rows == 0) return 0;
  const Matmul matmul(layer, rows, execution);
  return matmul.parts() * matmul.part_bytes;
}

void linear_s8(const LinearS8& layer, MatrixView<const float> x, MatrixView<float> y,
               std::byte* scratch, const Execution& execution) {
  if (x.rows == 0) return;
  const Matmul matmul(layer, x.rows, execution);
  if (matmul.blocking.column_parts > 1) {
    run_by_columns(matmul, x, y, scratch, *execution.pool);
  } else {
    run_by_rows(matmul, x, y, scratch, *execution.pool);
  }
}

}  // namespace fourfold
