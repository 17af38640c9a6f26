#include "ops/quantization/integer_product.h"

#include <algorithm>

#include "base/check.h"
#include "base/round_up.h"
#include "matmul/linear_s8.h"
#include "ops/checks.h"
#include "ops/quantization/byte_values.h"
#include "ops/quantization/widened_product.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

void check_factor(const char* name, const Tensor& factor) {
  if (factor.type.dtype == DType::kS8 || factor.type.dtype == DType::kU8) return;
  refuse_value(name, ": expected int8 or uint8, received ", type_text(factor.type));
}

void check_zero(const char* name, const Tensor& zero, const Tensor& of, std::size_t count) {
  if (!zero.present) return;
  const std::size_t values = element_count(zero.shape());
  if (zero.type.dtype == of.type.dtype && (values == 1 || values == count)) return;
  refuse_value(name, ": expected ", dtype_name(of.type.dtype), " of 1 or ", count,
               " values, received ", type_text(zero.type));
}

bool is_constant(const OpInput& input) {
  return !input.present || input.constant != nullptr;
}

bool is_one_matrix(const Shape& shape) {
  for (std::size_t axis = 0; axis + 2 < shape.rank(); ++axis)
    if (shape[axis] != 1) return false;
  return true;
}

// Rows of bytes, read as signed ones: a uint8 less 128 is the uint8 with its top bit turned, and so
// is what a kernel with a flip wants of an int8.
class ByteRows final : public Operand {
 public:
  ByteRows(MatrixView<const std::int8_t> bytes, std::uint8_t flip)
      : bytes_(bytes, /*scale=*/1.0f), flip_(flip) {}
  std::size_t rows() const override { return bytes_.rows(); }
  RowPanel panel(Range rows, const PanelRequest& request) const override {
    PanelRequest turned = request;
    turned.flip ^= flip_;
    return bytes_.panel(rows, turned);
  }

 private:
  const QuantizedRows bytes_;
  const std::uint8_t flip_;
};

// From the kernels' sums to those of the definition, as packed_factor.h says.
class ZeroedSums final : public SumsReader {
 public:
  ZeroedSums(const IntegerFactors& factors, const PackedFactor& b, const std::int32_t* row_sums,
             const IntegerRows& rows)
      : factors_(factors), b_(b), row_sums_(row_sums), rows_(rows) {}

  void read(const SumsBlock& block, Range rows, std::size_t first_row) const override {
    for (std::size_t r = rows.begin; r < rows.end; ++r) {
      const std::int32_t* sums = block.sums + (r - block.rows.begin) * block.stride;
      for (std::size_t n = block.columns.begin; n < block.columns.end; n += kColumns) {
        const Range columns = {n, std::min(block.columns.end, n + kColumns)};
        finish(first_row + r, columns, sums + (n - block.columns.begin));
      }
    }
  }

 private:
  static constexpr std::size_t kColumns = 64;

  void finish(std::size_t row, Range columns, const std::int32_t* sums) const {
    std::int32_t finished[kColumns];
    const std::int32_t shift = byte_shift(factors_.a.type.dtype);
    const auto alpha =
        static_cast<std::uint32_t>(byte_at(factors_.a_zero, row % factors_.rows()) - shift);
    subtract(sums, b_.totals() + columns.begin, alpha, columns.size(), finished);
    if (b_.betas() != nullptr) {
      subtract(finished, b_.betas() + columns.begin, static_cast<std::uint32_t>(row_sums_[row]),
               columns.size(), finished);
    }
    if (b_.has_lows()) subtract_lows(row, columns, finished);
    rows_.take(row, columns, finished);
  }

  // y = x - by * factor, modulo 2^32.
  static void subtract(const std::int32_t* x, const std::int32_t* by, std::uint32_t factor,
                       std::size_t count, std::int32_t* y) {
    for (std::size_t i = 0; i < count; ++i) {
      y[i] = static_cast<std::int32_t>(static_cast<std::uint32_t>(x[i]) -
                                       static_cast<std::uint32_t>(by[i]) * factor);
    }
  }

