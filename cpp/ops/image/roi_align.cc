// roi_align: of each region of interest a small image: x interpolated at points spread over each of
// its bins, and their mean or maximum.
//
// Inputs      x float32 or float64 [N, C, rows, columns]; rois of x's type [R, 4]: x1, y1, x2, y2;
//             batch_indices int64 [R], 0 to N - 1: the image of each region.
// Attributes  output_height (1), output_width (1): bins; sampling_ratio (0): points along each side
//             of a bin, 0 for as many as it has elements; spatial_scale (1): of rois, to elements;
//             coordinate_transformation_mode: half_pixel or output_half_pixel (no shift by half an
//             element, and regions of at least one), "half_pixel"; mode: avg or max, "avg".
// As ONNX RoiAlign; max is that of the weighted elements, not of the interpolated points.
#include <algorithm>
#include <memory>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/image/roi_points.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

constexpr std::size_t kMaxBins = 1024;

struct RoiRule {
  std::int64_t height;
  std::int64_t width;
  RoiSampling sampling;
  bool max;
};

// The points of one bin, along one side.
template <class T>
struct BinPoints {
  const RoiPoint<T>* first;
  std::size_t count;
};

template <class T>
T bin_mean(const T* x, std::size_t columns, BinPoints<T> rows, BinPoints<T> across) {
  T sum = 0;
  for (std::size_t i = 0; i < rows.count; ++i) {
    const RoiPoint<T>& r = rows.first[i];
    const T* low = x + r.low * columns;
    const T* high = x + r.high * columns;
    for (std::size_t j = 0; j < across.count; ++j) {
      const RoiPoint<T>& c = across.first[j];
      if (!r.inside || !c.inside) continue;
      sum += r.low_weight * c.low_weight * low[c.low] + r.low_weight * c.high_weight * low[c.high] +
             r.high_weight * c.low_weight * high[c.low] +
             r.high_weight * c.high_weight * high[c.high];
    }
  }
  return sum / static_cast<T>(std::max<std::size_t>(rows.count * across.count, 1));
}

template <class T>
T bin_max(const T* x, std::size_t columns, BinPoints<T> rows, BinPoints<T> across) {
  T most = 0;
  for (std::size_t i = 0; i < rows.count; ++i) {
    const RoiPoint<T>& r = rows.first[i];
    const T* low = x + r.low * columns;
    const T* high = x + r.high * columns;
    for (std::size_t j = 0; j < across.count; ++j) {
      const RoiPoint<T>& c = across.first[j];
      T value = 0;
      if (r.inside && c.inside) {
        value = std::max(std::max(r.low_weight * c.low_weight * low[c.low],
                                  r.low_weight * c.high_weight * low[c.high]),
                         std::max(r.high_weight * c.low_weight * high[c.low],
                                  r.high_weight * c.high_weight * high[c.high]));
      }
      most = i + j == 0 ? value : std::max(most, value);
    }
  }
  return most;
}

class RoiAlignOp final : public Op {
 public:
  explicit RoiAlignOp(const RoiRule& rule) : rule_(rule) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const TensorType& x = inputs[0].type;
    if ((x.dtype != DType::kF32 && x.dtype != DType::kF64) || x.shape.rank() != 4) {
      refuse_value("x: expected float32 or float64 of four dimensions, received ", type_text(x));
    }
    const Shape& rois = inputs[1].type.shape;
    const std::int64_t count = rois.rank() == 0 ? 0 : rois[0];
    expect_type("rois", inputs[1].type, {x.dtype, {count, 4}});
    expect_type("batch_indices", inputs[2].type, {DType::kS64, {count}});
    if (x.shape[2] == 0 || x.shape[3] == 0) {
      refuse_value("x: expected rows and columns, received ", shape_text(x.shape));
    }
    outputs[0] = {x.dtype, {count, x.shape[1], rule_.height, rule_.width}};
  }

  void run(const StepData& step, const Execution& execution) const override {
    const std::size_t regions = step.outputs[0].size(0);
    for (std::size_t i = 0; i < regions; ++i)
      check_image(step, step.inputs[2].values<std::int64_t>()[i]);
    const std::size_t values = element_count(step.outputs[0].shape()) / regions;
    share_out(regions, values * 16, execution, [&](Range part) {
      for (std::size_t i = part.begin; i < part.end; ++i) {
        if (step.inputs[0].type.dtype == DType::kF32) align<float>(step, i);
        if (step.inputs[0].type.dtype == DType::kF64) align<double>(step, i);
      }
    });
  }

 private:
  static void check_image(const StepData& step, std::int64_t image) {
    const std::int64_t images = step.inputs[0].type.shape[0];
    if (image >= 0 && image < images) return;
    refuse_value("batch_indices: expected 0 to ", images - 1, ", received ", image);
  }

  template <class T>
  void align(const StepData& step, std::size_t region) const {
    const Tensor& x = step.inputs[0];
    const std::size_t channels = x.size(1), rows = x.size(2), columns = x.size(3);
    const auto height = static_cast<std::size_t>(rule_.height);
    const auto width = static_cast<std::size_t>(rule_.width);
    const T* roi = step.inputs[1].values<T>() + region * 4;
    const auto down = find_roi_points<T>(rule_.sampling, {roi[1], roi[3]}, height, rows);
    const auto across = find_roi_points<T>(rule_.sampling, {roi[0], roi[2]}, width, columns);
    const std::size_t down_count = down.size() / height, across_count = across.size() / width;
    const auto image = static_cast<std::size_t>(step.inputs[2].values<std::int64_t>()[region]);
    const T* from = x.values<T>() + image * channels * rows * columns;
    T* to = step.outputs[0].values_out<T>() + region * channels * height * width;
    for (std::size_t channel = 0; channel < channels; ++channel, from += rows * columns) {
      for (std::size_t i = 0; i < height * width; ++i) {
        const BinPoints<T> bin_rows = {down.data() + i / width * down_count, down_count};
        const BinPoints<T> bin_columns = {across.data() + i % width * across_count, across_count};
        *to++ = rule_.max ? bin_max(from, columns, bin_rows, bin_columns)
                          : bin_mean(from, columns, bin_rows, bin_columns);
      }
    }
  }

  const RoiRule rule_;
};

bool half_pixel(const std::string& name) {
  if (name == "half_pixel") return true;
  if (name == "output_half_pixel") return false;
  refuse_value(
      "coordinate_transformation_mode: expected half_pixel or output_half_pixel, received '", name,
      "'");
}

}  // namespace

std::unique_ptr<Op> make_roi_align(const OpRequest& request) {
  expect_inputs(request, {"x", "rois", "batch_indices"});
  const Attributes& attributes = request.attributes;
  attributes.allow_only({"output_height", "output_width", "sampling_ratio", "spatial_scale",
                         "coordinate_transformation_mode", "mode"});
  const std::string mode = attributes.text_or("mode", "avg");
  if (mode != "avg" && mode != "max") {
    refuse_value("mode: expected one of avg, max; received '", mode, "'");
  }
  return std::make_unique<RoiAlignOp>(RoiRule{
      attributes.integer_or("output_height", 1, 1, kMaxBins),
      attributes.integer_or("output_width", 1, 1, kMaxBins),
      {static_cast<std::size_t>(attributes.integer_or("sampling_ratio", 0, 0, kMaxRoiPoints)),
       static_cast<double>(attributes.number_or("spatial_scale", 1)),
       half_pixel(attributes.text_or("coordinate_transformation_mode", "half_pixel"))},
      mode == "max"});
}

}  // namespace fourfold
