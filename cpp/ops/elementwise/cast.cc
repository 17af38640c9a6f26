// cast: the elements of x in another type; elementwise/convert.h has the rules.
//
// Inputs      x of any type.
// Attributes  to (a dtype's name); saturate (1), which concerns no type that we have.
// As ONNX Cast.
#include <memory>

#include "ops/checks.h"
#include "ops/elementwise/convert.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

class CastOp final : public Op {
 public:
  explicit CastOp(DType to) : to_(to) {}

  bool row_wise() const override { return true; }
  bool infers_any_size() const override { return true; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    outputs[0] = {to_, inputs[0].shape()};
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor& x = step.inputs[0];
    const DType from = x.type.dtype;
    share_out(element_count(x.shape()), 1, execution, [&](Range part) {
      convert(from, x.values<std::byte>() + part.begin * dtype_bytes(from), to_,
              step.outputs[0].values_out<std::byte>() + part.begin * dtype_bytes(to_),
              part.end - part.begin);
    });
  }

 private:
  const DType to_;
};

}  // namespace

std::unique_ptr<Op> make_cast(const OpRequest& request) {
  expect_inputs(request, {"x"});
  request.attributes.allow_only({"to", "saturate"});
  request.attributes.flag_or("saturate", true);
  return std::make_unique<CastOp>(dtype_named(request.attributes.text("to")));
}

}  // namespace fourfold
