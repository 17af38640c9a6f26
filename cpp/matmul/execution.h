// What a computation runs on: fixed once, when it is planned, so that a change of the process-wide
// settings (use_isa, set_threads) by another thread can't change sizes under a running one.
#pragma once

#include <cstddef>

#include "base/thread_pool.h"
#include "isa/isa.h"

namespace fourfold {

struct Execution {
  Isa isa;
  std::size_t threads;  // bounds the parts that work is cut into; the pool may run them on fewer
  ThreadPool* pool;
};

}  // namespace fourfold
