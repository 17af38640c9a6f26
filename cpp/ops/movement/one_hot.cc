// one_hot: an axis of `depth` places more, on at the index and off elsewhere.
//
// Inputs      indices: any number type, -depth to depth - 1, negative ones counting from the end;
//             what lies outside is on nowhere; depth: one number, 1 or more (of floats the whole
//             part counts); values of any type [2]: off, on.
// Attributes  axis (-1): of y, that is, from -(rank + 1) to rank.
// As ONNX OneHot.
#include <cmath>
#include <cstring>
#include <memory>
#include <type_traits>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/movement/strided_copy.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

// The place from 0 to depth - 1 that `index` means, or -1.
template <class T>
std::int64_t place_of(T index, std::int64_t depth) {
  if constexpr (std::is_floating_point_v<T>) {
    const auto bound = static_cast<double>(depth), value = std::trunc(static_cast<double>(index));
    if (!(value >= -bound && value < bound)) return -1;  // a NaN is outside, too
  } else if constexpr (std::is_unsigned_v<T>) {
    if (index >= static_cast<std::uint64_t>(depth)) return -1;
  }
  const auto place = static_cast<std::int64_t>(index);
  if (place < -depth || place >= depth) return -1;
  return place < 0 ? place + depth : place;
}

std::int64_t depth_of(const Tensor& depth) {
  constexpr double kMost = 0x1p44;  // as many elements as a tensor can have
  if (element_count(depth.shape()) != 1) {
    refuse_value("depth: expected one number, received ", type_text(depth.type));
  }
  return visit_dtype(depth.type.dtype, [&](auto tag) -> std::int64_t {
    using T = typename decltype(tag)::Type;
    if constexpr (kIsNumber<T>) {
      const auto value = static_cast<double>(*depth.values<T>());
      if (value >= 1 && value <= kMost) return static_cast<std::int64_t>(value);
      refuse_value("depth: expected 1 or more, received ", value);
    } else {
      refuse_value("depth: expected a number, received ", type_text(depth.type));
    }
  });
}

class OneHotOp final : public Op {
 public:
  explicit OneHotOp(std::int64_t axis) : axis_(axis) {}

  InputSet needed_values() const override { return input_set({1}); }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const Shape& indices = inputs[0].type.shape;
    const std::size_t axis = checked_axis("axis", axis_, indices.rank() + 1);
    visit_dtype(inputs[0].type.dtype, [&](auto tag) {
      if constexpr (!kIsNumber<typename decltype(tag)::Type>) {
        refuse_value("indices: expected numbers, received ", type_text(inputs[0].type));
      }
    });
    expect_type("values", inputs[2].type, {inputs[2].type.dtype, {2}});
    outputs[0] = {inputs[2].type.dtype, {}};
    for (std::size_t k = 0; k <= indices.rank(); ++k) {
      outputs[0].shape.append(k == axis ? depth_of(inputs[1]) : indices[k < axis ? k : k - 1]);
    }
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor& y = step.outputs[0];
    const std::size_t axis = checked_axis("axis", axis_, y.rank());
    const std::size_t bytes = dtype_bytes(y.type.dtype);
    fill_box(y.shape(), bytes, step.inputs[2].data, layout_of(y), execution);

    const auto inner = static_cast<std::size_t>(contiguous_strides(y.shape())[axis]);
    const Tensor& indices = step.inputs[0];
    visit_dtype(indices.type.dtype, [&](auto tag) {
      using T = typename decltype(tag)::Type;
      if constexpr (kIsNumber<T>) {
        for (std::size_t i = 0; i < element_count(indices.shape()); ++i) {
          const std::int64_t place = place_of(indices.values<T>()[i], y.type.shape[axis]);
          if (place < 0) continue;
          const std::size_t at =
              (i / inner * y.size(axis) + static_cast<std::size_t>(place)) * inner + i % inner;
          std::memcpy(y.values_out<std::byte>() + at * bytes,
                      step.inputs[2].values<std::byte>() + bytes, bytes);
        }
      }
    });
  }

 private:
  const std::int64_t axis_;
};

}  // namespace

std::unique_ptr<Op> make_one_hot(const OpRequest& request) {
  expect_inputs(request, {"indices", "depth", "values"});
  request.attributes.allow_only({"axis"});
  constexpr auto kRank = static_cast<std::int64_t>(kMaxRank);
  return std::make_unique<OneHotOp>(request.attributes.integer_or("axis", -1, -kRank, kRank - 1));
}

}  // namespace fourfold
