#include "engine/workspace.h"

#include <algorithm>

#include "base/float_environment.h"
#include "isa/select.h"

namespace fourfold {
namespace {

// An arena of this size takes a run that is long enough to fetch it from the system again.
constexpr std::size_t kKeepBytes = std::size_t{64} << 20;
// Inputs that decide shapes are a few sizes. If there is more than this, each call is a new case.
constexpr std::size_t kKeyBytes = 1024;

}  // namespace

Workspace::Workspace(const Program& program)
    : inputs_(program.inputs().size()), outputs_(program.outputs().size()) {
  key_.input_shapes.resize(inputs_.size());
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (program.is_needed(i)) needed_inputs_.push_back(i);
  }
}

void Workspace::set_input(std::size_t i, const Shape& shape, const void* data) {
  key_.input_shapes[i] = shape;
  inputs_[i] = data;
}

const Plan& Workspace::choose_plan(const Program& program, PlanCache& plans,
                                   std::size_t max_threads) {
  key_.isa = active_isa();
  key_.threads = ThreadPool::shared().threads();
  if (max_threads > 0) key_.threads = std::min(key_.threads, max_threads);
  key_.needed_bytes.clear();
  if (plans_anew(program)) {
    const Execution execution = {key_.isa, key_.threads, &ThreadPool::shared()};
    plan_ = std::make_shared<const Plan>(make_plan(program, input_tensors(program), execution));
    bound_key_ = {};
    bound_ = false;
    return *plan_;
  }
  append_needed_bytes(program);
  if (plan_ == nullptr || !(key_ == bound_key_)) {
    plan_ = plans.find_or_make(program, key_, input_tensors(program));
    bound_key_ = key_;
    bound_ = false;
  }
  return *plan_;
}

bool Workspace::plans_anew(const Program& program) const {
  std::size_t bytes = 0;
  for (const std::size_t i : needed_inputs_)
    bytes += byte_count({program.inputs()[i].type.dtype, key_.input_shapes[i]});
  return bytes > kKeyBytes;
}

void Workspace::append_needed_bytes(const Program& program) {
  for (const std::size_t i : needed_inputs_) {
    const auto* bytes = static_cast<const std::byte*>(inputs_[i]);
    const TensorType type = {program.inputs()[i].type.dtype, key_.input_shapes[i]};
    key_.needed_bytes.insert(key_.needed_bytes.end(), bytes, bytes + byte_count(type));
  }
}

std::vector<Tensor> Workspace::input_tensors(const Program& program) const {
  std::vector<Tensor> tensors;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    void* data = program.is_needed(i) ? const_cast<void*>(inputs_[i]) : nullptr;
    tensors.push_back({{program.inputs()[i].type.dtype, key_.input_shapes[i]}, data});
  }
  return tensors;
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
