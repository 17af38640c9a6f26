#include "engine/streaming.h"

#include <algorithm>

#include "base/round_up.h"

namespace fourfold {
namespace {

constexpr Streaming kWhole = {0, 0, 1};

// A multiple of every kernel's row tile. So many rows are enough to read the weights for.
constexpr std::size_t kChunkRows = 96;
// What the values of one chunk may take together: half of the L2 cache of a server's core.
constexpr std::size_t kChunkBytes = 512 * 1024;
// A thread gets no fewer rows than this: each reads all the weights.
constexpr std::size_t kRowsPerLane = 32;
// Waking a thread takes microseconds: about so many multiply-adds of the vector kernels.
constexpr std::size_t kMultiplyAddsPerLane = 1600 * 1000;

bool has_rows(const TensorType& type, std::int64_t rows) {
  return type.shape.rank() >= 2 && type.shape[0] == rows;
}

bool is_made_by_a_step(const Program& program, ValueNumber value) {
  return value >= program.inputs().size() + program.constants().size();
}

// Rows in, rows out, in every step; and no output that would have to be copied.
bool is_row_wise(const Program& program, const std::vector<TensorType>& types, std::int64_t rows) {
  for (std::size_t i = 0; i < program.inputs().size(); ++i) {
    const bool any_rows =
        program.inputs()[i].type.shape.rank() >= 2 && program.inputs()[i].type.shape[0] == kAnySize;
    if (!any_rows || !has_rows(types[i], rows)) return false;
  }
  for (const Program::Step& step : program.steps()) {
    if (!step.op->row_wise()) return false;
    for (const ValueNumber input : step.inputs) {
      if (input != kAbsent && !program.is_constant(input) && !has_rows(types[input], rows))
        return false;
    }
    for (const ValueNumber output : step.outputs) {
      if (!has_rows(types[output], rows)) return false;
    }
  }
  std::vector<ValueNumber> outputs = program.outputs();
  std::sort(outputs.begin(), outputs.end());
  const bool all_different = std::adjacent_find(outputs.begin(), outputs.end()) == outputs.end();
  return all_different && is_made_by_a_step(program, outputs.front());
}

std::size_t bytes_per_row(const Program& program, const std::vector<TensorType>& types,
                          std::size_t rows) {
  std::size_t bytes = 0;
  for (const Program::Step& step : program.steps()) {
    for (const ValueNumber output : step.outputs)
      bytes += byte_count(types[output]) / rows;
  }
  return bytes;
}

// For every row each weight is multiplied once, and nearly all constants are weights.
std::size_t multiply_adds_per_row(const Program& program) {
  std::size_t elements = 0;
  for (const ConstantSpec& constant : program.constants())
    elements += element_count(constant.type.shape);
  return elements;
}

}  // namespace

Streaming choose_streaming(const Program& program, const std::vector<TensorType>& types,
                           const Execution& execution) {
  if (program.inputs().empty() || program.steps().empty() || types[0].shape.rank() < 2) {
    return kWhole;
  }
  const std::int64_t signed_rows = types[0].shape[0];
  const std::size_t rows = static_cast<std::size_t>(signed_rows);
  if (rows <= kRowsPerLane || !is_row_wise(program, types, signed_rows)) return kWhole;

  const std::size_t work = rows * multiply_adds_per_row(program) / kMultiplyAddsPerLane;
  const std::size_t lanes =
      std::max<std::size_t>(1, std::min({execution.threads, rows / kRowsPerLane, work}));
  const std::size_t fitting =
      kChunkBytes / std::max<std::size_t>(1, bytes_per_row(program, types, rows));
  const std::size_t chunk = std::max(kChunkRows, fitting / kChunkRows * kChunkRows);
  // One chunk in one lane is the whole: then the threads share out each step instead.
  if (lanes == 1 && rows <= chunk) return kWhole;
  const std::size_t steps = ceil_div(rows, kLaneStep);
  const std::size_t lane_rows = ceil_div(steps, lanes) * kLaneStep;
  return {rows, std::min(chunk, lane_rows), lanes};
}

}  // namespace fourfold
