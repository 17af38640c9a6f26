// What this CPU and this operating system can run. Built with baseline flags only.
#pragma once

#include <string>

#include "isa/isa.h"

namespace fourfold {

// True if this build has kernels for the ISA, the CPU has the instructions, the operating system
// saves the registers, and (AMX) grants the permission. Asks once per process; the AMX permission
// is per process too and is remembered by the kernel, for children as well.
bool cpu_supports(Isa isa);

// The CPU's own name ("AMD EPYC 9555P ..."), for reports; "unknown" where it has none.
std::string cpu_name();

}  // namespace fourfold
