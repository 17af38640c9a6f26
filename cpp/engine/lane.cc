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
  chunk_rows_ = plan.streaming.chunk_rows;
  operands_.clear();
  inputs_.clear();
  outputs_.clear();
  for (const PlannedOperand& operand : plan.operands) {
    const Place& place = operand.place;
    void* data = nullptr;
    if (place.kind == Place::kArena) data = arena_.data() + place.index;
    if (place.kind == Place::kConstant) data = writable(place.constant);
    const std::size_t row_bytes = chunk_rows_ > 0 ? byte_count(operand.type) / chunk_rows_ : 0;
    const CallersOperand of_caller = {operands_.size(), place.index, row_bytes};
    if (place.kind == Place::kInput) inputs_.push_back(of_caller);
    if (place.kind == Place::kOutput) outputs_.push_back(of_caller);
    operands_.push_back({operand.type, data, place.kind != Place::kAbsentInput});
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

// What belongs to this run: where the caller's arrays lie.
void Lane::patch(const std::vector<const void*>& inputs, const std::vector<void*>& outputs,
                 std::size_t first_row) {
  for (const CallersOperand& input : inputs_) {
    operands_[input.operand].data = row_of(inputs[input.number], first_row * input.row_bytes);
  }
  for (const CallersOperand& output : outputs_) {
    operands_[output.operand].data = row_of(outputs[output.number], first_row * output.row_bytes);
  }
}

// The last chunk may be shorter; its operands start where those of a full one do.
void Lane::set_rows(std::size_t rows) {
  if (rows == chunk_rows_) return;
  chunk_rows_ = rows;
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
