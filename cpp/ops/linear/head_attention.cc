// head_attention: softmax(q @ k' + mask) @ v for each head, the heads of a row side by side.
//
// Inputs      q float32 [batch, rows, heads, depth], k [batch, keys, heads, depth],
//             v [batch, keys, heads, columns]; mask float32, optional, [batch, heads, rows, keys] or
//             fewer axes. Sizes broadcast as in NumPy's matmul and add, but for v's keys.
// Output      y float32 [batch, rows, heads, columns].
// Attributes  nan_rows_to_zero (0): 1 if a row whose softmax is NaN, all its keys masked with -Inf,
//             gives zeros.
// The bits are those of transpose, matmul, add, softmax, where, matmul and transpose one after the
// other; but scores are worked on while they lie in the cache, and nothing is transposed.
#include <algorithm>
#include <array>
#include <memory>

#include "base/aligned_buffer.h"
#include "base/check.h"
#include "base/round_up.h"
#include "kernels/activation/activation.h"
#include "kernels/binary/binary.h"
#include "matmul/matmul_f32.h"
#include "ops/checks.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

constexpr std::size_t kRank = 4;
constexpr std::size_t kMask = 3;                   // its number among the inputs
constexpr std::size_t kScoresAtOnce = 65536;       // 256 KiB: half of the smaller L2 caches
constexpr std::size_t kFewestRows = 96;            // for which keys and values are packed
constexpr std::size_t kMultiplyAddsPerValue = 16;  // that take as long as one value's softmax

struct HeadSizes {
  explicit HeadSizes(const Tensor* inputs);

  std::size_t items() const { return batch * heads * blocks; }
  std::size_t values_per_item() const {
    return row_block * keys * (1 + (depth + columns) / kMultiplyAddsPerValue);
  }
  std::size_t score_bytes() const { return round_up(row_block * keys * sizeof(float), kAlignment); }
  std::size_t product_bytes() const {
    return std::max(matmul_f32_scratch_bytes(row_block, depth, keys, true),
                    matmul_f32_scratch_bytes(row_block, keys, columns, false));
  }
  std::size_t part_bytes() const { return score_bytes() + product_bytes(); }

  std::size_t batch, rows, heads, depth, keys, columns;
  std::size_t row_block;  // rows whose scores are worked on at once
  std::size_t blocks;
};

std::int64_t broadcast(const char* name, std::int64_t size, const TensorType& type,
                       std::size_t axis) {
  const std::int64_t other = type.shape[axis];
  if (other == size || other == 1) return size;
  if (size == 1) return other;
  refuse_value(name, ": expected 1 or ", size, " along axis ", axis, ", received ",
               type_text(type));
}

// [batch, heads, rows, keys]. What it refuses does not fit.
Shape score_shape(const TensorType& q, const TensorType& k, const TensorType* mask) {
  Shape scores = {broadcast("k", q.shape[0], k, 0), broadcast("k", q.shape[2], k, 2), q.shape[1],
                  k.shape[1]};
  if (mask == nullptr) return scores;
  const std::size_t missing = kRank - mask->shape.rank();
  for (std::size_t axis = 0; axis < mask->shape.rank(); ++axis)
    scores.set(axis + missing, broadcast("mask", scores[axis + missing], *mask, axis));
  return scores;
}

Shape score_shape(const Tensor* inputs) {
  const Tensor& mask = inputs[kMask];
  return score_shape(inputs[0].type, inputs[1].type, mask.present ? &mask.type : nullptr);
}

HeadSizes::HeadSizes(const Tensor* inputs) {
  const Shape scores = score_shape(inputs);
  const auto size = [&](std::size_t axis) { return static_cast<std::size_t>(scores[axis]); };
  batch = std::max(size(0), inputs[2].size(0));
  heads = std::max(size(1), inputs[2].size(2));
  rows = size(2);
  keys = size(3);
  depth = inputs[0].size(3);
  columns = inputs[2].size(3);
  const std::size_t fitting = kScoresAtOnce / std::max<std::size_t>(keys, 1);
  row_block =
      std::clamp<std::size_t>(std::max(kFewestRows, fitting), 1, std::max<std::size_t>(rows, 1));
  blocks = ceil_div(rows, row_block);
}

// One head of one batch: so many rows, the other heads between them, of a size 1 all the same.
template <class T>
MatrixView<T> head_of(const Tensor& tensor, std::size_t batch, std::size_t head, std::size_t rows) {
  const std::size_t heads = tensor.size(2), width = tensor.size(3);
  if (tensor.size(0) == 1) batch = 0;
  if (heads == 1) head = 0;
  T* first = static_cast<T*>(tensor.data) + (batch * tensor.size(1) * heads + head) * width;
  return {first, rows, width, tensor.size(1) == 1 ? 0 : heads * width};
}

template <class T>
MatrixView<T> some_rows(const MatrixView<T>& matrix, Range rows) {
  return {matrix.row(rows.begin), rows.size(), matrix.columns, matrix.stride};
}

