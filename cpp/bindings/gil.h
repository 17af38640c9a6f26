// Running without Python's GIL.
#pragma once

#include <Python.h>

#include <exception>

namespace fourfold {

// Takes the GIL back. If the interpreter is shutting down the thread stops here for good, as
// Python 3.14 makes it: earlier Pythons end it with pthread_exit, which unwinds the C++ frames of
// the call, and with them drops references without the GIL, or ends in std::terminate.
void take_gil(PyThreadState* state);

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