  void subtract_lows(std::size_t row, Range columns, std::int32_t* sums) const {
    const std::size_t depth = b_.weight().depth;
    const std::uint8_t flip = byte_flip(factors_.a.type.dtype);
    const std::uint8_t* a = factors_.a.values<std::uint8_t>() + row * depth;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const PackedFactor::Lows lows = b_.lows(columns.begin + i);
      std::int32_t total = 0;
      for (const std::uint32_t* d = lows.begin; d < lows.end; ++d)
        total += signed_byte(a[*d], flip);
      sums[i] -= total;
    }
  }

  const IntegerFactors& factors_;
  const PackedFactor& b_;
  const std::int32_t* row_sums_;
  const IntegerRows& rows_;
};

// sums[r] = sum over d of a'[r][d].
void sum_rows(const Tensor& a, std::size_t rows, std::size_t depth, std::int32_t* sums,
              const Execution& execution) {
  const auto* bytes = a.values<std::uint8_t>();
  const std::uint8_t flip = byte_flip(a.type.dtype);
  share_out(rows, depth, execution, [&](Range range) {
    for (std::size_t r = range.begin; r < range.end; ++r) {
      std::int32_t sum = 0;
      for (std::size_t d = 0; d < depth; ++d)
        sum += signed_byte(bytes[r * depth + d], flip);
      sums[r] = sum;
    }
  });
}

std::size_t row_sums_bytes(std::size_t rows) {
  return round_up(rows * sizeof(std::int32_t), kAlignment);
}

}  // namespace

IntegerProduct::IntegerProduct(const OpInput& b, const OpInput& b_zero)
    : constant_(b.constant != nullptr && is_constant(b_zero) && is_one_matrix(b.type.shape)) {}

Shape IntegerProduct::infer(const IntegerFactors& factors) const {
  check_factor("a", factors.a);
  check_factor("b", factors.b);
  const Shape y = ProductShape(factors.a.shape(), factors.b.shape()).output();
  check_zero("a_zero", factors.a_zero, factors.a, factors.rows());
  check_zero("b_zero", factors.b_zero, factors.b, factors.columns());
  return y;
}

bool IntegerProduct::packs(const ProductShape& shape) const {
  return constant_ && shape.depth >= 1 && shape.depth <= kMaxDepth;
}

std::size_t IntegerProduct::scratch_bytes(const IntegerFactors& factors,
                                          const Execution& execution) const {
  const ProductShape shape(factors.a.shape(), factors.b.shape());
  if (!packs(shape)) return WidenedProduct::bytes(factors);
  LinearS8 layer = {};
  layer.weight = {nullptr, shape.depth, shape.columns};
  return row_sums_bytes(shape.rows) +
         linear_s8_scratch_bytes(layer, OutputForm::kSums, shape.rows, execution);
}

void IntegerProduct::run(const IntegerFactors& factors, const IntegerRows& rows, std::byte* scratch,
                         const Execution& execution) const {
  const ProductShape shape(factors.a.shape(), factors.b.shape());
  if (!packs(shape)) return WidenedProduct(factors, scratch).run(rows, execution);
  const PackedFactor& b = packed_.get([&] {
    return std::make_unique<PackedFactor>(factors.b, factors.b_zero, shape.depth, shape.columns);
  });
  auto* row_sums = reinterpret_cast<std::int32_t*>(scratch);
  if (b.betas() != nullptr) sum_rows(factors.a, shape.rows, shape.depth, row_sums, execution);
  LinearS8 layer = {};
  layer.weight = b.weight();
  layer.column_sums = b.packed_sums();
  const MatrixView<const std::int8_t> bytes = {factors.a.values<std::int8_t>(), shape.rows,
                                               shape.depth, shape.depth};
  const ByteRows a(bytes, byte_flip(factors.a.type.dtype));
  const ZeroedSums zeroed(factors, b, row_sums, rows);
  linear_s8(layer, a, {}, Output::sums(zeroed), scratch + row_sums_bytes(shape.rows), execution);
}

}  // namespace fourfold
