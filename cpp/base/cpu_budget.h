// How many CPUs this process may use, which on a shared machine is not how many the machine has.
#pragma once

#include <cstddef>

namespace fourfold {

// The least of: CPUs in the affinity mask, the CPU quotas of the control groups above the process
// (v2 cpu.max, v1 cfs_quota_us), rounded down; at least 1. Elsewhere than on Linux, the CPUs of the
// machine. Read once, at first use.
std::size_t thread_budget();

}  // namespace fourfold
