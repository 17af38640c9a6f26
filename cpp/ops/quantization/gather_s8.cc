// gather_s8: y[i.., k] = float(table[indices[i..], k]) * scales[indices[i..]], rows of an embedding
// that is stored in int8 with one scale per row.
//
// Inputs      table int8 [rows, columns]; indices int32 or int64 of any shape, from -rows to
//             rows - 1; scales float32 [rows].
// Attributes  none.
// Each element is rounded once: the same bits on every ISA.
#include <memory>

#include "ops/checks.h"
#include "ops/movement/indices.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

class GatherS8Op final : public Op {
 public:
  bool infers_any_size() const override { return true; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    expect_type("table", inputs[0].type, {DType::kS8, {kAnySize, kAnySize}});
    expect_indices(inputs[1].type);
    const Shape& table = inputs[0].type.shape;
    expect_type("scales", inputs[2].type, {DType::kF32, {table[0]}});
    outputs[0] = {DType::kF32, inputs[1].type.shape};
    outputs[0].shape.append(table[1]);
  }

  std::size_t scratch_bytes(const Tensor* inputs, const Execution&) const override {
    return element_count(inputs[1].type.shape) * sizeof(std::int64_t);
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor& table = step.inputs[0];
    const std::size_t columns = table.size(1);
    auto* rows = reinterpret_cast<std::int64_t*>(step.scratch);
    find_places(step.inputs[1], table.size(0), rows);
    const auto* values = table.values<std::int8_t>();
    const float* scales = step.inputs[2].f32();
    float* y = step.outputs[0].f32_out();
    const std::size_t count = element_count(step.inputs[1].shape());
    share_out(count, columns, execution, [&](Range range) {
      for (std::size_t i = range.begin; i < range.end; ++i) {
        const auto row = static_cast<std::size_t>(rows[i]);
        scale_row(values + row * columns, scales[row], columns, y + i * columns);
      }
    });
  }

 private:
  static void scale_row(const std::int8_t* values, float scale, std::size_t columns, float* y) {
    for (std::size_t k = 0; k < columns; ++k)
      y[k] = static_cast<float>(values[k]) * scale;
  }
};

}  // namespace

std::unique_ptr<Op> make_gather_s8(const OpRequest& request) {
  expect_inputs(request, {"table", "indices", "scales"});
  request.attributes.allow_only({});
  return std::make_unique<GatherS8Op>();
}

}  // namespace fourfold
