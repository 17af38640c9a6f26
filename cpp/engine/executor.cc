#include "engine/executor.h"

namespace fourfold {

std::unique_ptr<Workspace> Executor::borrow_workspace() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<Workspace> workspace = std::move(idle_.back());
      idle_.pop_back();
      return workspace;
    }
  }
  return std::make_unique<Workspace>(program_);
}

void Executor::return_workspace(std::unique_ptr<Workspace> workspace) noexcept {
  workspace->trim();
  const std::lock_guard<std::mutex> lock(mutex_);
  try {
    idle_.push_back(std::move(workspace));
  } catch (const std::bad_alloc&) {
    // One workspace fewer to keep: the next run makes its own.
  }
}

}  // namespace fourfold
