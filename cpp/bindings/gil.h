// Running without Python's GIL.
#pragma once

#include <exception>

#include "bindings/take_gil.h"

namespace fourfold {

// work() must not touch Python. What it throws reaches the caller, under the GIL.
template <class Work>
void without_gil(const Work& work) {
  std::exception_ptr error;
  PyThreadState* const state = PyEval_SaveThread();
  try {
    work();
  } catch (...) {
    error = std::current_exception();
  }
  take_gil(state);
  if (error) std::rethrow_exception(error);
}

}  // namespace fourfold
