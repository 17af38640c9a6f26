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

// Steps of the remainder in a step of the row: it is at most half of that to either side.
constexpr float kRemainderSteps = 254.0f;

// A row's q, over which its remainder is written a piece at a time.
void quantize_remainder(const float* x, std::size_t columns, float scale,
                        const PanelRequest& request, std::int8_t* q) {
  constexpr std::size_t kPiece = 256;
  float rest[kPiece];
  for (std::size_t begin = 0; begin < columns; begin += kPiece) {
    const std::size_t count = std::min(kPiece, columns - begin);
    for (std::size_t d = 0; d < count; ++d) {
      const auto value = static_cast<std::int8_t>(q[begin + d] ^ request.flip);
      rest[d] = x[begin + d] - scale * static_cast<float>(value);
    }
    request.quantize.fixed({rest, kPiece, q + begin, request.stride, nullptr,
                            kRemainderSteps / scale, 1, count, count, request.flip});
  }
}

}  // namespace

RowPanel DynamicRows::panel(Range rows, const PanelRequest& request) const {
  request.quantize.rows({x_.row(rows.begin), x_.stride, request.data, request.stride,
                         request.scales, 0.0f, rows.size(), x_.columns, request.depth,
                         request.flip});
  return {request.data, request.stride, request.scales};
}

RowPanel RemainderRows::panel(Range rows, const PanelRequest& request) const {
  DynamicRows(x_).panel(rows, request);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    float& scale = request.scales[r];
    quantize_remainder(x_.row(rows.begin + r), x_.columns, scale, request,
                       request.data + r * request.stride);
    scale *= 1.0f / kRemainderSteps;
  }
  return {request.data, request.stride, request.scales};
}

RowPanel FixedRows::panel(Range rows, const PanelRequest& request) const {
  request.quantize.fixed({x_.row(rows.begin), x_.stride, request.data, request.stride, nullptr,
                          1.0f / scale_, rows.size(), x_.columns, request.depth, request.flip,
                          nullptr, range_.zero, range_.low});
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
