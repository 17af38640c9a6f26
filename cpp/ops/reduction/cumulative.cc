// cumulative: y = the sums, or products, of what lies before along an axis, one after the other.
//
//   y[k] = x[0] + ... + x[k], added from the left
//   exclusive: y[k] = x[0] + ... + x[k - 1], y[0] = 0, of prod 1
//   reverse: the same from the end
// Integers wrap around.
//
// Inputs      x of integers, float32 or float64; axis int64 or int32, one element.
// Attributes  kind: sum or prod; exclusive (0), reverse (0).
// As ONNX CumSum and CumProd.
#include <memory>

#include "base/check.h"
#include "base/round_up.h"
#include "ops/axis_split.h"
#include "ops/checks.h"
#include "ops/elementwise/numbers.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

struct CumulativeTask {
  const void* x;
  void* y;
  AxisSplit split;
  bool product;
  bool exclusive;
  bool reverse;
};

// y = a + b, or a * b.
template <class T>
void combine(bool product, const T* a, const T* b, T* y, std::size_t count) {
  using W = WrappingOf<T>;
  for (std::size_t i = 0; i < count; ++i) {
    const W left = static_cast<W>(a[i]), right = static_cast<W>(b[i]);
    y[i] = static_cast<T>(product ? left * right : left + right);
  }
}

// Columns of one [size, inner] matrix.
template <class T>
void run_columns(const CumulativeTask& task, std::size_t outer, Range columns) {
  const AxisSplit& split = task.split;
  const std::size_t start = outer * split.size * split.inner + columns.begin;
  const T* x = static_cast<const T*>(task.x) + start;
  T* y = static_cast<T*>(task.y) + start;
  const std::size_t count = columns.end - columns.begin;
  std::size_t before = 0;
  for (std::size_t i = 0; i < split.size; ++i) {
    const std::size_t here = (task.reverse ? split.size - 1 - i : i) * split.inner;
    if (i == 0 && task.exclusive) {
      std::fill_n(y + here, count, task.product ? T{1} : T{0});
    } else if (i == 0) {
      std::copy_n(x + here, count, y + here);
    } else {
      combine(task.product, y + before, x + (task.exclusive ? before : here), y + here, count);
    }
    before = here;
  }
}

template <class T>
void run_typed(const CumulativeTask& task, const Execution& execution) {
  constexpr std::size_t kColumns = 1024;
  const std::size_t tiles = ceil_div(task.split.inner, kColumns);
  const std::size_t width = std::min(kColumns, task.split.inner);
  share_out(task.split.outer * tiles, task.split.size * width, execution, [&](Range part) {
    for (std::size_t i = part.begin; i < part.end; ++i) {
      const std::size_t first = i % tiles * kColumns;
      run_columns<T>(task, i / tiles, {first, std::min(first + kColumns, task.split.inner)});
    }
  });
}

class CumulativeOp final : public Op {
 public:
  CumulativeOp(bool product, bool exclusive, bool reverse)
      : product_(product), exclusive_(exclusive), reverse_(reverse) {}

  InputSet needed_values() const override { return input_set({1}); }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const TensorType& x = inputs[0].type;
    const bool number =
        visit_dtype(x.dtype, [](auto tag) { return kIsNumber<typename decltype(tag)::Type>; });
    if (!number) refuse_value("x: expected numbers, received ", type_text(x));
    checked_axis("axis", expect_integer("axis", inputs[1]), x.shape.rank());
    outputs[0] = x;
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor& x = step.inputs[0];
    const std::size_t axis = checked_axis("axis", expect_integer("axis", step.inputs[1]), x.rank());
    const CumulativeTask task = {x.data,   step.outputs[0].data, split_at_axis(x.shape(), axis),
                                 product_, exclusive_,           reverse_};
    visit_dtype(x.type.dtype, [&](auto tag) {
      using T = typename decltype(tag)::Type;
      if constexpr (kIsNumber<T>) run_typed<T>(task, execution);
    });
  }

 private:
  const bool product_;
  const bool exclusive_;
  const bool reverse_;
};

}  // namespace

std::unique_ptr<Op> make_cumulative(const OpRequest& request) {
  expect_inputs(request, {"x", "axis"});
  const Attributes& attributes = request.attributes;
  attributes.allow_only({"kind", "exclusive", "reverse"});
  const std::string& kind = attributes.text("kind");
  if (kind != "sum" && kind != "prod") {
    refuse_value("kind: expected one of sum, prod; received '", kind, "'");
  }
  return std::make_unique<CumulativeOp>(kind == "prod", attributes.flag_or("exclusive", false),
                                        attributes.flag_or("reverse", false));
}

}  // namespace fourfold
