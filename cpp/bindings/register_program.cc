#include <pybind11/stl.h>

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/check.h"
#include "bindings/arrays.h"
#include "bindings/gil.h"
#include "bindings/registers.h"
#include "engine/executor.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

// The arguments of Program as Python gives them.
using InputTuple = std::tuple<std::string, std::string, std::vector<std::optional<std::int64_t>>>;
using StepTuple = std::tuple<std::string, std::vector<std::optional<std::int64_t>>,
                             std::vector<std::int64_t>, std::map<std::string, Attributes::Value>>;

ValueNumber value_number(std::int64_t number) {
  if (number < 0) refuse_value("expected value numbers of 0 or more, received ", number);
  return static_cast<ValueNumber>(number);
}

std::vector<ValueNumber> value_numbers(const std::vector<std::int64_t>& numbers) {
  std::vector<ValueNumber> values;
  for (const std::int64_t number : numbers)
    values.push_back(value_number(number));
  return values;
}

// None is an optional input that is left out.
std::vector<ValueNumber> step_inputs(const std::vector<std::optional<std::int64_t>>& numbers) {
  std::vector<ValueNumber> values;
  for (const std::optional<std::int64_t>& number : numbers)
    values.push_back(number ? value_number(*number) : kAbsent);
  return values;
}

InputSpec input_spec(const InputTuple& given) {
  const auto& [name, dtype, sizes] = given;
  InputSpec input = {name, {dtype_named(dtype), {}}};
  for (const std::optional<std::int64_t>& size : sizes) {
    if (size && *size < 0) refuse_value(name, ": expected sizes of 0 or more, received ", *size);
    input.type.shape.append(size.value_or(kAnySize));
  }
  return input;
}

ProgramSpec program_spec(const std::vector<InputTuple>& inputs,
                         const std::vector<py::array>& constants,
                         const std::vector<StepTuple>& steps,
                         const std::vector<std::int64_t>& outputs) {
  ProgramSpec spec;
  for (const InputTuple& input : inputs)
    spec.inputs.push_back(input_spec(input));
  for (std::size_t i = 0; i < constants.size(); ++i) {
    spec.constants.push_back(borrow_constant(constants[i], i));
  }
  for (const auto& [op, inputs_of_step, outputs_of_step, attributes] : steps) {
    spec.steps.push_back(
        {op, step_inputs(inputs_of_step), value_numbers(outputs_of_step), Attributes(attributes)});
  }
  spec.outputs = value_numbers(outputs);
  return spec;
}

// A program and the arrays that it reads.
class BoundProgram {
 public:
  BoundProgram(const std::vector<InputTuple>& inputs, std::vector<py::array> constants,
               const std::vector<StepTuple>& steps, const std::vector<std::int64_t>& outputs)
      : constants_(std::move(constants)),
        executor_(program_spec(inputs, constants_, steps, outputs)) {}

  // The workspace is borrowed and returned under the GIL: a fork, which happens under it too, then
  // never finds the executor's lock taken.
  py::object call(const py::args& arguments) {
    const std::vector<InputSpec>& inputs = executor_.program().inputs();
    if (arguments.size() != inputs.size()) refuse_count(arguments.size());
    std::vector<py::object> converted;
    Executor::Run run(executor_);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      Shape shape;
      const py::handle argument = PyTuple_GET_ITEM(arguments.ptr(), static_cast<py::ssize_t>(i));
      const void* data = borrow_input(argument, inputs[i], shape, converted);
      run.set_input(i, shape, data);
    }
    const std::vector<TensorType>& types = output_types(run);
    if (types.size() == 1) {
      py::array result = make_array(types[0]);
      run.set_output(0, result.mutable_data());
      without_gil([&] { run.execute(); });
      return std::move(result);
    }
    py::tuple results(types.size());
    for (std::size_t i = 0; i < types.size(); ++i) {
      py::array result = make_array(types[i]);
      run.set_output(i, result.mutable_data());
      results[i] = std::move(result);
    }
    without_gil([&] { run.execute(); });
    return std::move(results);
  }

  std::size_t max_threads() const { return executor_.max_threads(); }
  void set_max_threads(std::int64_t threads) {
    constexpr auto kMost = static_cast<std::int64_t>(kMaxThreads);
    if (threads < 0 || threads > kMost) {
      refuse_value("max_threads: expected 0 to ", kMost, ", received ", threads);
    }
    executor_.set_max_threads(static_cast<std::size_t>(threads));
  }

 private:
  static const std::vector<TensorType>& output_types(Executor::Run& run) {
    if (!run.plans_anew()) return run.output_types();
    const std::vector<TensorType>* types = nullptr;
    without_gil([&] { types = &run.output_types(); });
    return *types;
  }

  [[noreturn]] void refuse_count(std::size_t received) const {
    std::string names;
    for (const InputSpec& input : executor_.program().inputs()) {
      names += (names.empty() ? "" : ", ") + input.name;
    }
    refuse_kind("expected ", executor_.program().inputs().size(), " inputs (", names,
                "), received ", received);
  }

  const std::vector<py::array> constants_;
  Executor executor_;
};

}  // namespace

void register_program(py::module_& module) {
  py::class_<BoundProgram>(module, "Program")
      .def(py::init<const std::vector<InputTuple>&, std::vector<py::array>,
                    const std::vector<StepTuple>&, const std::vector<std::int64_t>&>(),
           py::arg("inputs"), py::arg("constants"), py::arg("steps"), py::arg("outputs"))
      .def_property("max_threads", &BoundProgram::max_threads, &BoundProgram::set_max_threads)
      .def("__call__", &BoundProgram::call);
  module.def("op_names", op_names);
  module.def("empty_call", [](const py::array&) {}, py::arg("x"));
}

}  // namespace fourfold
