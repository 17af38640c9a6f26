#include "engine/workspace.h"

#include <cstring>

#include "base/float_environment.h"
#include "isa/select.h"

namespace fourfold {
namespace {

// An arena of this size takes a run that is long enough to fetch it from the system again.
constexpr std::size_t kKeepBytes = std::size_t{256} << 20;

}  // namespace

void Workspace::set_input(std::size_t i, const Shape& shape, const void* data) {
  key_.input_shapes[i] = shape;
  inputs_[i] = data;
}

const Plan& Workspace::choose_plan(const Program& program, PlanCache& plans) {
  key_.isa = active_isa();
  key_.threads = ThreadPool::shared().threads();
  if (plan_ == nullptr || !(key_ == bound_key_)) {
    plan_ = plans.find_or_make(program, key_);
    bound_key_ = key_;
    bound_ = false;
  }
  return *plan_;
}

void Workspace::run() {
  if (!bound_) bind();
  patch();
  const FloatEnvironment float_environment;
  for (const PlannedStep& step : plan_->steps) {
    step.op->run({&operands_[step.inputs], &operands_[step.outputs], arena_.data() + step.scratch},
                 plan_->execution);
  }
  for (const PlannedCopy& copy : plan_->copies) {
    if (copy.bytes > 0) std::memcpy(operands_[copy.to].data, operands_[copy.from].data, copy.bytes);
  }
}

// What is the same in every run of this plan.
void Workspace::bind() {
  if (arena_.bytes() < plan_->arena_bytes) {
    arena_ = AlignedBuffer();
    arena_ = AlignedBuffer(plan_->arena_bytes);
  }
  operands_.clear();
  for (const PlannedOperand& operand : plan_->operands) {
    void* data = nullptr;
    if (operand.place.kind == Place::kArena) data = arena_.data() + operand.place.index;
    // Ops read their inputs only; Tensor is one type for both.
    if (operand.place.kind == Place::kConstant) data = const_cast<void*>(operand.place.constant);
    operands_.push_back({operand.type, data});
  }
  bound_ = true;
}

// What belongs to this run.
void Workspace::patch() {
  for (std::size_t i = 0; i < operands_.size(); ++i) {
    const Place& place = plan_->operands[i].place;
    if (place.kind == Place::kInput) operands_[i].data = const_cast<void*>(inputs_[place.index]);
    if (place.kind == Place::kOutput) operands_[i].data = outputs_[place.index];
  }
}

void Workspace::trim() {
  if (arena_.bytes() <= kKeepBytes) return;
  arena_ = AlignedBuffer();
  bound_ = false;
}

}  // namespace fourfold
