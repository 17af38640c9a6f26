#include "base/cpu_budget.h"

#include <algorithm>
#include <thread>

#if defined(__linux__)
#include <sched.h>

#include <cstdlib>
#include <fstream>
#endif

namespace fourfold {
namespace {

#if defined(__linux__)

constexpr double kNoLimit = 1e9;

// sched_getaffinity refuses a mask shorter than the kernel's: big machines need several tries.
std::size_t affinity_cpus() {
  for (int cpus = 1024; cpus <= 1 << 20; cpus *= 4) {
    cpu_set_t* const mask = CPU_ALLOC(cpus);
    if (mask == nullptr) break;
    const std::size_t bytes = CPU_ALLOC_SIZE(cpus);
    const bool read = sched_getaffinity(0, bytes, mask) == 0;
    const int count = read ? CPU_COUNT_S(bytes, mask) : 0;
    CPU_FREE(mask);
    if (read) return static_cast<std::size_t>(count);
  }
  return std::thread::hardware_concurrency();
}

// CPUs that quota/period grants; "max" and -1 mean no limit.
double quota_cpus(const std::string& quota, const std::string& period) {
  const double quota_us = std::strtod(quota.c_str(), nullptr);
  const double period_us = std::strtod(period.c_str(), nullptr);
  return quota_us > 0 && period_us > 0 ? quota_us / period_us : kNoLimit;
}

std::string first_word(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return word;
}

double group_cpus_v2(const std::string& folder) {
  std::ifstream file(folder + "/cpu.max");
  std::string quota, period;
  file >> quota >> period;
  return quota_cpus(quota, period);
}

double group_cpus_v1(const std::string& folder) {
  return quota_cpus(first_word(folder + "/cpu.cfs_quota_us"),
                    first_word(folder + "/cpu.cfs_period_us"));
}

// The least over a group and all groups above it: each limits those below.
double hierarchy_cpus(double (*group_cpus)(const std::string&), const std::string& mount,
                      std::string group) {
  double cpus = group_cpus(mount);
  while (group.size() > 1) {
    cpus = std::min(cpus, group_cpus(mount + group));
    group.resize(group.find_last_of('/') == std::string::npos ? 0 : group.find_last_of('/'));
  }
  return cpus;
}

std::size_t allowed_cpus() {
  const double quota = control_group_cpus("/proc/self/cgroup", "/sys/fs/cgroup");
  return std::min(affinity_cpus(), static_cast<std::size_t>(quota));
}

#else

std::size_t allowed_cpus() {
  return std::thread::hardware_concurrency();
}

#endif

}  // namespace

#if defined(__linux__)
// Lines of the list are "id:controllers:group"; v2 has the id 0 and no controllers. Where v1 and v2
// are mounted side by side, v2 is in the folder "unified".
double control_group_cpus(const std::string& list, const std::string& mount) {
  std::ifstream file(list);
  std::string id, controllers, group;
  double cpus = kNoLimit;
  while (std::getline(file, id, ':') && std::getline(file, controllers, ':') &&
         std::getline(file, group)) {
    if (controllers.empty()) {
      cpus = std::min(cpus, hierarchy_cpus(group_cpus_v2, mount, group));
      cpus = std::min(cpus, hierarchy_cpus(group_cpus_v2, mount + "/unified", group));
    } else if (("," + controllers + ",").find(",cpu,") != std::string::npos) {
      cpus = std::min(cpus, hierarchy_cpus(group_cpus_v1, mount + "/" + controllers, group));
      cpus = std::min(cpus, hierarchy_cpus(group_cpus_v1, mount + "/cpu", group));
    }
  }
  return cpus;
}
#endif

std::size_t thread_budget() {
  static const std::size_t budget = std::max<std::size_t>(1, allowed_cpus());
  return budget;
}

}  // namespace fourfold
