#include "ops/convolution/window_rows.h"

#include <algorithm>
#include <cstring>

namespace fourfold {
namespace {

// Of a row with its border. In longer ones the few windows on the border cost little beside the
// others; in short ones they took most of the time.
constexpr std::size_t kMostBordered = 1024;

Range common(Range a, Range b) {
  const std::size_t begin = std::max(a.begin, b.begin);
  return {begin, std::max(begin, std::min(a.end, b.end))};
}

}  // namespace

WindowRows::WindowRows(const Window& window, const ImageView& x, float scale, std::int8_t border)
    : window_(window),
      x_(x),
      scale_(scale),
      border_(border),
      in_one_piece_(window.width().points == 1 ||
                    (window.width().dilation == 1 && x.channels == x.stride)),
      whole_(common(window.width().inside(0), window.width().inside(window.width().points - 1))) {}

RowPanel WindowRows::panel(Range rows, const PanelRequest& request) const {
  std::fill_n(request.scales, rows.size(), scale_);
  const std::size_t width = window_.width().out;
  std::int8_t* to = request.data;
  for (std::size_t row = rows.begin; row < rows.end;) {
    const Position first = position_at(window_, row);
    const std::size_t count = std::min(rows.end - row, width - first.at[2]);
    gather({first.image, first.at[0], first.at[1], {first.at[2], first.at[2] + count}},
           {request, to});
    to += count * request.stride;
    row += count;
  }
  return {request.data, request.stride, request.scales};
}

void WindowRows::gather(const Run& run, const Target& to) const {
  const WindowAxis &depth = window_.depth(), &height = window_.height(), &width = window_.width();
  const std::int8_t* image = x_.data + run.image * window_.in_positions() * x_.stride;
  const std::size_t bytes = width.points * x_.channels;
  const bool bordered = is_bordered(run.x);
  Target part = to;
  for (std::size_t point_z = 0; point_z < depth.points; ++point_z) {
    const std::int64_t z = depth.position(run.z, point_z);
    for (std::size_t point_y = 0; point_y < height.points; ++point_y, part.data += bytes) {
      const std::int64_t y = height.position(run.y, point_y);
      if (depth.holds(z) && height.holds(y)) {
        const std::size_t row =
            static_cast<std::size_t>(z) * height.in + static_cast<std::size_t>(y);
        const std::int8_t* x_row = image + row * width.in * x_.stride;
        bordered ? gather_bordered(x_row, run.x, part) : gather_window_row(x_row, run.x, part);
      } else {
        fill_rows(part, run.x.size(), bytes);
      }
    }
  }
}

void WindowRows::gather_window_row(const std::int8_t* x_row, Range x, const Target& to) const {
  if (!in_one_piece_) {
    Target of_point = to;
    for (std::size_t point = 0; point < window_.width().points; ++point) {
      gather_point(x_row, point, x, of_point);
      of_point.data += x_.channels;
    }
    return;
  }
  const auto at = [&](std::size_t position) {
    return Target{to.request, to.data + (position - x.begin) * to.request.stride};
  };
  const Range whole = common(x, whole_);
  const std::size_t right = std::max(x.begin, whole.end);
  for (std::size_t i = x.begin; i < std::min(x.end, whole.begin); ++i)
    gather_clipped(x_row, i, at(i));
  if (whole.size() > 0)
    copy(x_row, 0, whole, window_.width().points * x_.channels, at(whole.begin));
  for (std::size_t i = right; i < x.end; ++i)
    gather_clipped(x_row, i, at(i));
}

bool WindowRows::is_bordered(const Range& x) const {
  if (!in_one_piece_ || x_.channels != x_.stride) return false;
  const std::size_t positions = (x.size() - 1) * window_.width().stride + window_.width().points;
  const bool clipped = x.begin < whole_.begin || x.end > whole_.end;
  return clipped && positions * x_.channels <= kMostBordered;
}

// All from a copy of what lies under them, with `border_` where that is the border.
void WindowRows::gather_bordered(const std::int8_t* x_row, const Range& x, const Target& to) const {
  const WindowAxis& width = window_.width();
  const std::size_t channels = x_.channels;
  const std::int64_t first = width.position(x.begin, 0);
  const std::int64_t end = width.position(x.end - 1, width.points - 1) + 1;
  const std::int64_t from = std::clamp<std::int64_t>(0, first, end);
  const std::int64_t until =
      std::clamp<std::int64_t>(static_cast<std::int64_t>(width.in), from, end);
  std::int8_t bordered[kMostBordered];
  std::memset(bordered, border_, static_cast<std::size_t>(end - first) * channels);
  if (from < until) {
    std::memcpy(bordered + static_cast<std::size_t>(from - first) * channels,
                x_row + static_cast<std::size_t>(from) * channels,
                static_cast<std::size_t>(until - from) * channels);
  }
  to.request.copy.rows({bordered, width.stride * channels, to.data, to.request.stride, x.size(),
                        width.points * channels, to.request.flip});
}

// One window row in one piece, with `border_` where it is on the border.
void WindowRows::gather_clipped(const std::int8_t* x_row, std::size_t x, const Target& to) const {
  const WindowAxis& width = window_.width();
  const auto in = static_cast<std::int64_t>(width.in);
  const auto points = static_cast<std::int64_t>(width.points);
  const std::int64_t first = width.position(x, 0);
  const auto begin = static_cast<std::size_t>(std::clamp<std::int64_t>(-first, 0, points));
  const auto end = static_cast<std::size_t>(
      std::clamp<std::int64_t>(in - first, static_cast<std::int64_t>(begin), points));
  fill_rows(to, 1, width.points * x_.channels);
  if (begin == end) return;
  copy(x_row, begin, {x, x + 1}, (end - begin) * x_.channels,
       {to.request, to.data + begin * x_.channels});
}

// One point of every window, for points that lie apart.
void WindowRows::gather_point(const std::int8_t* x_row, std::size_t point, Range x,
                              const Target& to) const {
  const Range inside = common(x, window_.width().inside(point));
  const auto at = [&](std::size_t position) {
    return to.data + (position - x.begin) * to.request.stride;
  };
  if (inside.size() == 0) return fill_rows(to, x.size(), x_.channels);
  fill_rows(to, inside.begin - x.begin, x_.channels);
  copy(x_row, point, inside, x_.channels, {to.request, at(inside.begin)});
  fill_rows({to.request, at(inside.end)}, x.end - inside.end, x_.channels);
}

// Of points on the border.
void WindowRows::fill_rows(const Target& to, std::size_t rows, std::size_t bytes) const {
  const int border = static_cast<std::uint8_t>(border_) ^ to.request.flip;
  for (std::size_t r = 0; r < rows; ++r)
    std::memset(to.data + r * to.request.stride, border, bytes);
}

// So many bytes from this point of the windows on.
void WindowRows::copy(const std::int8_t* x_row, std::size_t point, Range x, std::size_t bytes,
                      const Target& to) const {
  const WindowAxis& width = window_.width();
  const auto first = static_cast<std::size_t>(width.position(x.begin, point));
  to.request.copy.rows({x_row + first * x_.stride, width.stride * x_.stride, to.data,
                        to.request.stride, x.size(), bytes, to.request.flip});
}

}  // namespace fourfold
