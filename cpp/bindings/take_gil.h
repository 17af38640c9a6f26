// The GIL again, after work that ran without it.
#pragma once

#include <Python.h>

namespace fourfold {

// If the interpreter is shutting down the thread stops here for good, as Python 3.14 makes it:
// earlier Pythons end it with pthread_exit, which unwinds the C++ frames of the call, and with them
// drops references without the GIL, or ends in std::terminate.
void take_gil(PyThreadState* state);

}  // namespace fourfold
