#include <algorithm>
#include <memory>
#include <vector>

#include "base/made_once.h"
#include "matmul/linear_s8.h"
#include "ops/checks.h"
#include "ops/packed_shapes.h"
#include "ops/recurrent/gate_weights.h"
#include "ops/row_views.h"
#include "ops/stored_s8.h"

namespace fourfold {
namespace {

enum Input { kX, kW, kWScales, kB, kR, kRScales, kRB };

struct Names {
  const char* weight;
  const char* scales;
  const char* bias;
};

// Values by column: where they have padding, it lies as that of the weight. Those of the gates before
// the given ones are 0, as is padding that has to be made.
class ColumnValues {
 public:
  // Of all gates.
  ColumnValues(const char* name, const OpInput& input, const StoredS8& weight)
      : values_(static_cast<const float*>(expect_constant(name, input, weight.per_column()))),
        sizes_(weight.sizes),
        gates_(sizes_.blocks),
        stride_(weight.stored_columns() / gates_) {}

  // Of the last gate, or, of an absent input, of none.
  ColumnValues(const char* name, const OpInput& input, const StoredS8Sizes& sizes)
      : values_(input.present
                    ? static_cast<const float*>(expect_constant(name, input, last_gate_type(sizes)))
                    : nullptr),
        sizes_(sizes),
        gates_(input.present ? 1 : 0),
        stride_(sizes.columns) {}

  const float* padded() const {
    if (gates_ == sizes_.blocks && stride_ == padded_columns(sizes_.columns)) return values_;
    return padded_.get([this] { return fill(); }).data();
  }

 private:
  static TensorType last_gate_type(const StoredS8Sizes& sizes) {
    return {DType::kF32, {sizes.matrices[0], signed_size(sizes.columns)}};
  }

  std::unique_ptr<std::vector<float>> fill() const {
    const std::size_t directions = element_count(sizes_.matrices), all = sizes_.packed_columns();
    const std::size_t wide = padded_columns(sizes_.columns);
    auto fresh = std::make_unique<std::vector<float>>(directions * all);
    for (std::size_t i = 0; i < directions * gates_; ++i) {
      const std::size_t direction = i / gates_, gate = sizes_.blocks - gates_ + i % gates_;
      float* to = fresh->data() + direction * all + gate * wide;
      std::copy_n(values_ + i * stride_, sizes_.columns, to);
    }
    return fresh;
  }

  const float* values_;
  const StoredS8Sizes sizes_;
  const std::size_t gates_;   // that there are values of: the last
  const std::size_t stride_;  // from one gate to the next
  const MadeOnce<std::vector<float>> padded_;
};

// One of the two matrices, of all directions, and the bias.
struct Matrix {
  WeightS8 weight;
  ColumnValues scales;
  ColumnValues bias;

  // Its inputs are the three from `inputs` on. Of x all gates have a bias, of the state the last.
  Matrix(const OpInput* inputs, const Names& names, const StoredS8Sizes& sizes, bool of_state)
      : weight(expect_stored_s8(names.weight, inputs[0], sizes)),
        scales(names.scales, inputs[1], weight.stored()),
        bias(of_state ? ColumnValues(names.bias, inputs[2], sizes)
                      : ColumnValues(names.bias, inputs[2], weight.stored())) {}

  std::size_t depth() const { return weight.stored().sizes.depth; }
};

class GateWeightsS8 final : public GateWeights {
 public:
  GateWeightsS8(const OpRequest& request, GateSizes sizes, std::size_t depth)
      : GateWeights(sizes),
        w_(&request.inputs[kW], {"w", "w_scales", "b"}, stored_sizes(sizes, depth), false),
        r_(&request.inputs[kR], {"r", "r_scales", "r_b"}, stored_sizes(sizes, sizes.hidden), true) {
  }

  std::size_t inputs() const override { return 6; }

  void check(const Tensor* inputs) const override {
    expect_rows_of("x", inputs[kX].type, DType::kF32, w_.depth());
  }

  std::size_t scratch_bytes(const Tensor*, std::size_t rows,
                            const Execution& execution) const override {
    const auto of = [&](const Matrix& matrix) {
      LinearS8 layer = {};
      layer.weight = {nullptr, matrix.depth(), sizes().columns()};
      return linear_s8_scratch_bytes(layer, OutputForm::kF32, rows, execution);
    };
    return std::max(of(w_), of(r_));
  }

  void multiply(const GateProduct& product, const Tensor*, std::byte* scratch,
                const Execution& execution) const override {
    const Matrix& matrix = product.of_state ? r_ : w_;
    const std::size_t first =
        product.direction * sizes().columns() + product.gates.begin * sizes().gate_columns();
    const PackedS8 all = {matrix.weight.packed(), matrix.depth(), sizes().columns()};
    const bool reads_sums = linear_s8_reads_column_sums(product.x.rows, execution);
    const LinearS8 own = {
        {all.panel(first), matrix.depth(), product.gates.size() * sizes().gate_columns()},
        matrix.scales.padded() + first,
        matrix.bias.padded() + first,
        reads_sums ? matrix.weight.column_sums() + first : nullptr,
        Activation::identity,
        0.0f};
    linear_s8(own, DynamicRows(product.x), {}, Output::f32(product.y), scratch, execution);
  }

 private:
  static StoredS8Sizes stored_sizes(const GateSizes& sizes, std::size_t depth) {
    return {{signed_size(sizes.directions)}, depth, sizes.gates, sizes.hidden};
  }

  const Matrix w_;
  const Matrix r_;
};

}  // namespace

std::unique_ptr<GateWeights> gate_weights_s8(const OpRequest& request, GateSizes sizes) {
  return std::make_unique<GateWeightsS8>(request, sizes,
                                         request.attributes.size("depth", kMaxDepth));
}

}  // namespace fourfold
