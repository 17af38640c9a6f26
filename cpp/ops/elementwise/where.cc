// where: y = condition ? a : b, element by element, under NumPy broadcasting.
//
// Inputs      condition bool; a, b of any one type.
// Attributes  none.
#include <memory>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/elementwise/broadcast.h"
#include "ops/elementwise/independent.h"
#include "ops/elementwise/rows.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

// Elements are moved as the words that they are. A constant step lets the compiler use vectors.
template <std::size_t step_a, std::size_t step_b, class Word>
void select_row(const std::uint8_t* condition, const Word* a, const Word* b, Word* y,
                std::size_t count) {
  FOURFOLD_INDEPENDENT
  for (std::size_t i = 0; i < count; ++i) {
    // Not a branch, which a random condition mispredicts every other time.
    const Word chosen = static_cast<Word>(Word{0} - static_cast<Word>(condition[i] != 0));
    y[i] = static_cast<Word>((a[i * step_a] & chosen) | (b[i * step_b] & ~chosen));
  }
}

template <class Word>
void copy_row(const Word* x, bool single, Word* y, std::size_t count) {
  const std::size_t step = single ? 0 : 1;
  FOURFOLD_INDEPENDENT
  for (std::size_t i = 0; i < count; ++i)
    y[i] = x[i * step];
}

template <class Word>
void select_block(const StepData& step, const BroadcastBlock& block) {
  const auto& [of_condition, of_a, of_b] = block.inputs;
  const auto* condition = step.inputs[0].values<std::uint8_t>() + of_condition.first;
  const Word* a = step.inputs[1].values<Word>() + of_a.first;
  const Word* b = step.inputs[2].values<Word>() + of_b.first;
  Word* y = step.outputs[0].values_out<Word>() + block.y;
  const std::size_t columns = block.columns;
  for (std::size_t row = 0; row < block.rows; ++row) {
    if (of_condition.single) {
      *condition != 0 ? copy_row(a, of_a.single, y, columns) : copy_row(b, of_b.single, y, columns);
    } else if (of_a.single && of_b.single) {
      select_row<0, 0>(condition, a, b, y, columns);
    } else if (of_a.single) {
      select_row<0, 1>(condition, a, b, y, columns);
    } else if (of_b.single) {
      select_row<1, 0>(condition, a, b, y, columns);
    } else {
      select_row<1, 1>(condition, a, b, y, columns);
    }
    condition += of_condition.row_stride;
    a += of_a.row_stride;
    b += of_b.row_stride;
    y += columns;
  }
}

class WhereOp final : public Op {
 public:
  explicit WhereOp(bool row_wise) : row_wise_(row_wise) {}

  bool row_wise() const override { return row_wise_; }
  bool infers_any_size() const override { return true; }
  std::size_t overwritable_inputs() const override { return 3; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const TensorType &condition = inputs[0].type, &a = inputs[1].type, &b = inputs[2].type;
    if (condition.dtype != DType::kBool) {
      refuse_value("condition: expected bool, received ", type_text(condition));
    }
    if (a.dtype != b.dtype) {
      refuse_value("b: expected ", dtype_name(a.dtype), ", received ", type_text(b));
    }
    outputs[0] = {a.dtype, broadcast_shape(condition.shape, broadcast_shape(a.shape, b.shape))};
  }

  void run(const StepData& step, const Execution& execution) const override {
    const std::size_t bytes = dtype_bytes(step.outputs[0].type.dtype);
    BroadcastLoops(step.inputs, 3, step.outputs[0].shape())
        .share_out_blocks(execution, [&](const BroadcastBlock& block) {
          if (bytes == 1) select_block<std::uint8_t>(step, block);
          if (bytes == 2) select_block<std::uint16_t>(step, block);
          if (bytes == 4) select_block<std::uint32_t>(step, block);
          if (bytes == 8) select_block<std::uint64_t>(step, block);
        });
  }

 private:
  const bool row_wise_;
};

}  // namespace

std::unique_ptr<Op> make_where(const OpRequest& request) {
  expect_inputs(request, {"condition", "a", "b"});
  request.attributes.allow_only({});
  return std::make_unique<WhereOp>(broadcasts_row_wise(request));
}

}  // namespace fourfold
