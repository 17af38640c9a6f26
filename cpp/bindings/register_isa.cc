#include <pybind11/stl.h>

#include <string>
#include <vector>

#include "base/check.h"
#include "base/cpu_budget.h"
#include "base/freed_memory.h"
#include "base/thread_pool.h"
#include "bindings/registers.h"
#include "isa/detect.h"
#include "isa/select.h"

namespace fourfold {
namespace {

namespace py = pybind11;

std::vector<std::string> supported_isa_names() {
  std::vector<std::string> names;
  for (const Isa isa : supported_isas())
    names.emplace_back(isa_name(isa));
  return names;
}

void set_threads(py::ssize_t threads) {
  if (threads < 1) refuse_value("threads: expected 1 to ", kMaxThreads, ", received ", threads);
  ThreadPool::shared().set_threads(static_cast<std::size_t>(threads));
}

}  // namespace

void register_isa(py::module_& module) {
  module.def("supported_isas", supported_isa_names);
  module.def("active_isa", [] { return isa_name(active_isa()); });
  module.def("use_isa", use_isa, py::arg("name"));
  module.def("set_threads", set_threads, py::arg("threads"));
  module.def("get_threads", [] { return ThreadPool::shared().threads(); });
  module.def("thread_budget", thread_budget);
  module.def("cpu_name", cpu_name);
  module.def("give_back_freed_memory", give_back_freed_memory,
             py::call_guard<py::gil_scoped_release>());
}

}  // namespace fourfold
