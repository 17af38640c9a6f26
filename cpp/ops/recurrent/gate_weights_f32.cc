#include <algorithm>
#include <cstring>

#include "base/aligned_buffer.h"
#include "base/made_once.h"
#include "matmul/linear_f32.h"
#include "ops/checks.h"
#include "ops/packed_shapes.h"
#include "ops/recurrent/gate_weights.h"

namespace fourfold {
namespace {

enum Input { kX, kW, kR, kB };

// Where the parts of one direction lie among the packed values.
struct PackedParts {
  float* w;
  float* b;
  float* r;
  float* r_b;
};

// rows: gates * hidden rows of `depth` values, as they are multiplied with. packed: the same as
// columns, in panels (matmul/packed_weights.h), each gate's filled up with zeros.
void pack_gates(const float* rows, const GateSizes& sizes, std::size_t depth, float* packed) {
  for (std::size_t gate = 0; gate < sizes.gates; ++gate) {
    for (std::size_t first = 0; first < sizes.hidden; first += kPanelColumns) {
      const std::size_t own = std::min(kPanelColumns, sizes.hidden - first);
      const float* from = rows + (gate * sizes.hidden + first) * depth;
      for (std::size_t d = 0; d < depth; ++d, packed += kPanelColumns) {
        for (std::size_t n = 0; n < kPanelColumns; ++n)
          packed[n] = n < own ? from[n * depth + d] : 0.0f;
      }
    }
  }
}

class GateWeightsF32 final : public GateWeights {
 public:
  GateWeightsF32(GateSizes sizes, std::size_t separate, bool constants)
      : GateWeights(sizes), separate_(separate), constants_(constants) {}

  std::size_t inputs() const override { return 3; }

  void check(const Tensor* inputs) const override {
    const auto directions = signed_size(sizes().directions), hidden = signed_size(sizes().hidden);
    const std::int64_t rows = signed_size(sizes().gates) * hidden;
    const std::int64_t depth = inputs[kX].shape().last();
    expect_type("w", inputs[kW].type, {DType::kF32, {directions, rows, depth}});
    expect_type("r", inputs[kR].type, {DType::kF32, {directions, rows, hidden}});
    if (!inputs[kB].present) return;
    expect_type("b", inputs[kB].type, {DType::kF32, {directions, 2 * rows}});
  }

  std::size_t scratch_bytes(const Tensor* inputs, std::size_t, const Execution&) const override {
    return constants_ ? 0 : packed_bytes(inputs);
  }

  void prepare(const Tensor* inputs, std::byte* scratch) const override {
    if (!constants_) pack(inputs, reinterpret_cast<float*>(scratch));
  }

  void multiply(const GateProduct& product, const Tensor* inputs, std::byte* scratch,
                const Execution& execution) const override {
    const PackedParts parts = parts_of(reinterpret_cast<float*>(packed(inputs, scratch)),
                                       depth_of(inputs), product.direction);
    const std::size_t first = product.gates.begin * sizes().gate_columns();
    const std::size_t depth = product.x.columns;
    const float* weight = (product.of_state ? parts.r : parts.w) + first * depth;
    const float* bias = (product.of_state ? parts.r_b : parts.b) + first;
    linear_f32({{weight, depth, product.y.columns}, bias, Activation::identity, 0.0f}, product.x,
               product.y, execution);
  }

 private:
  static std::size_t depth_of(const Tensor* inputs) { return inputs[kX].size(2); }

  std::size_t packed_values(std::size_t depth) const {
    return sizes().columns() * (depth + sizes().hidden + 2);
  }

  std::size_t packed_bytes(const Tensor* inputs) const {
    return sizes().directions * packed_values(depth_of(inputs)) * sizeof(float);
  }

  PackedParts parts_of(float* packed, std::size_t depth, std::size_t direction) const {
    const std::size_t columns = sizes().columns();
    float* w = packed + direction * packed_values(depth);
    float* b = w + columns * depth;
    return {w, b, b + columns, b + columns + columns * sizes().hidden};
  }

  std::byte* packed(const Tensor* inputs, std::byte* scratch) const {
    if (!constants_) return scratch;
    const AlignedBuffer& buffer = packed_.get([&] {
      auto fresh = std::make_unique<AlignedBuffer>(packed_bytes(inputs));
      pack(inputs, reinterpret_cast<float*>(fresh->data()));
      return fresh;
    });
    return buffer.data();
  }

  void pack(const Tensor* inputs, float* packed) const {
    const std::size_t rows = sizes().gates * sizes().hidden, depth = depth_of(inputs);
    for (std::size_t direction = 0; direction < sizes().directions; ++direction) {
      const PackedParts parts = parts_of(packed, depth, direction);
      pack_gates(inputs[kW].f32() + direction * rows * depth, sizes(), depth, parts.w);
      pack_gates(inputs[kR].f32() + direction * rows * sizes().hidden, sizes(), sizes().hidden,
                 parts.r);
      std::fill_n(parts.b, sizes().columns(), 0.0f);
      std::fill_n(parts.r_b, sizes().columns(), 0.0f);
      if (inputs[kB].present) add_biases(inputs[kB].f32() + direction * 2 * rows, parts);
    }
  }

  // b: that of x's part, then that of the state's, each gates * hidden.
  void add_biases(const float* b, const PackedParts& parts) const {
    const std::size_t hidden = sizes().hidden;
    for (std::size_t gate = 0; gate < sizes().gates; ++gate) {
      const float* of_x = b + gate * hidden;
      const float* of_state = of_x + sizes().gates * hidden;
      const std::size_t first = gate * sizes().gate_columns();
      for (std::size_t k = 0; k < hidden; ++k) {
        parts.b[first + k] = gate < separate_ ? of_x[k] + of_state[k] : of_x[k];
        parts.r_b[first + k] = gate < separate_ ? 0.0f : of_state[k];
      }
    }
  }

  const std::size_t separate_;
  const bool constants_;
  const MadeOnce<AlignedBuffer> packed_;
};

}  // namespace

std::unique_ptr<GateWeights> gate_weights_f32(const OpRequest& request, GateSizes sizes,
                                              std::size_t separate) {
  const auto& inputs = request.inputs;
  const bool constants = inputs[kW].constant != nullptr && inputs[kR].constant != nullptr &&
                         (!inputs[kB].present || inputs[kB].constant != nullptr);
  return std::make_unique<GateWeightsF32>(sizes, separate, constants);
}

}  // namespace fourfold
