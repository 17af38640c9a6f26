// quantize: rows, fixed, dequantize, on data that lives in L2.
#include "kernels/quantize/quantize.h"

#include "limits/limits.h"
#include "operands.h"
#include "workloads/workloads.h"

namespace fourfold {
namespace {

constexpr std::size_t kRows = 128;
constexpr std::size_t kColumns = 768;
constexpr std::size_t kElements = kRows * kColumns;
constexpr char kName[] = "L2 128x768";
constexpr double kBytesRead = 4.0 * kElements;  // float32, or int32 sums

void measure_quantizers(const Bench& bench) {
  Array<float> x = random_f32(kElements);
  Array<std::int8_t> q = random_s8(kElements);
  Array<float> scales = zeros<float>(kRows);
  Workload rows = {"quantize_rows", kName, "bytes", kBytesRead, kElements, q.output(), {}};
  Workload fixed = {"quantize_fixed", kName, "bytes", kBytesRead, kElements, q.output(), {}};
  for (const Isa isa : bench.isas) {
    const QuantizeKernels& kernels = quantize_kernels(isa);
    if (kernels.isa != isa) continue;
    const QuantizeBlock block = {x.data(), kColumns, q.data(), kColumns, scales.data(),
                                 30.0f,    kRows,    kColumns, kColumns, 0x80};
    const Limit limit = read_limit(isa, x.data(), x.size() * sizeof(float));
    rows.contenders.push_back({isa_name(isa), [&kernels, block] { kernels.rows(block); }, limit});
    fixed.contenders.push_back({isa_name(isa), [&kernels, block] { kernels.fixed(block); }, limit});
  }
  bench.run(rows);
  bench.run(fixed);
}

void measure_dequantizer(const Bench& bench) {
  Array<std::int32_t> acc = zeros<std::int32_t>(kElements);
  Array<float> y = zeros<float>(kElements);
  Array<float> row_scales = random_f32(kRows);
  Array<float> column_scales = random_f32(kColumns);
  Array<float> bias = random_f32(kColumns);
  ScaledSums sums = {};
  sums.acc = acc.data();
  sums.acc_stride = kColumns;
  sums.row_scales = row_scales.data();
  sums.column_scales = column_scales.data();
  sums.bias = bias.data();
  sums.rows = kRows;
  sums.columns = kColumns;
  Workload workload = {"dequantize", kName, "bytes", kBytesRead, kElements, y.output(), {}};
  for (const Isa isa : bench.isas) {
    const QuantizeKernels& kernels = quantize_kernels(isa);
    if (kernels.isa != isa) continue;
    const DequantizeBlock block = {sums, y.data(), kColumns};
    workload.contenders.push_back({isa_name(isa), [&kernels, block] { kernels.dequantize(block); },
                                   read_limit(isa, acc.data(), acc.size() * sizeof(float))});
  }
  bench.run(workload);
}

}  // namespace

void measure_quantize(const Bench& bench) {
  measure_quantizers(bench);
  measure_dequantizer(bench);
}

}  // namespace fourfold
