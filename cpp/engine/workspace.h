// The memory of one run: used by one thread at a time, kept for the next run.
#pragma once

#include <memory>
#include <vector>

#include "engine/lane.h"
#include "engine/plan_cache.h"

namespace fourfold {

class Workspace {
 public:
  explicit Workspace(const Program& program);

  // Set all inputs first, then the plan, then all outputs, then run.
  void set_input(std::size_t i, const Shape& shape, const void* data);
  const Plan& choose_plan(const Program& program, PlanCache& plans, std::size_t max_threads);
  void set_output(std::size_t i, void* data) { outputs_[i] = data; }

  // Runs the plan. Throws std::bad_alloc; allocates only if the plan is another than last time.
  void run();

  // True if choosing a plan runs steps of the program, and must be done anew in every call.
  bool plans_anew(const Program& program) const;

  // Gives back memory that is too much to keep.
  void trim();

 private:
  void bind();
  void append_needed_bytes(const Program& program);
  std::vector<Tensor> input_tensors(const Program& program) const;

  PlanKey key_;                             // of this run
  PlanKey bound_key_;                       // of plan_
  std::shared_ptr<const Plan> plan_;        // null before the first run
  bool bound_ = false;                      // lanes_ are those of plan_
  std::vector<std::size_t> needed_inputs_;  // those that Program::is_needed
  std::vector<const void*> inputs_;
  std::vector<void*> outputs_;
  std::vector<Lane> lanes_;
};

}  // namespace fourfold
