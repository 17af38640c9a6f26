// Something that the first to need it makes, and all share: of two that are first at once, one wins.
#pragma once

#include <atomic>
#include <memory>

namespace fourfold {

template <class T>
class MadeOnce {
 public:
  MadeOnce() = default;
  MadeOnce(const MadeOnce&) = delete;
  MadeOnce& operator=(const MadeOnce&) = delete;
  ~MadeOnce() { delete made_.load(std::memory_order_relaxed); }

  // make() returns a T. What it throws leaves nothing behind.
  template <class Make>
  const T& get(const Make& make) const {
    const T* made = made_.load(std::memory_order_acquire);
    if (made != nullptr) return *made;
    auto fresh = std::make_unique<const T>(make());
    if (!made_.compare_exchange_strong(made, fresh.get(), std::memory_order_acq_rel)) return *made;
    return *fresh.release();
  }

 private:
  mutable std::atomic<const T*> made_{nullptr};
};

}  // namespace fourfold
