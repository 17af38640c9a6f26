// A table of names as Python has it.
#pragma once

#include <pybind11/pybind11.h>

#include <cstddef>

namespace fourfold {

template <std::size_t count>
pybind11::list list_of(const char* const (&names)[count]) {
  pybind11::list list;
  for (const char* name : names)
    list.append(name);
  return list;
}

}  // namespace fourfold
