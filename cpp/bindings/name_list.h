// Tables of names as Python has them.
#pragma once

#include <pybind11/pybind11.h>

#include <cstddef>
#include <string>

#include "base/check.h"

namespace fourfold {

template <std::size_t count>
pybind11::list list_of(const char* const (&names)[count]) {
  pybind11::list list;
  for (const char* name : names)
    list.append(name);
  return list;
}

// Where the name stands; ValueError if it is none of them.
template <std::size_t count>
std::size_t number_of(const char* what, const char* const (&names)[count],
                      const std::string& name) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) {
    if (name == names[i]) return i;
    all += (i == 0 ? "" : ", ") + std::string(names[i]);
  }
  refuse_value(what, ": expected one of ", all, "; received '", name, "'");
}

}  // namespace fourfold
