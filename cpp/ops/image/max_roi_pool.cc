// max_roi_pool: of each region of interest a small image: the maximum of each of its bins.
//
// Inputs      x float32 or float64 [N, C, rows, columns]; rois of x's type [R, 5]: the image from 0
//             to N - 1, then x1, y1, x2, y2, all rounded to whole elements.
// Attributes  pooled_shape: bins (rows, columns); spatial_scale (1): of rois, to elements.
// As ONNX MaxRoiPool. Bins that hold no element are 0.
#include <algorithm>
#include <cmath>
#include <memory>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

constexpr std::int64_t kMaxBins = 65536;

// The elements [begin, end) of bin `index` of a region from `low` to `high`, both included.
template <class T>
Range bin_range(T low, T high, std::size_t bins, std::size_t index, std::size_t size) {
  const T step = std::max<T>(high - low + 1, 1) / static_cast<T>(bins);
  const auto clamped = [&](T at) {
    return static_cast<std::size_t>(std::fmax(T{0}, std::fmin(at, static_cast<T>(size))));
  };
  return {clamped(std::floor(static_cast<T>(index) * step) + low),
          clamped(std::ceil(static_cast<T>(index + 1) * step) + low)};
}

template <class T>
T max_of(const T* x, std::size_t columns, Range rows, Range across) {
  if (rows.begin >= rows.end || across.begin >= across.end) return 0;
  T most = x[rows.begin * columns + across.begin];
  for (std::size_t row = rows.begin; row < rows.end; ++row) {
    for (std::size_t column = across.begin; column < across.end; ++column)
      most = std::max(most, x[row * columns + column]);
  }
  return most;
}

class MaxRoiPoolOp final : public Op {
 public:
  MaxRoiPoolOp(std::int64_t height, std::int64_t width, float scale)
      : height_(height), width_(width), scale_(scale) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const TensorType& x = inputs[0].type;
    if ((x.dtype != DType::kF32 && x.dtype != DType::kF64) || x.shape.rank() != 4) {
      refuse_value("x: expected float32 or float64 of four dimensions, received ", type_text(x));
    }
    const Shape& rois = inputs[1].type.shape;
    const std::int64_t count = rois.rank() == 0 ? 0 : rois[0];
    expect_type("rois", inputs[1].type, {x.dtype, {count, 5}});
    outputs[0] = {x.dtype, {count, x.shape[1], height_, width_}};
  }

  void run(const StepData& step, const Execution& execution) const override {
    const std::size_t regions = step.outputs[0].size(0);
    const std::size_t values = element_count(step.outputs[0].shape()) / regions;
    share_out(regions, values * 16, execution, [&](Range part) {
      for (std::size_t i = part.begin; i < part.end; ++i) {
        if (step.inputs[0].type.dtype == DType::kF32) pool<float>(step, i);
        if (step.inputs[0].type.dtype == DType::kF64) pool<double>(step, i);
      }
    });
  }

 private:
  template <class T>
  void pool(const StepData& step, std::size_t region) const {
    const Tensor& x = step.inputs[0];
    const std::size_t channels = x.size(1), rows = x.size(2), columns = x.size(3);
    const auto height = static_cast<std::size_t>(height_), width = static_cast<std::size_t>(width_);
    const T* roi = step.inputs[1].values<T>() + region * 5;
    if (!(roi[0] >= 0 && roi[0] < static_cast<T>(x.size(0)))) {
      refuse_value("rois: expected images from 0 to ", x.type.shape[0] - 1, ", received ", roi[0]);
    }
    T borders[4];
    for (std::size_t i = 0; i < 4; ++i)
      borders[i] = std::round(roi[i + 1] * static_cast<T>(scale_));
    const T* from = x.values<T>() + static_cast<std::size_t>(roi[0]) * channels * rows * columns;
    T* to = step.outputs[0].values_out<T>() + region * channels * height * width;
    for (std::size_t channel = 0; channel < channels; ++channel, from += rows * columns) {
      for (std::size_t i = 0; i < height * width; ++i) {
        const Range down = bin_range(borders[1], borders[3], height, i / width, rows);
        const Range across = bin_range(borders[0], borders[2], width, i % width, columns);
        *to++ = max_of(from, columns, down, across);
      }
    }
  }

  const std::int64_t height_;
  const std::int64_t width_;
  const float scale_;
};

}  // namespace

std::unique_ptr<Op> make_max_roi_pool(const OpRequest& request) {
  expect_inputs(request, {"x", "rois"});
  request.attributes.allow_only({"pooled_shape", "spatial_scale"});
  const Attributes::Integers shape = request.attributes.integers("pooled_shape");
  const auto fits = [](std::int64_t bins) { return bins >= 1 && bins <= kMaxBins; };
  if (shape.size() != 2 || !std::all_of(shape.begin(), shape.end(), fits)) {
    refuse_value("pooled_shape: expected two values from 1 to ", kMaxBins);
  }
  return std::make_unique<MaxRoiPoolOp>(shape[0], shape[1],
                                        request.attributes.number_or("spatial_scale", 1));
}

}  // namespace fourfold
