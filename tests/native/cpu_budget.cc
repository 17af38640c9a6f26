// Prints the CPUs that a list of control groups grants: called by test_cpu_budget.py.
#include "base/cpu_budget.h"

#include <cstdio>

int main(int, char** arguments) {
  std::printf("%g\n", fourfold::control_group_cpus(arguments[1], arguments[2]));
}
