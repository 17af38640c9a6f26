// The left operand of an INT8 product, a panel of rows at a time: int8 with one scale per row, in
// the form that a gemm_s8 kernel reads.
//
// An operand says how rows get into that form. It is asked once per row panel and part, so that what
// it writes is still in L2 when the columns pass over it: another source (windows of an image, say)
// is another class here.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/matrix_view.h"
#include "kernels/copy_s8/copy_s8.h"
#include "kernels/quantize/quantize.h"
#include "matmul/blocking.h"
#include "matmul/epilogue.h"

namespace fourfold {

// What the kernel wants, and the memory to put it in.
struct PanelRequest {
  const QuantizeKernels& quantize;
  const CopyS8Kernels& copy;
  std::int8_t* data;  // rows of `stride` bytes; past the operand's own depth they may hold anything
  float* scales;      // one per row
  std::size_t stride;  // of data
  std::size_t depth;   // of the operand, padded to the kernel's depth_step
  std::uint8_t flip;   // of the kernel (gemm_s8.h)
};

struct RowPanel {
  const std::int8_t* data;
  std::size_t stride;
  const float* scales;
};

class Operand {
 public:
  Operand() = default;
  virtual ~Operand() = default;
  Operand(const Operand&) = delete;
  Operand& operator=(const Operand&) = delete;

  virtual std::size_t rows() const = 0;

  // These rows: in the memory of the request, or where they lie if the kernel can read them there.
  // Called from several threads at once, with memory of their own.
  virtual RowPanel panel(Range rows, const PanelRequest& request) const = 0;
};

// float32 rows, each with the scale that its largest magnitude asks for (quantize.h, rows).
class DynamicRows final : public Operand {
 public:
  explicit DynamicRows(MatrixView<const float> x) : x_(x) {}
  std::size_t rows() const override { return x_.rows; }
  RowPanel panel(Range rows, const PanelRequest& request) const override;

 private:
  const MatrixView<const float> x_;
};

// What DynamicRows leaves of float32 rows, in int8 again, with 1 / 254 of its scale s for the row:
//
//   q' = round_to_even(clamp((x - s q) * (254 / s), -127, 127)), NaN gives 0
//
// Two products, with q and with q', are one with 15 bits of x. The difference is rounded twice, which
// is far below a step of q'.
class RemainderRows final : public Operand {
 public:
  explicit RemainderRows(MatrixView<const float> x) : x_(x) {}
  std::size_t rows() const override { return x_.rows; }
  RowPanel panel(Range rows, const PanelRequest& request) const override;

 private:
  const MatrixView<const float> x_;
};

// float32 rows with one scale for all (quantize.h, fixed, with inverse_scale = 1 / scale).
class FixedRows final : public Operand {
 public:
  FixedRows(MatrixView<const float> x, float scale, S8Range range = {})
      : x_(x), scale_(scale), range_(range) {}
  std::size_t rows() const override { return x_.rows; }
  RowPanel panel(Range rows, const PanelRequest& request) const override;

 private:
  const MatrixView<const float> x_;
  const float scale_;
  const S8Range range_;
};

// Rows that are int8 already, with one scale for all or one for each.
class QuantizedRows final : public Operand {
 public:
  QuantizedRows(MatrixView<const std::int8_t> q, float scale) : q_(q), scale_(scale) {}
  QuantizedRows(MatrixView<const std::int8_t> q, const float* scales) : q_(q), scales_(scales) {}
  std::size_t rows() const override { return q_.rows; }
  RowPanel panel(Range rows, const PanelRequest& request) const override;

 private:
  const MatrixView<const std::int8_t> q_;
  const float scale_ = 0.0f;
  const float* const scales_ = nullptr;  // null: scale_
};

}  // namespace fourfold
