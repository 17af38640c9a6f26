// What a forked child must put right before it goes on: the parent's threads did not come along.
#pragma once

#if !defined(_WIN32)
#include <pthread.h>
#endif

namespace fourfold {

// Calls `repair` in every child forked from now on. Register each function once.
inline void repair_after_fork([[maybe_unused]] void (*repair)()) {
#if !defined(_WIN32)
  pthread_atfork(nullptr, nullptr, repair);
#endif
}

}  // namespace fourfold
