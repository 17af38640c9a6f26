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

// A function of values, so that the compiler sees that no store changes a size, and takes 16 bytes
// at a time.
void copy_row(const std::int8_t* from, std::size_t columns, std::int8_t* to, std::size_t depth,
              std::uint8_t flip) {
  for (std::size_t d = 0; d < columns; ++d)
    to[d] = static_cast<std::int8_t>(from[d] ^ flip);
  std::fill(to + columns, to + depth, static_cast<std::int8_t>(flip));
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

  for (std::size_t r = 0; r < rows.size(); ++r) {
    copy_row(q_.row(rows.begin + r), q_.columns, request.data + r * request.stride, request.depth,
             request.flip);
  }
  return {request.data, request.stride, scales};
}

}  // namespace fourfold
