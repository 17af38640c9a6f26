#include "ops/dtype.h"

#include "base/check.h"

namespace fourfold {
namespace {

struct Row {
  const char* name;
  std::size_t bytes;
};

// In the order of the enum.
constexpr Row kRows[] = {
#define FOURFOLD_DTYPE(enumerator, type, name) {name, sizeof(type)},
#include "ops/dtypes.inc"
#undef FOURFOLD_DTYPE
};

const Row& row_of(DType dtype) {
  return kRows[static_cast<std::size_t>(dtype)];
}

}  // namespace

const char* dtype_name(DType dtype) {
  return row_of(dtype).name;
}

std::size_t dtype_bytes(DType dtype) {
  return row_of(dtype).bytes;
}

DType dtype_named(const std::string& name) {
  std::string good;
  for (std::size_t i = 0; i < std::size(kRows); ++i) {
    if (name == kRows[i].name) return static_cast<DType>(i);
    good += (good.empty() ? "" : ", ") + std::string(kRows[i].name);
  }
  refuse_value("dtype: expected one of ", good, "; received '", name, "'");
}

}  // namespace fourfold
