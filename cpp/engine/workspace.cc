#include "engine/workspace.h"

#include "base/float_environment.h"
#include "isa/select.h"

namespace fourfold {
namespace {

// An arena of this size takes a run that is long enough to fetch it from the system again.
constexpr std::size_t kKeepBytes = std::size_t{64} << 20;

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
  const FloatEnvironment float_environment;
  const Streaming& streaming = plan_->streaming;
  if (streaming.chunk_rows == 0) return lanes_[0].run(inputs_, outputs_);
  plan_->execution.pool->run(streaming.lanes, [&](std::size_t lane) {
    const Range rows = part_of(streaming.rows, kLaneStep, streaming.lanes, lane);
    lanes_[lane].run_rows(inputs_, outputs_, rows);
  });
}

// What is the same in every run of this plan.
void Workspace::bind() {
  if (lanes_.size() < plan_->streaming.lanes) lanes_.resize(plan_->streaming.lanes);
  for (std::size_t lane = 0; lane < plan_->streaming.lanes; ++lane)
    lanes_[lane].bind(*plan_);
  bound_ = true;
}

void Workspace::trim() {
  std::size_t bytes = 0;
  for (const Lane& lane : lanes_)
    bytes += lane.bytes();
  if (bytes <= kKeepBytes) return;
  lanes_.clear();
  bound_ = false;
}

}  // namespace fourfold
