// How many CPUs this process may use, which on a shared machine is not how many the machine has.
#pragma once

#include <cstddef>
#include <string>

namespace fourfold {

// The least of: CPUs in the affinity mask, the CPU quotas of the control groups above the process
// (v2 cpu.max, v1 cfs_quota_us), rounded down; at least 1. Elsewhere than on Linux, the CPUs of the
// machine. Read once, at first use.
std::size_t thread_budget();

#if defined(__linux__)
// The quota alone, 1e9 if there is none: fractions of a CPU count. `list` is a file like
// /proc/self/cgroup, `mount` where the control groups are mounted. A container may see its own group
// as the mount while the list still names it by its path outside: such a path is passed over.
double control_group_cpus(const std::string& list, const std::string& mount);
#endif

}  // namespace fourfold
