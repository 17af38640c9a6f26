#include "engine/plan_cache.h"

#include <algorithm>

namespace fourfold {

std::shared_ptr<const Plan> PlanCache::find_or_make(const Program& program, const PlanKey& key,
                                                    const std::vector<Tensor>& inputs) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.key == key; });
  if (found != entries_.end()) {
    std::rotate(entries_.begin(), found, found + 1);
  } else {
    const Execution execution = {key.isa, key.threads, &ThreadPool::shared()};
    auto plan = std::make_shared<const Plan>(make_plan(program, inputs, execution));
    if (entries_.size() == kCapacity) entries_.pop_back();
    entries_.insert(entries_.begin(), {key, std::move(plan)});
  }
  return entries_.front().plan;
}

}  // namespace fourfold