// How far apart a mask's values lie along [batch, heads, rows, keys]: 0 along what it broadcasts.
std::array<std::size_t, kRank> mask_strides(const Tensor& mask) {
  std::array<std::size_t, kRank> strides{};
  std::size_t stride = 1;
  for (std::size_t axis = mask.rank(); axis-- > 0; stride *= mask.size(axis))
    strides[axis + kRank - mask.rank()] = mask.size(axis) == 1 ? 0 : stride;
  return strides;
}

struct Scores {
  float* data;
  Range rows;
  std::size_t keys;
};

void add_mask(const Tensor& mask, std::size_t batch, std::size_t head, const Scores& scores,
              const BinaryKernels& kernels) {
  const auto strides = mask_strides(mask);
  const float* first =
      mask.f32() + batch * strides[0] + head * strides[1] + scores.rows.begin * strides[2];
  const bool single = strides[3] == 0 && scores.keys > 1;
  kernels.of(Binary::add)({{scores.data, scores.keys, false},
                           {first, strides[2], single},
                           scores.data,
                           scores.keys,
                           scores.rows.size(),
                           scores.keys});
}

void zero_nan_rows(const Scores& scores) {
  for (std::size_t row = 0; row < scores.rows.size(); ++row) {
    float* first = scores.data + row * scores.keys;
    if (*first != *first) std::fill_n(first, scores.keys, 0.0f);
  }
}

class HeadAttentionOp final : public Op {
 public:
  explicit HeadAttentionOp(bool nan_rows_to_zero) : nan_rows_to_zero_(nan_rows_to_zero) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const Shape any = {kAnySize, kAnySize, kAnySize, kAnySize};
    expect_type("q", inputs[0].type, {DType::kF32, any});
    const Shape& q = inputs[0].shape();
    expect_type("k", inputs[1].type, {DType::kF32, {kAnySize, kAnySize, kAnySize, q[3]}});
    expect_mask(inputs[kMask]);
    const Shape scores = score_shape(inputs);
    const TensorType& v = inputs[2].type;
    expect_type("v", v, {DType::kF32, {kAnySize, scores[3], kAnySize, kAnySize}});
    outputs[0] = {
        DType::kF32,
        {broadcast("v", scores[0], v, 0), scores[2], broadcast("v", scores[1], v, 2), v.shape[3]}};
  }

  std::size_t scratch_bytes(const Tensor* inputs, const Execution& execution) const override {
    const HeadSizes sizes(inputs);
    return std::min(execution.threads, sizes.items()) * sizes.part_bytes();
  }

  void run(const StepData& step, const Execution& execution) const override {
    const HeadSizes sizes(step.inputs);
    const Execution alone = {execution.isa, 1, execution.pool};
    share_out_parts(sizes.items(), sizes.values_per_item(), execution,
                    [&](Range items, std::size_t part) {
                      std::byte* scratch = step.scratch + part * sizes.part_bytes();
                      for (std::size_t item = items.begin; item < items.end; ++item)
                        attend(step, sizes, item, scratch, alone);
                    });
  }

 private:
  static void expect_mask(const Tensor& mask) {
    if (!mask.present) return;
    if (mask.type.dtype == DType::kF32 && mask.rank() <= kRank) return;
    refuse_value("mask: expected float32 of up to 4 axes, received ", type_text(mask.type));
  }

  void attend(const StepData& step, const HeadSizes& sizes, std::size_t item, std::byte* scratch,
              const Execution& execution) const {
    const std::size_t pair = item / sizes.blocks, first = item % sizes.blocks * sizes.row_block;
    const std::size_t batch = pair / sizes.heads, head = pair % sizes.heads;
    const Range rows = {first, std::min(sizes.rows, first + sizes.row_block)};
    const Scores scores = {reinterpret_cast<float*>(scratch), rows, sizes.keys};
    const MatrixView<float> matrix = {scores.data, rows.size(), sizes.keys, sizes.keys};
    std::byte* packed = scratch + sizes.score_bytes();

    const auto q = some_rows(head_of<const float>(step.inputs[0], batch, head, sizes.rows), rows);
    const auto k = head_of<const float>(step.inputs[1], batch, head, sizes.keys);
    matmul_f32({q, k, true, matrix}, packed, execution);
    if (sizes.keys > 0) {
      if (step.inputs[kMask].present) {
        add_mask(step.inputs[kMask], batch, head, scores, binary_kernels(execution.isa));
      }
      activation_kernels(execution.isa)
          .softmax(
              {scores.data, sizes.keys, scores.data, sizes.keys, rows.size(), sizes.keys, 0.0f});
      if (nan_rows_to_zero_) zero_nan_rows(scores);
    }
    const auto v = head_of<const float>(step.inputs[2], batch, head, sizes.keys);
    const auto y = some_rows(head_of<float>(step.outputs[0], batch, head, sizes.rows), rows);
    matmul_f32({{scores.data, rows.size(), sizes.keys, sizes.keys}, v, false, y}, packed,
               execution);
  }

  const bool nan_rows_to_zero_;
};

}  // namespace

std::unique_ptr<Op> make_head_attention(const OpRequest& request) {
  expect_inputs(request, {"q", "k", "v", "mask"}, kMask);
  request.attributes.allow_only({"nan_rows_to_zero"});
  return std::make_unique<HeadAttentionOp>(
      request.attributes.integer_or("nan_rows_to_zero", 0, 0, 1) != 0);
}

}  // namespace fourfold
