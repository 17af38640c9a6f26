#include "ops/convolution/window_rows.h"

#include <algorithm>
#include <cstring>

namespace fourfold {
namespace {

Range common(Range a, Range b) {
  const std::size_t begin = std::max(a.begin, b.begin);
  return {begin, std::max(begin, std::min(a.end, b.end))};
}

Range whole_windows(const WindowAxis& width, const ImageView& x) {
  const bool in_one_piece = width.points == 1 || (width.dilation == 1 && x.channels == x.stride);
  if (!in_one_piece) return {0, 0};
  return common(width.inside(0), width.inside(width.points - 1));
}

// bytes^flip from rows `from_step` bytes apart to rows `to_step` bytes apart.
void copy_rows(const std::int8_t* from, std::size_t from_step, std::int8_t* to, std::size_t to_step,
               std::size_t rows, std::size_t bytes, std::uint8_t flip) {
  for (std::size_t r = 0; r < rows; ++r, from += from_step, to += to_step) {
    for (std::size_t i = 0; i < bytes; ++i)
      to[i] = static_cast<std::int8_t>(from[i] ^ flip);
  }
}

void fill_rows(std::int8_t* to, std::size_t to_step, std::size_t rows, std::size_t bytes,
               std::uint8_t flip) {
  for (std::size_t r = 0; r < rows; ++r)
    std::memset(to + r * to_step, flip, bytes);
}

}  // namespace

WindowRows::WindowRows(const Window& window, const ImageView& x, float scale)
    : window_(window), x_(x), scale_(scale), whole_(whole_windows(window.width(), x)) {}

RowPanel WindowRows::panel(Range rows, const PanelRequest& request) const {
  std::fill_n(request.scales, rows.size(), scale_);
  const std::size_t width = window_.width().out;
  std::int8_t* to = request.data;
  for (std::size_t row = rows.begin; row < rows.end;) {
    const Position first = position_at(window_, row);
    const std::size_t count = std::min(rows.end - row, width - first.at[2]);
    gather({first.image, first.at[0], first.at[1], {first.at[2], first.at[2] + count}},
           {to, request.stride, request.flip});
    to += count * request.stride;
    row += count;
  }
  return {request.data, request.stride, request.scales};
}

void WindowRows::gather(const Run& run, const Target& to) const {
  const WindowAxis &depth = window_.depth(), &height = window_.height(), &width = window_.width();
  const std::int8_t* image = x_.data + run.image * window_.in_positions() * x_.stride;
  const std::size_t bytes = width.points * x_.channels;
  Target part = to;
  for (std::size_t point_z = 0; point_z < depth.points; ++point_z) {
    const std::int64_t z = depth.position(run.z, point_z);
    for (std::size_t point_y = 0; point_y < height.points; ++point_y, part.data += bytes) {
      const std::int64_t y = height.position(run.y, point_y);
      if (depth.holds(z) && height.holds(y)) {
        const std::size_t row =
            static_cast<std::size_t>(z) * height.in + static_cast<std::size_t>(y);
        gather_window_row(image + row * width.in * x_.stride, run.x, part);
      } else {
        fill_rows(part.data, part.stride, run.x.size(), bytes, part.flip);
      }
    }
  }
}

// Left and right of whole windows, point by point.
void WindowRows::gather_window_row(const std::int8_t* x_row, Range x, const Target& to) const {
  const Range whole = common(x, whole_);
  const auto point_by_point = [&](Range part) {
    Target of_point = {to.data + (part.begin - x.begin) * to.stride, to.stride, to.flip};
    for (std::size_t point = 0; point < window_.width().points; ++point) {
      gather_point(x_row, point, part, of_point);
      of_point.data += x_.channels;
    }
  };
  if (whole.size() == 0) return point_by_point(x);
  point_by_point({x.begin, whole.begin});
  copy_rows(pixel(x_row, whole.begin, 0), window_.width().stride * x_.stride,
            to.data + (whole.begin - x.begin) * to.stride, to.stride, whole.size(),
            window_.width().points * x_.channels, to.flip);
  point_by_point({whole.end, x.end});
}

void WindowRows::gather_point(const std::int8_t* x_row, std::size_t point, Range x,
                              const Target& to) const {
  const Range inside = common(x, window_.width().inside(point));
  const auto at = [&](std::size_t position) { return to.data + (position - x.begin) * to.stride; };
  const auto fill = [&](std::size_t begin, std::size_t end) {
    fill_rows(at(begin), to.stride, end - begin, x_.channels, to.flip);
  };
  if (inside.size() == 0) return fill(x.begin, x.end);
  fill(x.begin, inside.begin);
  copy_rows(pixel(x_row, inside.begin, point), window_.width().stride * x_.stride, at(inside.begin),
            to.stride, inside.size(), x_.channels, to.flip);
  fill(inside.end, x.end);
}

const std::int8_t* WindowRows::pixel(const std::int8_t* x_row, std::size_t x,
                                     std::size_t point) const {
  return x_row + static_cast<std::size_t>(window_.width().position(x, point)) * x_.stride;
}

}  // namespace fourfold
