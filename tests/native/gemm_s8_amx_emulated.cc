// The AMX kernel itself, compiled on emulated tiles and called through ctypes by test_gemm_s8_amx_emulated.py.
#include <optional>

#include "amx_emulation.h"
#include "kernels/gemm_s8/amx.cc"

namespace {

using fourfold::gemm_s8_amx;
using fourfold::GemmS8Session;

// The test's ctypes.Structure, field by field.
struct Call {
  const std::int8_t* a;
  std::size_t a_stride;
  const std::int8_t* b;
  std::int32_t* c;
  std::size_t c_stride;
  std::size_t rows;
  std::size_t columns;
  std::size_t depth;
  const std::int8_t* ahead;
  std::size_t ahead_bytes;
  std::size_t steps;
  std::size_t throwing_step;  // counted from 1; 0: none throws
  std::size_t calls;
  std::size_t in_session;
  // What came of it.
  std::size_t faults;
  std::size_t steps_done;
  std::size_t most_products_between_steps;
  std::size_t products;
  std::size_t configurations;
  std::size_t lines_prefetched;
  std::size_t left_behind;  // 1 if tiles were still configured
  std::size_t thrown;

  std::size_t products_at_last_step;
};

void step(void* state) {
  Call& call = *static_cast<Call*>(state);
  if (++call.steps_done == call.throwing_step) throw call.steps_done;
  const std::size_t products = amx_emulation::products - call.products_at_last_step;
  if (products > call.most_products_between_steps) call.most_products_between_steps = products;
  call.products_at_last_step = amx_emulation::products;
}

void multiply(Call& call) {
  std::optional<GemmS8Session> session;
  if (call.in_session != 0) session.emplace(gemm_s8_amx, call.rows);
  for (std::size_t i = 0; i < call.calls; ++i) {
    gemm_s8_amx.interleaved(
        {call.a, call.a_stride, call.b, call.depth, nullptr, call.c, call.c_stride, call.rows,
         call.columns, call.depth, call.ahead, call.ahead_bytes},
        {step, &call, call.steps});
  }
}

}  // namespace

extern "C" void gemm_s8_amx_emulated(Call* call) {
  amx_emulation::faults = 0;
  amx_emulation::configurations = 0;
  amx_emulation::products = 0;
  amx_emulation::prefetched = nullptr;
  amx_emulation::prefetched_lines = 0;
  try {
    multiply(*call);
  } catch (std::size_t) {
    call->thrown = 1;
  }
  call->faults = static_cast<std::size_t>(amx_emulation::faults);
  call->products = amx_emulation::products;
  call->configurations = amx_emulation::configurations;
  call->lines_prefetched = amx_emulation::prefetched_lines;
  call->left_behind = amx_emulation::configured;
}
