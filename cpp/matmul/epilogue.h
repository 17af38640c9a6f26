// What is done with int32 sums while they are in L1: dequantize, add bias and residual, activate,
// and store as float32 or quantize again; or hand them on as they are.
//
//   v = activation(fma(sum, row_scale * column_scale, bias) + residual)
//   v = fma(v, post_scale, post_shift)                                    where there are these
//
// The residual's addition, where there is one, rounds once more. Everything gives the bits of the
// kernels of kernels/quantize and kernels/activation, one after the other.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/matrix_view.h"
#include "kernels/activation/activation.h"
#include "kernels/quantize/quantize.h"
#include "matmul/blocking.h"

namespace fourfold {

// What one kernel call left: sums of these rows of the panel and these columns of the output.
struct SumsBlock {
  const std::int32_t* sums;
  std::size_t stride;  // elements, at least columns.size() rounded up to kPanelColumns
  Range rows;
  Range columns;
};

// Takes the sums themselves, for who has an epilogue of their own.
class SumsReader {
 public:
  SumsReader() = default;
  virtual ~SumsReader() = default;
  SumsReader(const SumsReader&) = delete;
  SumsReader& operator=(const SumsReader&) = delete;

  // Some rows of the block; its row r is row first_row + r of the operand. Each element of the
  // product comes once. Called from several threads at once.
  virtual void read(const SumsBlock& block, Range rows, std::size_t first_row) const = 0;
};

// All outputs are rows x columns. int8 is plain, in [-127, 127], as QuantizedRows reads it.
enum class OutputForm {
  kF32,      // v
  kFixedS8,  // round_to_even(clamp(fma(v, 1 / scale, zero), low, 127)), NaN gives 0
  kRowsS8,   // each row of v by its own largest magnitude (quantize.h, rows), and the scales
  kSums,     // no v: a SumsReader takes the sums. Scales and bias are not read
};

// Where int8 values lie that others chose the scales of: 0 is `zero`, the least is `low`.
struct S8Range {
  float zero = 0.0f;
  std::int8_t low = -127;
};

struct Output {
  OutputForm form;
  MatrixView<float> y;                 // kF32
  MatrixView<std::int8_t> q;           // kFixedS8, kRowsS8
  float scale;                         // kFixedS8; 1 otherwise
  float* scales;                       // kRowsS8: written, one per row
  const SumsReader* reader = nullptr;  // kSums
  S8Range range = {};                  // kFixedS8

  static Output f32(MatrixView<float> y) { return {OutputForm::kF32, y, {}, 1.0f, nullptr}; }
  static Output fixed_s8(MatrixView<std::int8_t> q, float scale, S8Range range = {}) {
    return {OutputForm::kFixedS8, {}, q, scale, nullptr, nullptr, range};
  }
  static Output rows_s8(MatrixView<std::int8_t> q, float* scales) {
    return {OutputForm::kRowsS8, {}, q, 1.0f, scales};
  }
  static Output sums(const SumsReader& reader) {
    return {OutputForm::kSums, {}, {}, 1.0f, nullptr, &reader};
  }
};

// rows x columns of float32, or of int8 with one scale. Both null: nothing is added.
struct Residual {
  MatrixView<const float> f32 = {};
  MatrixView<const std::int8_t> s8 = {};
  float scale = 1.0f;
};

// The constants of a layer, and its kernels.
struct EpilogueSettings {
  const QuantizeKernels& quantize;
  const ActivationKernels& activations;
  Activation activation;  // elementwise
  float alpha;
  const float* column_scales;
  const float* bias;
  ColumnAffine post;  // of columns
};

// The epilogue of one row panel in one part. Row 0 of every view is the panel's first row.
struct PanelEpilogue {
  const EpilogueSettings& settings;
  const float* row_scales;
  Residual residual;
  OutputForm form;
  MatrixView<float> y;        // kF32: the output; kRowsS8: v, until rows are complete
  MatrixView<std::int8_t> q;  // kFixedS8: the output
  float inverse_scale;        // kFixedS8
  std::int32_t* absmax;       // kRowsS8: bits of each row's largest magnitude so far
  float* values;              // as many as the block has: v on its way through the activation
  const SumsReader* reader;   // kSums
  std::size_t first_row;      // kSums: of the panel
  S8Range range = {};         // kFixedS8

  // Asks for the residual of a block whose sums are about to be made: rows of it are too far apart
  // for the CPU's own prefetcher, and to wait for them took a third of a 512 x 384 x 1536 layer.
  void prefetch_residual(Range rows, Range columns) const;

  // Some rows of the block, from sums to output.
  void finish(const SumsBlock& block, Range rows) const;

 private:
  void to_floats(const SumsBlock& block, Range rows, float* y, std::size_t y_stride) const;
  void to_fixed(const SumsBlock& block, Range rows) const;
  ScaledSums scaled(const SumsBlock& block, Range rows) const;
  ResidualRows residual_of(std::size_t row, std::size_t column) const;
  ColumnAffine post_of(std::size_t column) const;
  bool activates_apart() const;
  void activate(const ActivationBlock& block) const;
};

}  // namespace fourfold
