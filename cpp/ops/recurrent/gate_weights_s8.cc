#include <algorithm>
#include <vector>

#include "base/made_once.h"
#include "matmul/linear_s8.h"
#include "ops/checks.h"
#include "ops/packed_shapes.h"
#include "ops/recurrent/gate_weights.h"
#include "ops/row_views.h"

namespace fourfold {
namespace {

enum Input { kX, kW, kWScales, kB, kR, kRScales, kRB };

// One of the two matrices, of all directions.
struct Matrix {
  const std::int8_t* packed;
  const float* scales;
  const float* bias;
  std::size_t depth;
};

class GateWeightsS8 final : public GateWeights {
 public:
  GateWeightsS8(GateSizes sizes, const Matrix& w, const Matrix& r)
      : GateWeights(sizes), w_(w), r_(r) {}

  std::size_t inputs() const override { return 6; }

  void check(const Tensor* inputs) const override {
    expect_rows_of("x", inputs[kX].type, DType::kF32, w_.depth);
  }

  std::size_t scratch_bytes(const Tensor*, std::size_t rows,
                            const Execution& execution) const override {
    const auto of = [&](const Matrix& matrix) {
      return linear_s8_scratch_bytes(layer(matrix, 0, {0, sizes().gates}), OutputForm::kF32, rows,
                                     execution);
    };
    return std::max(of(w_), of(r_));
  }

  void multiply(const GateProduct& product, const Tensor*, std::byte* scratch,
                const Execution& execution) const override {
    const Matrix& matrix = product.of_state ? r_ : w_;
    LinearS8 own = layer(matrix, product.direction, product.gates);
    if (linear_s8_reads_column_sums(product.x.rows, execution)) {
      const std::size_t first = product.of_state ? sizes().directions : 0;
      own.column_sums = column_sums() + (first + product.direction) * sizes().columns() +
                        product.gates.begin * sizes().gate_columns();
    }
    linear_s8(own, DynamicRows(product.x), {}, Output::f32(product.y), scratch, execution);
  }

 private:
  LinearS8 layer(const Matrix& matrix, std::size_t direction, Range gates) const {
    const std::size_t columns = sizes().columns(), first = gates.begin * sizes().gate_columns();
    const PackedS8 all = {matrix.packed, matrix.depth, columns};
    const PackedS8 own = {all.panel(direction * columns + first), matrix.depth,
                          gates.size() * sizes().gate_columns()};
    const std::size_t at = direction * columns + first;
    return {own, matrix.scales + at, matrix.bias + at, nullptr, Activation::identity, 0.0f};
  }

  // Of w and then of r, each of all directions.
  const std::int32_t* column_sums() const {
    const auto& sums = column_sums_.get([this] {
      const std::size_t columns = sizes().directions * sizes().columns();
      auto fresh = std::make_unique<std::vector<std::int32_t>>(2 * columns);
      sum_columns({w_.packed, w_.depth, columns}, fresh->data());
      sum_columns({r_.packed, r_.depth, columns}, fresh->data() + columns);
      return fresh;
    });
    return sums.data();
  }

  const Matrix w_;
  const Matrix r_;
  const MadeOnce<std::vector<std::int32_t>> column_sums_;
};

struct Names {
  const char* packed;
  const char* scales;
  const char* bias;
};

// The matrix whose three inputs begin with this one.
Matrix matrix_of(const OpRequest& request, std::size_t first, const Names& names,
                 const GateSizes& sizes, std::size_t depth) {
  const auto directions = signed_size(sizes.directions), columns = signed_size(sizes.columns());
  const Shape one = packed_s8_shape(depth, sizes.columns());
  const TensorType packed = {DType::kS8, {directions, one[0], one[1], one[2], one[3]}};
  const TensorType per_column = {DType::kF32, {directions, columns}};
  const OpInput* inputs = request.inputs.data() + first;
  return {static_cast<const std::int8_t*>(expect_constant(names.packed, inputs[0], packed)),
          static_cast<const float*>(expect_constant(names.scales, inputs[1], per_column)),
          static_cast<const float*>(expect_constant(names.bias, inputs[2], per_column)), depth};
}

}  // namespace

std::unique_ptr<GateWeights> gate_weights_s8(const OpRequest& request, GateSizes sizes) {
  const std::size_t depth = request.attributes.size("depth", kMaxDepth);
  return std::make_unique<GateWeightsS8>(
      sizes, matrix_of(request, kW, {"w", "w_scales", "b"}, sizes, depth),
      matrix_of(request, kR, {"r", "r_scales", "r_b"}, sizes, sizes.hidden));
}

}  // namespace fourfold
