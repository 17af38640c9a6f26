// The AMX kernel itself, compiled on emulated tiles and called through ctypes by test_amx_emulated.py.
#include "amx_emulation.h"
#include "kernels/gemm_s8/amx.cc"

// Returns the number of faults the CPU would have raised, plus one if tile state was left behind.
extern "C" int gemm_s8_amx_emulated(const std::int8_t* a, std::size_t a_stride, const std::int8_t* b, std::int32_t* c,
                                    std::size_t c_stride, std::size_t rows, std::size_t columns, std::size_t depth) {
  amx_emulation::faults = 0;
  fourfold::gemm_s8_amx.block({a, a_stride, b, nullptr, c, c_stride, rows, columns, depth});
  return amx_emulation::faults + amx_emulation::configured;
}
