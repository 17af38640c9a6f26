#include "matmul/operand.h"

#include <algorithm>

namespace fourfold {
namespace {

// Rows that lie a multiple of this apart share so few sets of an L1 that a register tile's rows,
// read side by side, throw each other out.
constexpr std::size_t kConflictingStride = 1024;

bool readable_in_place(const MatrixView<const std::int8_t>& q, const PanelRequest& request) {
  return request.flip == 0 && q.columns == request.depth && q.stride % kConflictingStride != 0;
}

}  // namespace

RowPanel DynamicRows::panel(Range rows, const PanelRequest& request) const {
  request.quantize.rows({x_.row(rows.begin), x_.stride, request.data, request.stride,
                         request.scales, 0.0f, rows.size(), x_.columns, request.depth,
                         request.flip});
  return {request.data, request.stride, request.scales};
}

RowPanel FixedRows::panel(Range rows, const PanelRequest& request) const {
  request.quantize.fixed({x_.row(rows.begin), x_.stride, request.data, request.stride, nullptr,
                          1.0f / scale_, rows.size(), x_.columns, request.depth, request.flip});
  std::fill_n(request.scales, rows.size(), scale_);
  return {request.data, request.stride, request.scales};
}

RowPanel QuantizedRows::panel(Range rows, const PanelRequest& request) const {
  const float* scales = request.scales;
  if (scales_ != nullptr) {
    scales = scales_ + rows.begin;
  } else {
    std::fill_n(request.scales, rows.size(), scale_);
  }
  if (readable_in_place(q_, request)) return {q_.row(rows.begin), q_.stride, scales};

  request.copy.rows({q_.row(rows.begin), q_.stride, request.data, request.stride, rows.size(),
                     q_.columns, request.flip});
  return {request.data, request.stride, scales};
}

}  // namespace fourfold
