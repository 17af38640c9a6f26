#include "engine/lane.h"

#include <algorithm>
#include <cstring>

namespace fourfold {
namespace {

// Ops read their inputs only; Tensor is one type for both.
void* writable(const void* data) {
  return const_cast<void*>(data);
}

std::byte* row_of(const void* data, std::size_t offset) {
  return static_cast<std::byte*>(writable(data)) + offset;
}

}  // namespace

void Lane::bind(const Plan& plan) {
  if (arena_.bytes() < plan.arena_bytes) {
    arena_ = AlignedBuffer();
    arena_ = AlignedBuffer(plan.arena_bytes);
  }
  plan_ = &plan;
  operands_.clear();
  row_bytes_.clear();
  for (const PlannedOperand& operand : plan.operands) {
    void* data = nullptr;
    if (operand.place.kind == Place::kArena) data = arena_.data() + operand.place.index;
    if (operand.place.kind == Place::kConstant) data = writable(operand.place.constant);
    operands_.push_back({operand.type, data, operand.place.kind != Place::kAbsentInput});
    if (plan.streaming.chunk_rows > 0) {
      row_bytes_.push_back(byte_count(operand.type) / plan.streaming.chunk_rows);
    }
  }
}

void Lane::run(const std::vector<const void*>& inputs, const std::vector<void*>& outputs) {
  patch(inputs, outputs, 0);
  run_steps();
  for (const PlannedCopy& copy : plan_->copies) {
    if (copy.bytes > 0) std::memcpy(operands_[copy.to].data, operands_[copy.from].data, copy.bytes);
  }
}

void Lane::run_rows(const std::vector<const void*>& inputs, const std::vector<void*>& outputs,
                    Range rows) {
  for (std::size_t row = rows.begin; row < rows.end; row += plan_->streaming.chunk_rows) {
    patch(inputs, outputs, row);
    set_rows(std::min(plan_->streaming.chunk_rows, rows.end - row));
    run_steps();
  }
}

// What belongs to this run: where the operands that are inputs and outputs lie.
void Lane::patch(const std::vector<const void*>& inputs, const std::vector<void*>& outputs,
                 std::size_t first_row) {
  for (std::size_t i = 0; i < operands_.size(); ++i) {
    const Place& place = plan_->operands[i].place;
    const std::size_t offset = first_row == 0 ? 0 : first_row * row_bytes_[i];
    if (place.kind == Place::kInput) operands_[i].data = row_of(inputs[place.index], offset);
    if (place.kind == Place::kOutput) operands_[i].data = row_of(outputs[place.index], offset);
  }
}

// The last chunk may be shorter; its operands start where those of a full one do.
void Lane::set_rows(std::size_t rows) {
  for (std::size_t i = 0; i < operands_.size(); ++i) {
    if (plan_->operands[i].place.kind == Place::kConstant || !operands_[i].present) continue;
    operands_[i].type.shape.set_first(static_cast<std::int64_t>(rows));
  }
}

void Lane::run_steps() {
  for (const PlannedStep& step : plan_->steps) {
    step.op->run({&operands_[step.inputs], &operands_[step.outputs], arena_.data() + step.scratch},
                 plan_->execution);
  }
}

}  // namespace fourfold
