// Runs a program, from any number of threads at once.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/plan_cache.h"
#include "engine/program.h"
#include "engine/workspace.h"

namespace fourfold {

class Executor {
 public:
  explicit Executor(ProgramSpec spec) : program_(std::move(spec)) {}

  const Program& program() const { return program_; }

  // Threads that a run uses at most, of those of the pool; 0: all of them.
  std::size_t max_threads() const { return max_threads_.load(std::memory_order_relaxed); }
  void set_max_threads(std::size_t threads) { max_threads_.store(threads); }

  // One run, of one thread: borrows a workspace, and returns it. Call its functions in this order.
  class Run {
   public:
    explicit Run(Executor& executor)
        : executor_(executor), workspace_(executor.borrow_workspace()) {}
    ~Run() { executor_.return_workspace(std::move(workspace_)); }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    // For every input: its shape, and its data in the input's dtype, C-contiguous and aligned.
    void set_input(std::size_t i, const Shape& shape, const void* data) {
      workspace_->set_input(i, shape, data);
    }
    // True if output_types takes as long as a run, and no lock that another run could hold.
    bool plans_anew() const { return workspace_->plans_anew(executor_.program_); }
    // The outputs' types. Throws std::invalid_argument if the shapes do not fit.
    const std::vector<TensorType>& output_types() {
      return workspace_->choose_plan(executor_.program_, executor_.plans_, executor_.max_threads())
          .outputs;
    }
    // For every output: memory of its size, aligned for its dtype.
    void set_output(std::size_t i, void* data) { workspace_->set_output(i, data); }
    // Takes no lock that another run could hold.
    void execute() { workspace_->run(); }

   private:
    Executor& executor_;
    std::unique_ptr<Workspace> workspace_;
  };

 private:
  std::unique_ptr<Workspace> borrow_workspace();
  void return_workspace(std::unique_ptr<Workspace> workspace) noexcept;

  const Program program_;
  std::atomic<std::size_t> max_threads_{0};
  PlanCache plans_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Workspace>> idle_;  // as many as there ever were runs at once
};

}  // namespace fourfold
