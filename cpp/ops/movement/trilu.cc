// trilu: the upper or lower triangle of each matrix of x, and 0 elsewhere.
//
// Inputs      x of any type [.., rows, columns]; k? int64, one: the diagonal that bounds the
//             triangle and belongs to it, above the main one if positive, absent: 0.
// Attributes  upper (1).
// As ONNX Trilu.
#include <algorithm>
#include <cstring>
#include <memory>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

class TriluOp final : public Op {
 public:
  explicit TriluOp(bool upper) : upper_(upper) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const Shape& shape = inputs[0].type.shape;
    if (shape.rank() < 2) {
      refuse_value("x: expected two dimensions or more, received ", shape_text(shape));
    }
    const TensorType& k = inputs[1].type;
    if (inputs[1].present && (k.dtype != DType::kS64 || element_count(k.shape) != 1)) {
      refuse_value("k: expected one int64, received ", type_text(k));
    }
    outputs[0] = inputs[0].type;
  }

  std::size_t overwritable_inputs() const override { return 1; }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor& x = step.inputs[0];
    const std::size_t rows = x.size(x.rank() - 2), columns = x.size(x.rank() - 1);
    const std::size_t bytes = dtype_bytes(x.type.dtype), row_bytes = columns * bytes;
    const std::int64_t limit = static_cast<std::int64_t>(std::max(rows, columns));
    const std::int64_t k = step.inputs[1].present ? *step.inputs[1].values<std::int64_t>() : 0;
    const std::int64_t diagonal = std::clamp(k, -limit, limit) + (upper_ ? 0 : 1);
    share_out(element_count(x.shape()) / columns, columns, execution, [&](Range part) {
      for (std::size_t i = part.begin; i < part.end; ++i) {
        // The columns before `cut` are below the triangle, or, if it is the lower one, in it.
        const std::int64_t cut = std::clamp<std::int64_t>(
            static_cast<std::int64_t>(i % rows) + diagonal, 0, static_cast<std::int64_t>(columns));
        const std::size_t cut_bytes = static_cast<std::size_t>(cut) * bytes;
        const std::byte* from = x.values<std::byte>() + i * row_bytes;
        std::byte* to = step.outputs[0].values_out<std::byte>() + i * row_bytes;
        if (from != to) std::memcpy(to, from, row_bytes);
        if (upper_) std::memset(to, 0, cut_bytes);
        if (!upper_) std::memset(to + cut_bytes, 0, row_bytes - cut_bytes);
      }
    });
  }

 private:
  const bool upper_;
};

}  // namespace

std::unique_ptr<Op> make_trilu(const OpRequest& request) {
  expect_inputs(request, {"x", "k"}, 1);
  request.attributes.allow_only({"upper"});
  return std::make_unique<TriluOp>(request.attributes.flag_or("upper", true));
}

}  // namespace fourfold
