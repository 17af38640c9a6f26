#include "ops/convolution/pool_pairs.h"

#include "kernels/pool/pool.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

// No window has a point on the border.
bool lies_inside(const WindowAxis& axis) {
  return axis.pad == 0 && (axis.out - 1) * axis.stride + axis.extent() <= axis.in;
}

}  // namespace

bool can_pool_pairs(const PoolShape& shape, PoolKind kind) {
  const WindowAxis &height = shape.window.height(), &width = shape.window.width();
  const bool is_flat = shape.window.depth().in == 1 && shape.window.depth().out == 1 &&
                       shape.window.depth().points == 1;
  const bool pairs = width.points == 2 && width.stride == 2 && width.dilation == 1;
  return kind == PoolKind::kMax && is_flat && pairs && height.out > 0 && width.out > 0 &&
         height.points > 0 && lies_inside(height) && lies_inside(width);
}

void max_pool_pairs(const PoolShape& shape, const float* x, float* y, std::size_t* offsets,
                    const Execution& execution) {
  const WindowAxis &height = shape.window.height(), &width = shape.window.width();
  for (std::size_t point = 0; point < height.points; ++point)
    offsets[point] = point * height.dilation * width.in;
  const PoolKernels& kernels = pool_kernels(execution.isa);
  const std::size_t in_plane = height.in * width.in, out_plane = height.out * width.out;
  share_out(shape.planes(), out_plane * shape.window.points(), execution, [&](Range planes) {
    for (std::size_t plane = planes.begin; plane < planes.end; ++plane) {
      kernels.max_of_pairs({x + plane * in_plane, offsets, height.points, height.stride * width.in,
                            y + plane * out_plane, width.out, height.out, width.out, nullptr, 0});
    }
  });
}

}  // namespace fourfold
