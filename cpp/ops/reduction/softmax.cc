// softmax: y = e^x / sum(e^x) along an axis; log_softmax: its logarithm; hardmax: 1 at the first
// maximum, 0 elsewhere.
//
// The maximum is taken off first. float32 goes through the kernels of kernels/activation, along
// other axes than the last too, whose lines are gathered: the same bits along any axis.
//
// Inputs      x float32 or float64.
// Attributes  axis (-1), kind: softmax, log_softmax or hardmax.
// As ONNX Softmax, LogSoftmax and Hardmax from opset 13 on.
#include <cmath>
#include <memory>

#include "base/check.h"
#include "base/round_up.h"
#include "kernels/activation/activation.h"
#include "ops/axis_split.h"
#include "ops/checks.h"
#include "ops/elementwise/numbers.h"
#include "ops/reduction/lanes.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

enum class SoftmaxKind { kSoftmax, kLogSoftmax, kHardmax };

SoftmaxKind kind_named(const std::string& name) {
  if (name == "softmax") return SoftmaxKind::kSoftmax;
  if (name == "log_softmax") return SoftmaxKind::kLogSoftmax;
  if (name == "hardmax") return SoftmaxKind::kHardmax;
  refuse_value("kind: expected one of softmax, log_softmax, hardmax; received '", name, "'");
}

// `rows` contiguous rows of `columns`.
template <class T>
struct Rows {
  const T* x;
  T* y;
  std::size_t rows;
  std::size_t columns;
};

template <class T>
T maximum_of(const T* x, std::size_t count) {
  return reduce_in_lanes(x, count, x[0], [](T value) { return value; }, max_or_nan<T>);
}

template <class T>
void hardmax(const Rows<T>& block) {
  for (std::size_t row = 0; row < block.rows; ++row) {
    const T* x = block.x + row * block.columns;
    T* y = block.y + row * block.columns;
    const T maximum = maximum_of(x, block.columns);
    std::size_t first = 0;
    while (x[first] != maximum && x[first] == x[first])
      ++first;
    std::fill_n(y, block.columns, T{0});
    y[first] = 1;
  }
}

void run_rows(SoftmaxKind kind, const Rows<float>& block, Isa isa) {
  if (kind == SoftmaxKind::kHardmax) return hardmax(block);
  const ActivationKernels& kernels = activation_kernels(isa);
  const auto function = kind == SoftmaxKind::kSoftmax ? kernels.softmax : kernels.log_softmax;
  function({block.x, block.columns, block.y, block.columns, block.rows, block.columns, 0.0f});
}

void run_rows(SoftmaxKind kind, const Rows<double>& block, Isa) {
  if (kind == SoftmaxKind::kHardmax) return hardmax(block);
  for (std::size_t row = 0; row < block.rows; ++row) {
    const double* x = block.x + row * block.columns;
    double* y = block.y + row * block.columns;
    const double maximum = maximum_of(x, block.columns);
    const double sum = reduce_in_lanes(
        x, block.columns, 0.0, [&](double value) { return std::exp(value - maximum); },
        [](double a, double b) { return a + b; });
    const double log_of_sum = std::log(sum);
    for (std::size_t k = 0; k < block.columns; ++k) {
      const double difference = x[k] - maximum;
      y[k] = kind == SoftmaxKind::kSoftmax ? std::exp(difference) / sum : difference - log_of_sum;
    }
  }
}

// Columns gathered at once: a cache line of float32 from each row.
constexpr std::size_t kGathered = 16;

// to[c][i] = from[i * from_stride + c], or the other way round.
template <class T>
void gather(const T* from, std::size_t from_stride, T* to, std::size_t size, std::size_t columns) {
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t c = 0; c < columns; ++c)
      to[c * size + i] = from[i * from_stride + c];
  }
}
template <class T>
void scatter(const T* from, T* to, std::size_t to_stride, std::size_t size, std::size_t columns) {
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t c = 0; c < columns; ++c)
      to[i * to_stride + c] = from[c * size + i];
  }
}

template <class T>
void run_typed(SoftmaxKind kind, const AxisSplit& split, const StepData& step,
               const Execution& execution) {
  const T* x = step.inputs[0].values<T>();
  T* y = step.outputs[0].values_out<T>();
  const std::size_t size = split.size;
  if (split.inner == 1) {
    share_out(split.outer, size, execution, [&](Range part) {
      const std::size_t start = part.begin * size;
      run_rows(kind, Rows<T>{x + start, y + start, part.end - part.begin, size}, execution.isa);
    });
    return;
  }
  const std::size_t tiles = ceil_div(split.inner, kGathered);
  share_out_parts(split.outer * tiles, kGathered * size, execution,
                  [&](Range range, std::size_t part) {
                    T* gathered = reinterpret_cast<T*>(step.scratch) + part * 2 * kGathered * size;
                    T* results = gathered + kGathered * size;
                    for (std::size_t i = range.begin; i < range.end; ++i) {
                      const std::size_t first = i % tiles * kGathered;
                      const std::size_t columns = std::min(kGathered, split.inner - first);
                      const std::size_t start = i / tiles * size * split.inner + first;
                      gather(x + start, split.inner, gathered, size, columns);
                      run_rows(kind, Rows<T>{gathered, results, columns, size}, execution.isa);
                      scatter(results, y + start, split.inner, size, columns);
                    }
                  });
}

class SoftmaxOp final : public Op {
 public:
  SoftmaxOp(SoftmaxKind kind, std::int64_t axis) : kind_(kind), axis_(axis) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const TensorType& x = inputs[0].type;
    if (x.dtype != DType::kF32 && x.dtype != DType::kF64) {
      refuse_value("x: expected float32 or float64, received ", type_text(x));
    }
    checked_axis("axis", axis_, x.shape.rank());
    outputs[0] = x;
  }

  std::size_t scratch_bytes(const Tensor* inputs, const Execution& execution) const override {
    const AxisSplit split = split_of(inputs[0]);
    const std::size_t bytes = dtype_bytes(inputs[0].type.dtype);
    return split.inner == 1 ? 0 : execution.threads * 2 * kGathered * split.size * bytes;
  }

  void run(const StepData& step, const Execution& execution) const override {
    const AxisSplit split = split_of(step.inputs[0]);
    if (step.inputs[0].type.dtype == DType::kF32) {
      run_typed<float>(kind_, split, step, execution);
    } else {
      run_typed<double>(kind_, split, step, execution);
    }
  }

 private:
  AxisSplit split_of(const Tensor& x) const {
    return split_at_axis(x.shape(), checked_axis("axis", axis_, x.rank()));
  }

  const SoftmaxKind kind_;
  const std::int64_t axis_;
};

}  // namespace

std::unique_ptr<Op> make_softmax(const OpRequest& request) {
  expect_inputs(request, {"x"});
  request.attributes.allow_only({"axis", "kind"});
  constexpr auto kRank = static_cast<std::int64_t>(kMaxRank);
  return std::make_unique<SoftmaxOp>(kind_named(request.attributes.text("kind")),
                                     request.attributes.integer_or("axis", -1, -kRank, kRank));
}

}  // namespace fourfold
