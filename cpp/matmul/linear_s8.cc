#include "matmul/linear_s8.h"

#include <algorithm>

#include "base/round_up.h"
#include "matmul/linear_s8_plan.h"
#include "matmul/weights_ahead.h"

namespace fourfold {
namespace {

// Rows of an epilogue between two operations of a kernel that interleaves: few, so that the CPU
// sees past them to the next operation.
constexpr std::size_t kRowsPerStep = 4;

// One call, for all its parts.
struct Call {
  const LinearS8& layer;
  const Operand& x;
  const Residual& residual;
  const Output& output;
  const LinearS8Plan& plan;
  const EpilogueSettings settings;
};

template <class T>
MatrixView<T> rows_from(MatrixView<T> view, Range rows) {
  if (view.data == nullptr) return view;
  return {view.row(rows.begin), rows.size(), view.columns, view.stride};
}

RowPanel read_panel(const Call& call, Range rows, const PanelMemory& memory) {
  const LinearS8Plan& plan = call.plan;
  return call.x.panel(rows, {plan.quantize, plan.copy, memory.data, memory.scales, plan.row_stride,
                             plan.depth, plan.gemm.flip});
}

PanelEpilogue epilogue_of(const Call& call, const RowPanel& a, Range rows, const PanelMemory& panel,
                          const PartMemory& part) {
  const Output& output = call.output;
  const bool keeps_values = output.form == OutputForm::kRowsS8;
  const MatrixView<float> values = {panel.values, rows.size(), call.layer.weight.columns,
                                    call.plan.value_stride};
  if (keeps_values) std::fill_n(part.absmax, rows.size(), 0);
  return {
      call.settings,
      a.scales,
      {rows_from(call.residual.f32, rows), rows_from(call.residual.s8, rows), call.residual.scale},
      output.form,
      keeps_values ? values : rows_from(output.y, rows),
      rows_from(output.q, rows),
      1.0f / output.scale,
      part.absmax,
      part.values,
      output.reader,
      rows.begin,
      output.range};
}

// A block's epilogue, a few rows at a time.
struct Pending {
  const PanelEpilogue& epilogue;
  const SumsBlock& block;
  std::size_t next_row;

