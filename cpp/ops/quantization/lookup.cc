// lookup: y = table[x + 128], any function of one int8 value.
//
// Inputs      x int8, any shape; table: a constant [256], of any type of one or four bytes.
// Attributes  none.
#include <cstring>
#include <memory>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

constexpr std::int64_t kEntries = 256;
constexpr std::size_t kOfZero = 128;  // the entry of x = 0

void look_up_words(const std::int8_t* x, const void* table, std::size_t count, void* y) {
  const std::uint32_t* of_zero = static_cast<const std::uint32_t*>(table) + kOfZero;
  auto* to = static_cast<std::uint32_t*>(y);
  for (std::size_t i = 0; i < count; ++i)
    to[i] = of_zero[x[i]];
}

// Eight at a time, each in its place in a word: x and y are read and written an eighth as often.
void look_up_bytes(const std::int8_t* x, const void* table, std::size_t count, void* y) {
  const std::uint8_t* of_zero = static_cast<const std::uint8_t*>(table) + kOfZero;
  auto* to = static_cast<std::uint8_t*>(y);
  std::size_t i = 0;
  for (std::uint64_t eight; i + sizeof eight <= count; i += sizeof eight) {
    std::memcpy(&eight, x + i, sizeof eight);
    std::uint64_t found = 0;
    for (unsigned bits = 0; bits < 64; bits += 8)
      found |= std::uint64_t{of_zero[static_cast<std::int8_t>(eight >> bits)]} << bits;
    std::memcpy(to + i, &found, sizeof found);
  }
  for (; i < count; ++i)
    to[i] = of_zero[x[i]];
}

class LookupOp final : public Op {
 public:
  LookupOp(const void* table, DType dtype) : table_(table), dtype_(dtype) {}

  bool row_wise() const override { return true; }
  bool infers_any_size() const override { return true; }
  std::size_t overwritable_inputs() const override { return 1; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const Shape& shape = inputs[0].shape();
    expect_type("x", inputs[0].type, {DType::kS8, shape});
    outputs[0] = {dtype_, shape};
  }

  void run(const StepData& step, const Execution& execution) const override {
    const auto* x = step.inputs[0].values<std::int8_t>();
    auto* y = step.outputs[0].values_out<std::byte>();
    const std::size_t bytes = dtype_bytes(dtype_);
    const auto look = bytes == 1 ? look_up_bytes : look_up_words;
    share_out(element_count(step.inputs[0].shape()), 1, execution, [&](Range part) {
      look(x + part.begin, table_, part.size(), y + part.begin * bytes);
    });
  }

 private:
  const void* const table_;
  const DType dtype_;
};

}  // namespace

std::unique_ptr<Op> make_lookup(const OpRequest& request) {
  expect_inputs(request, {"x", "table"});
  request.attributes.allow_only({});
  const OpInput& table = request.inputs[1];
  const DType dtype = table.type.dtype;
  const void* values = expect_constant("table", table, {dtype, {kEntries}});
  if (dtype_bytes(dtype) != 1 && dtype_bytes(dtype) != 4) {
    refuse_value("table: expected elements of one or four bytes, received ", type_text(table.type));
  }
  return std::make_unique<LookupOp>(values, dtype);
}

}  // namespace fourfold
