// gather_s8: y[i.., k] = float(table[indices[i..], k]) * scales[indices[i..]], rows of an embedding
// that is stored in int8 with one scale per row.
//
// Inputs      table int8 [rows, columns]; indices int32 or int64 of any shape, from -rows to
//             rows - 1; scales float32 [rows].
// Attributes  rows and columns, both or neither: with them the table is the transposed weight of a
//             linear layer that shares it, `columns` deep and `rows` wide, and scales are that
//             layer's: int8 [R/16, K/4, 16, 4] and float32 [R], with R rows padded to 16 and K
//             columns padded to 64, or plain, int8 [columns, rows] and float32 [rows].
// Each element is rounded once: the same bits on every ISA.
#include <memory>

#include "ops/checks.h"
#include "ops/movement/indices.h"
#include "ops/packed_shapes.h"
#include "ops/registry.h"
#include "ops/share_out.h"
#include "ops/stored_s8.h"

namespace fourfold {
namespace {

// How the table lies, and how a row of it is read.
class TableS8 {
 public:
  TableS8() = default;
  virtual ~TableS8() = default;
  TableS8(const TableS8&) = delete;
  TableS8& operator=(const TableS8&) = delete;

  virtual void check(const Tensor& table, const Tensor& scales) const = 0;
  virtual std::int64_t rows(const Tensor& table) const = 0;
  virtual std::int64_t columns(const Tensor& table) const = 0;
  virtual void scale_row(const Tensor& table, std::size_t row, float scale, float* y) const = 0;
};

class PlainTable final : public TableS8 {
 public:
  void check(const Tensor& table, const Tensor& scales) const override {
    expect_type("table", table.type, {DType::kS8, {kAnySize, kAnySize}});
    expect_type("scales", scales.type, {DType::kF32, {table.type.shape[0]}});
  }

  std::int64_t rows(const Tensor& table) const override { return table.type.shape[0]; }
  std::int64_t columns(const Tensor& table) const override { return table.type.shape[1]; }

  void scale_row(const Tensor& table, std::size_t row, float scale, float* y) const override {
    const std::size_t columns = table.size(1);
    const auto* values = table.values<std::int8_t>() + row * columns;
    for (std::size_t k = 0; k < columns; ++k)
      y[k] = static_cast<float>(values[k]) * scale;
  }
};

// A row is a column of the weight: four values of it in each 64 bytes of its panel, or, plain, one in
// each row.
class TransposedTable final : public TableS8 {
 public:
  TransposedTable(std::size_t rows, std::size_t columns) : rows_(rows), columns_(columns) {}

  void check(const Tensor& table, const Tensor& scales) const override {
    const StoredS8 stored = expect_stored_s8("table", table.type, {{}, columns_, 1, rows_});
    expect_type("scales", scales.type, stored.per_column());
  }

  std::int64_t rows(const Tensor&) const override { return signed_size(rows_); }
  std::int64_t columns(const Tensor&) const override { return signed_size(columns_); }

  void scale_row(const Tensor& table, std::size_t row, float scale, float* y) const override {
    const auto* data = table.values<std::int8_t>();
    if (table.rank() == plain_s8_shape(columns_, rows_).rank()) {
      for (std::size_t k = 0; k < columns_; ++k)
        y[k] = static_cast<float>(data[k * rows_ + row]) * scale;
      return;
    }
    const PackedS8 packed = {data, columns_, rows_};
    const std::int8_t* values = packed.panel(row) + row % kPanelColumns * kDepthGroup;
    for (std::size_t k = 0; k < columns_; ++k) {
      const std::size_t group = k / kDepthGroup * kPanelColumns * kDepthGroup;
      y[k] = static_cast<float>(values[group + k % kDepthGroup]) * scale;
    }
  }

 private:
  const std::size_t rows_;
  const std::size_t columns_;
};

class GatherS8Op final : public Op {
 public:
  explicit GatherS8Op(std::unique_ptr<TableS8> table) : table_(std::move(table)) {}

  bool infers_any_size() const override { return true; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    table_->check(inputs[0], inputs[2]);
    expect_indices(inputs[1].type);
    outputs[0] = {DType::kF32, inputs[1].type.shape};
    outputs[0].shape.append(table_->columns(inputs[0]));
  }

  std::size_t scratch_bytes(const Tensor* inputs, const Execution&) const override {
    return element_count(inputs[1].type.shape) * sizeof(std::int64_t);
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor& table = step.inputs[0];
    const auto columns = static_cast<std::size_t>(table_->columns(table));
    auto* rows = reinterpret_cast<std::int64_t*>(step.scratch);
    find_places(step.inputs[1], static_cast<std::size_t>(table_->rows(table)), rows);
    const float* scales = step.inputs[2].f32();
    float* y = step.outputs[0].f32_out();
    const std::size_t count = element_count(step.inputs[1].shape());
    share_out(count, columns, execution, [&](Range range) {
      for (std::size_t i = range.begin; i < range.end; ++i) {
        const auto row = static_cast<std::size_t>(rows[i]);
        table_->scale_row(table, row, scales[row], y + i * columns);
      }
    });
  }

 private:
  const std::unique_ptr<const TableS8> table_;
};

std::unique_ptr<TableS8> table_of(const Attributes& attributes) {
  if (!attributes.has("rows") && !attributes.has("columns")) return std::make_unique<PlainTable>();
  return std::make_unique<TransposedTable>(attributes.size("rows", kMaxColumns),
                                           attributes.size("columns", kMaxDepth));
}

}  // namespace

std::unique_ptr<Op> make_gather_s8(const OpRequest& request) {
  expect_inputs(request, {"table", "indices", "scales"});
  request.attributes.allow_only({"rows", "columns"});
  return std::make_unique<GatherS8Op>(table_of(request.attributes));
}

}  // namespace fourfold
