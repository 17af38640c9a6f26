// top_k: the k largest or smallest elements along an axis, in order, and where they were.
//
// Of equals those before come first. NaN is above every number, as NumPy sorts: first among the
// largest, last among the smallest.
//
// Inputs      x of integers, float32 or float64; k int64 or int32, one element, 0 to the axis's
//             size.
// Outputs     values of x's type; indices int64.
// Attributes  axis (-1), largest (1); sorted (1): they are in order in any case.
// As ONNX TopK.
#include <algorithm>
#include <cstring>
#include <memory>

#include "base/check.h"
#include "ops/axis_split.h"
#include "ops/checks.h"
#include "ops/elementwise/numbers.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

// An element as a number that sorts as it should: the smaller, the sooner.
struct Candidate {
  std::uint64_t key;
  std::size_t index;

  friend bool operator<(const Candidate& a, const Candidate& b) {
    return a.key != b.key ? a.key < b.key : a.index < b.index;
  }
};

constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;

// Ascending. Of floats the bits are, once those of negative numbers are turned over.
template <class T>
std::uint64_t ascending_key(T x) {
  if constexpr (kIsFloat<T>) {
    if (x != x) return ~std::uint64_t{0};
    const double value = x == 0 ? 0.0 : static_cast<double>(x);  // one zero for both
    std::uint64_t bits;
    std::memcpy(&bits, &value, sizeof(bits));
    return (bits & kSignBit) != 0 ? ~bits : bits | kSignBit;
  } else if constexpr (std::is_signed_v<T>) {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(x)) ^ kSignBit;
  } else {
    return x;
  }
}

// The first k in order; beyond them, anything.
void sort_first(Candidate* candidates, std::size_t count, std::size_t k) {
  if (k < count) std::nth_element(candidates, candidates + k, candidates + count);
  std::sort(candidates, candidates + k);
}

struct TopKTask {
  const void* x;
  void* values;
  std::int64_t* indices;
  AxisSplit split;
  std::size_t k;
  bool largest;
};

template <class T>
void run_line(const TopKTask& task, std::size_t line, Candidate* candidates) {
  const std::size_t outer = line / task.split.inner, column = line % task.split.inner;
  const std::size_t stride = task.split.inner;
  const T* x = static_cast<const T*>(task.x) + outer * task.split.size * stride + column;
  for (std::size_t i = 0; i < task.split.size; ++i) {
    const std::uint64_t key = ascending_key(x[i * stride]);
    candidates[i] = {task.largest ? ~key : key, i};
  }
  sort_first(candidates, task.split.size, task.k);
  const std::size_t start = outer * task.k * stride + column;
  for (std::size_t i = 0; i < task.k; ++i) {
    const std::size_t index = candidates[i].index;
    static_cast<T*>(task.values)[start + i * stride] = x[index * stride];
    task.indices[start + i * stride] = static_cast<std::int64_t>(index);
  }
}

class TopKOp final : public Op {
 public:
  TopKOp(std::int64_t axis, bool largest) : axis_(axis), largest_(largest) {}

  std::size_t outputs() const override { return 2; }
  InputSet needed_values() const override { return input_set({1}); }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const TensorType& x = inputs[0].type;
    const bool number =
        visit_dtype(x.dtype, [](auto tag) { return kIsNumber<typename decltype(tag)::Type>; });
    if (!number) refuse_value("x: expected numbers, received ", type_text(x));
    const std::size_t axis = checked_axis("axis", axis_, x.shape.rank());
    const std::int64_t k = expect_integer("k", inputs[1]);
    if (k < 0 || k > x.shape[axis]) {
      refuse_value("k: expected 0 to ", x.shape[axis], ", the size of axis ", axis, " of x ",
                   shape_text(x.shape), ", received ", k);
    }
    outputs[0] = x;
    outputs[0].shape.set(axis, k);
    outputs[1] = {DType::kS64, outputs[0].shape};
  }

  std::size_t scratch_bytes(const Tensor* inputs, const Execution& execution) const override {
    const AxisSplit split =
        split_at_axis(inputs[0].shape(), checked_axis("axis", axis_, inputs[0].rank()));
    const std::size_t at_once = std::min(execution.threads, split.outer * split.inner);
    return at_once * split.size * sizeof(Candidate);
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor& x = step.inputs[0];
    const std::size_t axis = checked_axis("axis", axis_, x.rank());
    const TopKTask task = {x.data,
                           step.outputs[0].data,
                           step.outputs[1].values_out<std::int64_t>(),
                           split_at_axis(x.shape(), axis),
                           step.outputs[0].size(axis),
                           largest_};
    auto* scratch = reinterpret_cast<Candidate*>(step.scratch);
    visit_dtype(x.type.dtype, [&](auto tag) {
      using T = typename decltype(tag)::Type;
      if constexpr (kIsNumber<T>) {
        const auto run_lines = [&](Range lines, std::size_t part) {
          for (std::size_t line = lines.begin; line < lines.end; ++line)
            run_line<T>(task, line, scratch + part * task.split.size);
        };
        share_out_parts(task.split.outer * task.split.inner, task.split.size, execution, run_lines);
      }
    });
  }

 private:
  const std::int64_t axis_;
  const bool largest_;
};

}  // namespace

std::unique_ptr<Op> make_top_k(const OpRequest& request) {
  expect_inputs(request, {"x", "k"});
  const Attributes& attributes = request.attributes;
  attributes.allow_only({"axis", "largest", "sorted"});
  attributes.flag_or("sorted", true);
  constexpr auto kRank = static_cast<std::int64_t>(kMaxRank);
  return std::make_unique<TopKOp>(attributes.integer_or("axis", -1, -kRank, kRank),
                                  attributes.flag_or("largest", true));
}

}  // namespace fourfold
