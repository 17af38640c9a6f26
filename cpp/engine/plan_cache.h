// The plans of one program, the last used first.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "engine/plan.h"

namespace fourfold {

// What a plan depends on. Compared in every call.
struct PlanKey {
  std::vector<Shape> input_shapes;
  std::vector<std::byte>
      needed_bytes;  // of the inputs that Program::is_needed, one after the other
  Isa isa;
  std::size_t threads;

  friend bool operator==(const PlanKey& a, const PlanKey& b) {
    return a.isa == b.isa && a.threads == b.threads && a.input_shapes == b.input_shapes &&
           a.needed_bytes == b.needed_bytes;
  }
};

class PlanCache {
 public:
  // The cached plan for the key, or a new one for these inputs. Throws what make_plan throws.
  std::shared_ptr<const Plan> find_or_make(const Program& program, const PlanKey& key,
                                           const std::vector<Tensor>& inputs);

 private:
  // Servers that pad to a few lengths need a handful; a stream of ever new batch sizes must not
  // grow without bound. Plans take a few kilobytes and microseconds each.
  static constexpr std::size_t kCapacity = 64;

  struct Entry {
    PlanKey key;
    std::shared_ptr<const Plan> plan;
  };

  std::mutex mutex_;
  std::vector<Entry> entries_;  // last used first
};

}  // namespace fourfold
