// What each register_*.cc adds to the module.
#pragma once

#include <pybind11/pybind11.h>

namespace fourfold {

void register_isa(pybind11::module_& module);        // ISAs, threads, the CPU's name
void register_kernels(pybind11::module_& module);    // single kernels, for tests and benchmarks
void register_sums(pybind11::module_& kernels);      // what makes values of sums
void register_s8(pybind11::module_& kernels);        // what works on int8 tensors
void register_windows(pybind11::module_& kernels);   // what works on planes and zero points
void register_math(pybind11::module_& kernels);      // normalizations, functions, arithmetic
void register_gemm(pybind11::module_& kernels);      // matrix products, beside them
void register_matmul(pybind11::module_& kernels);    // linear layers, beside the single kernels
void register_blocking(pybind11::module_& kernels);  // how those share out their work
void register_packing(pybind11::module_& module);    // packed weights
void register_program(pybind11::module_& module);    // Program

}  // namespace fourfold
