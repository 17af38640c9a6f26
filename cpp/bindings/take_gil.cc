#include "bindings/take_gil.h"

#include <chrono>
#include <thread>

#ifndef _WIN32
#include <pthread.h>
#endif

namespace fourfold {
namespace {

// The process ends without this thread.
void stop_here(void*) {
  for (;;)
    std::this_thread::sleep_for(std::chrono::hours(1));
}

}  // namespace

// The cleanup handler runs before any C++ frame is unwound, and never returns. Catching the forced
// unwinding instead would hang on whose unwinder does it: glibc's is libgcc's, a wheel may carry
// LLVM's, and the two crash on each other's frames. This file is built without exceptions, since
// with them glibc's handler is a destructor, which the unwinder would have to find.
void take_gil(PyThreadState* state) {
#ifdef _WIN32
  PyEval_RestoreThread(state);
#else
  pthread_cleanup_push(stop_here, nullptr);
  PyEval_RestoreThread(state);
  pthread_cleanup_pop(0);
#endif
}

}  // namespace fourfold
