// A value that the first who asks for it makes, and that is then kept: what an op derives from
// weights, which may be a mapped file that loading must not read.
#pragma once

#include <atomic>
#include <memory>

namespace fourfold {

template <class T>
class MadeOnce {
 public:
  MadeOnce() = default;
  ~MadeOnce() { delete value_.load(std::memory_order_relaxed); }
  MadeOnce(const MadeOnce&) = delete;
  MadeOnce& operator=(const MadeOnce&) = delete;

  // make() gives a std::unique_ptr<T>. Two who ask first at once both make one, and one wins.
  template <class Make>
  const T& get(const Make& make) const {
    const T* value = value_.load(std::memory_order_acquire);
    if (value != nullptr) return *value;
    std::unique_ptr<const T> fresh = make();
    if (value_.compare_exchange_strong(value, fresh.get(), std::memory_order_acq_rel)) {
      return *fresh.release();
    }
    return *value;
  }

 private:
  mutable std::atomic<const T*> value_{nullptr};
};

}  // namespace fourfold
