// The extension module fourfold._core. Its stub, python/fourfold/_core.pyi, documents it.
#include <pybind11/pybind11.h>

#include <exception>

#include "base/check.h"
#include "bindings/registers.h"

namespace fourfold {
namespace {

// pybind11 itself makes std::invalid_argument a ValueError and std::bad_alloc a MemoryError.
void translate(std::exception_ptr thrown) {
  try {
    if (thrown) std::rethrow_exception(thrown);
  } catch (const KindError& error) {
    pybind11::set_error(PyExc_TypeError, error.what());
  }
}

}  // namespace
}  // namespace fourfold

PYBIND11_MODULE(_core, module, pybind11::mod_gil_not_used()) {
  pybind11::register_local_exception_translator(&fourfold::translate);
  fourfold::register_isa(module);
  fourfold::register_packing(module);
  fourfold::register_kernels(module);
  fourfold::register_program(module);
}