  std::size_t steps() const { return ceil_div(block.rows.size(), kRowsPerStep); }
  static void step(void* state) {
    Pending& pending = *static_cast<Pending*>(state);
    const std::size_t row = pending.next_row;
    pending.next_row = std::min(pending.block.rows.end, row + kRowsPerStep);
    pending.epilogue.finish(pending.block, {row, pending.next_row});
  }
};

GemmS8Block product_of(const Call& call, const RowPanel& a, const SumsBlock& block,
                       std::int32_t* sums) {
  const LinearS8& layer = call.layer;
  const std::size_t column = block.columns.begin;
  return {a.data + block.rows.begin * a.stride,
          a.stride,
          layer.weight.panel(column),
          padded_depth(layer.weight.depth),
          call.plan.gemm.flip != 0 ? layer.column_sums + column : nullptr,
          sums,
          block.stride,
          block.rows.size(),
          round_up(block.columns.size(), call.plan.gemm.column_step),
          call.plan.depth};
}

// A row panel times a range of columns, a pass over the panel for each column block. A kernel that
// interleaves does the former block's epilogue on the side, and the last block's is left to the end.
void multiply_panel(const Call& call, const RowPanel& a, const PanelEpilogue& epilogue, Range rows,
                    Range columns, const PartMemory& memory) {
  const GemmS8Kernels& gemm = call.plan.gemm;
  const GemmS8Session session(gemm, rows.size());
  const std::size_t column_block = call.plan.column_block;
  const std::size_t row_block = call.plan.blocking.row_block;
  const std::size_t first = first_row_block(rows.size(), row_block, gemm.row_tile);
  const std::size_t calls = 1 + ceil_div(rows.size() - first, row_block);
  WeightsAhead ahead(call.layer.weight, column_block, calls);
  SumsBlock former = {nullptr, column_block, {0, 0}, {columns.begin, columns.begin}};
  std::size_t turn = 0;
  for (std::size_t column = columns.begin; column < columns.end; column += column_block) {
    const std::size_t column_end = std::min(columns.end, column + column_block);
    ahead.start_pass({column_end, std::min(columns.end, column_end + column_block)});
    for (Range block_rows = {0, first}; block_rows.begin < rows.size();
         block_rows = {block_rows.end, std::min(rows.size(), block_rows.end + row_block)}) {
      std::int32_t* sums = memory.sums[turn];
      const SumsBlock block = {sums, column_block, block_rows, {column, column_end}};
      GemmS8Block product = product_of(call, a, block, sums);
      ahead.add_to(product);
      epilogue.prefetch_residual(block.rows, block.columns);
      if (gemm.interleaved == nullptr) {
        gemm.block(product);
        epilogue.finish(block, block.rows);
        continue;
      }
      Pending pending = {epilogue, former, former.rows.begin};
      gemm.interleaved(product, {Pending::step, &pending, pending.steps()});
      former = block;
      turn = 1 - turn;
    }
  }
  if (former.rows.size() > 0) epilogue.finish(former, former.rows);
}

// kRowsS8, when all columns of a panel are done: from v, which is still in L2, to int8.
void quantize_panel(const Call& call, Range rows, const PanelMemory& panel,
                    const PartMemory& part) {
  if (call.output.form != OutputForm::kRowsS8) return;
  const std::size_t columns = call.layer.weight.columns;
  const MatrixView<std::int8_t> q = rows_from(call.output.q, rows);
  call.plan.quantize.rows_of_absmax({panel.values, call.plan.value_stride, q.data, q.stride,
                                     call.output.scales + rows.begin, 0.0f, rows.size(), columns,
                                     columns, /*flip=*/0, part.absmax});
}

// Calls work(Range) for panels of nearly equal size: a short last one would read all weights for few
// rows.
template <class Work>
void for_each_panel(const Call& call, Range rows, const Work& work) {
  const std::size_t most = call.plan.blocking.row_panel;
  const std::size_t panels = ceil_div(rows.size(), most);
  for (std::size_t i = 0; i < panels; ++i) {
    const Range own = part_of(rows.size(), call.plan.gemm.row_tile, panels, i);
    work(Range{rows.begin + own.begin, rows.begin + own.end});
  }
}

// Each part owns a range of rows from operand to output.
void run_by_rows(const Call& call, std::byte* scratch, ThreadPool& pool) {
  const LinearS8Plan& plan = call.plan;
  pool.run(plan.blocking.row_parts, [&](std::size_t part) {
    const PanelMemory panel = plan.panel_memory(scratch, part);
    const PartMemory own = plan.part_memory(scratch, part);
    const Range part_rows =
        part_of(call.x.rows(), plan.gemm.row_tile, plan.blocking.row_parts, part);
    for_each_panel(call, part_rows, [&](Range rows) {
      const RowPanel a = read_panel(call, rows, panel);
      const PanelEpilogue epilogue = epilogue_of(call, a, rows, panel, own);
      multiply_panel(call, a, epilogue, rows, {0, call.layer.weight.columns}, own);
      quantize_panel(call, rows, panel, own);
    });
  });
}

// Each row's largest magnitude over all parts, into the first part's memory.
void join_absmax(const Call& call, Range rows, std::byte* scratch) {
  if (call.output.form != OutputForm::kRowsS8) return;
  std::int32_t* joined = call.plan.part_memory(scratch, 0).absmax;
  for (std::size_t part = 1; part < call.plan.blocking.parts(); ++part) {
    const std::int32_t* own = call.plan.part_memory(scratch, part).absmax;
    for (std::size_t r = 0; r < rows.size(); ++r)
      joined[r] = std::max(joined[r], own[r]);
  }
}

// Few rows: the caller makes the panel, each part owns a range of columns.
void run_by_columns(const Call& call, std::byte* scratch, ThreadPool& pool) {
  const LinearS8Plan& plan = call.plan;
  const std::size_t parts = plan.blocking.column_parts;
  const PanelMemory panel = plan.panel_memory(scratch, 0);
  for_each_panel(call, {0, call.x.rows()}, [&](Range rows) {
    const RowPanel a = read_panel(call, rows, panel);
    pool.run(parts, [&](std::size_t part) {
      const PartMemory own = plan.part_memory(scratch, part);
      const PanelEpilogue epilogue = epilogue_of(call, a, rows, panel, own);
      const Range columns =
          part_of(call.layer.weight.columns, plan.blocking.column_step, parts, part);
      multiply_panel(call, a, epilogue, rows, columns, own);
    });
    join_absmax(call, rows, scratch);
    quantize_panel(call, rows, panel, plan.part_memory(scratch, 0));
  });
}

}  // namespace

bool linear_s8_reads_column_sums(std::size_t rows, const Execution& execution) {
  return gemm_s8_kernels(execution.isa, rows).flip != 0;
}

std::size_t linear_s8_scratch_bytes(const LinearS8& layer, OutputForm form, std::size_t rows,
                                    const Execution& execution) {
  return rows == 0 ? 0 : LinearS8Plan(layer, form, rows, execution).scratch_bytes();
}

void linear_s8(const LinearS8& layer, const Operand& x, const Residual& residual,
               const Output& output, std::byte* scratch, const Execution& execution) {
  if (x.rows() == 0) return;
  const LinearS8Plan plan(layer, output.form, x.rows(), execution);
  const Call call = {layer,
                     x,
                     residual,
                     output,
                     plan,
                     {plan.quantize, plan.activations, layer.activation, layer.alpha,
                      layer.column_scales, layer.bias, layer.post}};
  if (plan.blocking.column_parts > 1) {
    run_by_columns(call, scratch, *execution.pool);
  } else {
    run_by_rows(call, scratch, *execution.pool);
  }
}

}  // namespace fourfold
