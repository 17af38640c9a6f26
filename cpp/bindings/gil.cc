#include "bindings/gil.h"

#include <chrono>
#include <thread>

namespace fourfold {

void take_gil(PyThreadState* state) {
  try {
    PyEval_RestoreThread(state);
  } catch (...) {
    // Only glibc's forced unwinding comes by here. The process ends without this thread.
    for (;;)
      std::this_thread::sleep_for(std::chrono::hours(1));
  }
}

}  // namespace fourfold
