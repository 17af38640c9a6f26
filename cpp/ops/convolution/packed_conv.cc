#include "ops/convolution/packed_conv.h"

#include "base/round_up.h"
#include "matmul/linear_s8.h"
#include "ops/convolution/byte_windows.h"
#include "ops/quantization/byte_values.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

// Fewer filters leave most of a panel of 16 columns to zeros.
constexpr std::size_t kFewestFilters = 4;

std::size_t image_bytes(const ConvShape& shape) {
  const std::size_t channels = shape.groups * shape.channels;
  return round_up(shape.images * channels * shape.window.in_positions(), kAlignment);
}

// Sums to planes of y, without the zero of x (packed_factor.h), with the bias.
class PlaneSums final : public SumsReader {
 public:
  PlaneSums(const ConvShape& shape, std::size_t group, const PackedFactor& filters,
            std::int32_t alpha, const Tensor& b, std::int32_t* y)
      : positions_(shape.window.out_positions()),
        all_filters_(shape.groups * shape.filters),
        first_filter_(group * shape.filters),
        filters_(filters),
        alpha_(static_cast<std::uint32_t>(alpha)),
        bias_(b.present ? b.values<std::uint32_t>() + first_filter_ : nullptr),
        y_(y) {}

  void read(const SumsBlock& block, Range rows, std::size_t first_row) const override {
    for (std::size_t n = block.columns.begin; n < block.columns.end; ++n) {
      const std::uint32_t bias = bias_ == nullptr ? 0 : bias_[n];
      const std::uint32_t offset = bias - alpha_ * static_cast<std::uint32_t>(filters_.totals()[n]);
      const std::int32_t* sums = block.sums + (n - block.columns.begin);
      std::size_t image = (first_row + rows.begin) / positions_;
      std::size_t at = (first_row + rows.begin) % positions_;
      for (std::size_t r = rows.begin; r < rows.end; ++r) {
        const auto sum = static_cast<std::uint32_t>(sums[(r - block.rows.begin) * block.stride]);
        y_[(image * all_filters_ + first_filter_ + n) * positions_ + at] =
            static_cast<std::int32_t>(sum + offset);
        if (++at == positions_) {
          at = 0;
          ++image;
        }
      }
    }
  }

 private:
  const std::size_t positions_, all_filters_, first_filter_;
  const PackedFactor& filters_;
  const std::uint32_t alpha_;
  const std::uint32_t* bias_;  // of this group
  std::int32_t* y_;
};

}  // namespace

PackedConv::PackedConv(const OpInput& w, const OpInput& w_zero)
    : constant_(w.constant != nullptr && (!w_zero.present || w_zero.constant != nullptr)) {}

bool PackedConv::fits(const ConvShape& shape) const {
  return constant_ && shape.filters >= kFewestFilters && shape.depth() >= 1 &&
         shape.depth() <= kMaxDepth;
}

std::size_t PackedConv::scratch_bytes(const ConvShape& shape, const Execution& execution) const {
  if (!fits(shape)) return 0;
  LinearS8 layer = {};
  layer.weight = {nullptr, shape.depth(), shape.filters};
  const std::size_t rows = shape.images * shape.window.out_positions();
  return image_bytes(shape) + linear_s8_scratch_bytes(layer, OutputForm::kSums, rows, execution);
}

std::unique_ptr<PackedConv::Groups> PackedConv::pack(const ConvShape& shape,
                                                     const IntegerConvInputs& inputs) {
  const std::size_t points = shape.window.points(), depth = shape.depth();
  const auto* w = inputs.w.values<std::uint8_t>();
  const bool zero_per_filter = inputs.w_zero.present && element_count(inputs.w_zero.shape()) > 1;
  std::vector<std::uint8_t> columns(depth * shape.filters);
  auto groups = std::make_unique<Groups>();
  for (std::size_t group = 0; group < shape.groups; ++group) {
    const std::size_t first = group * shape.filters;
    for (std::size_t n = 0; n < shape.filters; ++n) {
      for (std::size_t c = 0; c < shape.channels; ++c) {
        for (std::size_t k = 0; k < points; ++k)
          columns[(k * shape.channels + c) * shape.filters + n] =
              w[(first + n) * depth + c * points + k];
      }
    }
    Tensor zero = inputs.w_zero;
    if (zero_per_filter) {
      zero.type.shape = {static_cast<std::int64_t>(shape.filters)};
      zero.data = inputs.w_zero.values_out<std::uint8_t>() + first;
    }
    const Tensor matrix = {{inputs.w.type.dtype, {}}, columns.data()};
    groups->push_back(std::make_unique<PackedFactor>(matrix, zero, depth, shape.filters));
    if (groups->back()->betas() != nullptr || groups->back()->has_lows()) {
      groups->clear();
      break;
    }
  }
  return groups;
}

bool PackedConv::run(const ConvShape& shape, const IntegerConvInputs& inputs, std::byte* scratch,
                     std::int32_t* y, const Execution& execution) const {
  if (!fits(shape)) return false;
  const Groups& groups = groups_.get([&] { return pack(shape, inputs); });
  if (groups.empty()) return false;
  const std::size_t channels = shape.groups * shape.channels;
  const std::size_t positions = shape.window.in_positions();
  auto* image = reinterpret_cast<std::uint8_t*>(scratch);
  share_out(shape.images, channels * positions, execution, [&](Range images) {
    channels_to_last(inputs.x.values<std::uint8_t>(), images, channels, positions, image);
  });
  const DType dtype = inputs.x.type.dtype;
  const std::int32_t zero = byte_at(inputs.x_zero, 0);
  for (std::size_t group = 0; group < shape.groups; ++group) {
    const PackedFactor& filters = *groups[group];
    LinearS8 layer = {};
    layer.weight = filters.weight();
    layer.column_sums = filters.packed_sums();
    const ByteWindows windows(
        shape.window, {image + group * shape.channels, shape.images, shape.channels, channels,
                       static_cast<std::uint8_t>(zero), byte_flip(dtype)});
    const PlaneSums sums(shape, group, filters, zero - byte_shift(dtype), inputs.b, y);
    linear_s8(layer, windows, {}, Output::sums(sums), scratch + image_bytes(shape), execution);
  }
  return true;
}

}  // namespace fourfold
