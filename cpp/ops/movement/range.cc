// range: start, start + delta, start + 2 delta, .. up to limit, limit excluded.
//
// Inputs      start, limit, delta: one number each, of one type; delta is not 0.
// Attributes  none.
// As ONNX Range: y[i] = start + i * delta, rounded twice in floats; integers wrap around.
#include <cmath>
#include <memory>
#include <type_traits>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

template <class T>
std::int64_t counted(T start, T limit, T delta) {
  if (delta == T{0}) refuse_value("delta: expected another than 0, received 0");
  if constexpr (std::is_floating_point_v<T>) {
    const double count = std::ceil((static_cast<double>(limit) - static_cast<double>(start)) /
                                   static_cast<double>(delta));
    if (std::isnan(count)) refuse_value("expected numbers, received a NaN or two infinities");
    constexpr double kMost = 0x1p62;  // element_count refuses what is far below
    return count <= 0 ? 0 : static_cast<std::int64_t>(std::fmin(count, kMost));
  } else {
    const bool up = delta > T{0};
    if (up ? start >= limit : start <= limit) return 0;
    // Unsigned: the distance of two int64, and the magnitude of the least one, may not fit.
    const auto a = static_cast<std::uint64_t>(start), b = static_cast<std::uint64_t>(limit);
    const auto step = static_cast<std::uint64_t>(delta);
    const std::uint64_t span = up ? b - a : a - b;
    const std::uint64_t count = (span - 1) / (up ? step : ~step + 1) + 1;
    return static_cast<std::int64_t>(count >> 62 != 0 ? std::uint64_t{1} << 62 : count);
  }
}

template <class T>
T value_at(T start, T delta, std::size_t i) {
  if constexpr (std::is_floating_point_v<T>) {
    return start + static_cast<T>(i) * delta;
  } else {
    return static_cast<T>(static_cast<std::uint64_t>(start) +
                          static_cast<std::uint64_t>(delta) * i);
  }
}

class RangeOp final : public Op {
 public:
  InputSet needed_values() const override { return kAllInputs; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    constexpr const char* kNames[] = {"start", "limit", "delta"};
    const DType dtype = inputs[0].type.dtype;
    for (std::size_t i = 0; i < 3; ++i) {
      const TensorType& type = inputs[i].type;
      if (type.dtype == dtype && element_count(type.shape) == 1) continue;
      refuse_value(kNames[i], ": expected one ", dtype_name(dtype), ", received ", type_text(type));
    }
    outputs[0] = {dtype, {visit_dtype(dtype, [&](auto tag) -> std::int64_t {
                    using T = typename decltype(tag)::Type;
                    if constexpr (kIsNumber<T>) {
                      return counted(*inputs[0].values<T>(), *inputs[1].values<T>(),
                                     *inputs[2].values<T>());
                    } else {
                      refuse_value("start: expected a number, received ", dtype_name(dtype));
                    }
                  })}};
  }

  void run(const StepData& step, const Execution&) const override {
    const Tensor& y = step.outputs[0];
    visit_dtype(y.type.dtype, [&](auto tag) {
      using T = typename decltype(tag)::Type;
      if constexpr (kIsNumber<T>) {
        const T start = *step.inputs[0].values<T>(), delta = *step.inputs[2].values<T>();
        for (std::size_t i = 0; i < y.size(0); ++i)
          y.values_out<T>()[i] = value_at(start, delta, i);
      }
    });
  }
};

}  // namespace

std::unique_ptr<Op> make_range(const OpRequest& request) {
  expect_inputs(request, {"start", "limit", "delta"});
  request.attributes.allow_only({});
  return std::make_unique<RangeOp>();
}

}  // namespace fourfold
