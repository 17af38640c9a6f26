// How the matmul drivers cut their work up, for tests.
#include <array>

#include "base/cache_sizes.h"
#include "base/check.h"
#include "bindings/arrays.h"
#include "bindings/registers.h"
#include "kernels/gemm_s8/gemm_s8.h"
#include "matmul/blocking.h"

namespace fourfold {
namespace {

py::dict choose_blocking_dict(std::size_t rows, std::size_t columns, std::size_t depth,
                              std::size_t row_tile, std::size_t column_block, std::size_t row_bytes,
                              std::size_t multiply_adds_per_ns, std::array<std::size_t, 3> caches,
                              std::size_t threads) {
  if (row_tile == 0) refuse_value("row_tile: expected at least 1, received 0");
  if (column_block == 0 || column_block % kPanelColumns != 0) {
    refuse_value("column_block: expected a multiple of ", kPanelColumns, ", received ",
                 column_block);
  }
  const Blocking blocking = choose_blocking(
      {rows, columns, depth, row_tile, column_block, row_bytes, multiply_adds_per_ns},
      {caches[0], caches[1], caches[2]}, threads);
  py::dict result;
  result["row_parts"] = blocking.row_parts;
  result["column_parts"] = blocking.column_parts;
  result["column_step"] = blocking.column_step;
  result["row_panel"] = blocking.row_panel;
  result["row_block"] = blocking.row_block;
  return result;
}

py::tuple part_of_tuple(std::size_t size, std::size_t step, std::size_t parts, std::size_t index) {
  if (step == 0 || index >= parts) {
    refuse_value("part_of: expected a step above 0 and an index below parts, received step ", step,
                 ", index ", index, ", parts ", parts);
  }
  const Range part = part_of(size, step, parts, index);
  return py::make_tuple(part.begin, part.end);
}

py::tuple cache_sizes_tuple() {
  const CacheSizes& caches = cache_sizes();
  return py::make_tuple(caches.l1d, caches.l2, caches.l3);
}

}  // namespace

void register_blocking(py::module_& kernels) {
  kernels.def("choose_blocking", choose_blocking_dict, py::kw_only(), py::arg("rows"),
              py::arg("columns"), py::arg("depth"), py::arg("row_tile"), py::arg("column_block"),
              py::arg("row_bytes"), py::arg("multiply_adds_per_ns"), py::arg("caches"),
              py::arg("threads"));
  kernels.def("part_of", part_of_tuple, py::arg("size"), py::arg("step"), py::arg("parts"),
              py::arg("index"));
  kernels.def("cache_sizes", cache_sizes_tuple);
}

}  // namespace fourfold
