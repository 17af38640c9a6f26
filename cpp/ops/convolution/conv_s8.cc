// conv_s8: a convolution with int8 weights, channels last, and all that follows it, in one step.
//
//   v = activation(fma(float(sum), input_scale * column_scale, bias) + residual)
//   v = fma(v, post_scale, post_shift)                               where there are these
//   y = v, or round_to_even(clamp(v * (1 / output_scale), -127, 127)), NaN gives 0
//
// The sums are exact. It is linear_s8 (matmul/linear_s8.h), once for each group, with what lies under
// the windows as rows.
//
// Inputs      x float32 or int8 [N, spatial..., channels], one to three spatial axes; constants:
//             weight int8 [group, F/16, K/4, 16, 4], column_scales and bias float32 [group, F], where
//             F is the filters of a group padded to 16 and K is the points of the window times the
//             channels of a group, in this order, padded to 64, or all three plain, without padding
//             (ops/stored_s8.h). Perhaps residual, float32 or int8 [N, spatial..., filters]; perhaps
//             the constants post_scale and post_shift (0), float32 [filters]. Those behind the last
//             that is given may be left out.
// Attributes  kernel_shape; strides, pads, dilations, auto_pad as in ONNX; group (1); channels of x,
//             filters of y; activation ("identity"; an elementwise one), alpha (0). input_scale: x is
//             quantized with it, or was, if it is int8. input_zero: with this zero, as output_zero below;
//             the border is filled with it, and what it adds to the sums, input_zero * input_scale *
//             column_scale times the sum of the column, the bias has taken off. residual_scale, if the
//             residual is int8.
//             output_scale: y is int8, quantized with it; without it float32. output_zero, as in
//             scale_attribute.h: y = round_to_even(clamp(fma(v, 1 / output_scale, zero), -128, 127)).
#include <memory>

#include "base/aligned_buffer.h"
#include "base/made_once.h"
#include "ops/convolution/conv_s8_layer.h"
#include "ops/convolution/side_by_side.h"
#include "ops/convolution/window_rows.h"
#include "ops/registry.h"
#include "ops/row_views.h"

namespace fourfold {
namespace {

class ConvS8Op final : public Op {
 public:
  explicit ConvS8Op(ConvS8Layer layer) : layer_(std::move(layer)), weight_(layer_.weight) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    outputs[0] = layer_.output_type(inputs);
  }

  // x in int8, if it has to be made, then what the products need.
  std::size_t scratch_bytes(const Tensor* inputs, const Execution& execution) const override {
    const Tensor& x = inputs[ConvS8Inputs::kX];
    const Window window = layer_.window_over(x.shape());
    const SideBySide sizes = side_by_side(x, window, execution);
    LinearS8 product = layer_.group(0, nullptr, nullptr);
    product.weight = {nullptr, sizes.depth, sizes.columns};
    return quantized_bytes(x, window) + linear_s8_scratch_bytes(product, layer_.form(),
                                                                rows_of(x, window) / sizes.times,
                                                                execution);
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor& x = step.inputs[ConvS8Inputs::kX];
    const Window window = layer_.window_over(x.shape());
    const std::size_t ahead = quantized_bytes(x, window);
    const auto* q = reinterpret_cast<const std::int8_t*>(ahead > 0 ? step.scratch : x.data);
    if (ahead > 0) layer_.quantize(x, reinterpret_cast<std::int8_t*>(step.scratch), execution);

    const SideBySide sizes = side_by_side(x, window, execution);
    for (std::size_t group = 0; group < layer_.groups; ++group) {
      const LinearS8 product = product_of(x, window, sizes, group, execution);
      with_rows(x, q + group * layer_.channels, window, sizes, group, [&](const Operand& rows) {
        linear_s8(product, rows, residual_of(step, group, sizes), output_of(step, group, sizes),
                  step.scratch + ahead, execution);
      });
    }
  }

 private:
  static std::size_t rows_of(const Tensor& x, const Window& window) {
    return x.size(0) * window.out_positions();
  }

  SideBySide side_by_side(const Tensor& x, const Window& window, const Execution& execution) const {
    const GemmS8Kernels& gemm = gemm_s8_kernels(execution.isa, rows_of(x, window));
    return SideBySide(layer_, window, x.size(0), gemm);
  }

  // Of float32 whose points are read several times, or not at all.
  static std::size_t quantized_bytes(const Tensor& x, const Window& window) {
    if (x.type.dtype == DType::kS8 || window.is_pointwise()) return 0;
    return round_up(element_count(x.shape()), kAlignment);
  }

  // Some channels of every position.
  template <class T>
  static MatrixView<T> group_view(const Tensor& tensor, std::size_t first, std::size_t channels) {
    const MatrixView<T> all = row_view<T>(tensor);
    return {all.data + first, all.rows, channels, all.stride};
  }

  // Calls multiply with what lies under the windows of a group. q: its first channel, in int8.
  template <class Multiply>
  void with_rows(const Tensor& x, const std::int8_t* q, const Window& window,
                 const SideBySide& sizes, std::size_t group, const Multiply& multiply) const {
    const std::size_t channels = layer_.channels, first = group * channels;
    if (!window.is_pointwise()) {
      const Window wide = sizes.window_of(window);
      multiply(WindowRows(wide, {q, x.size(0), channels, layer_.all_channels()}, layer_.input_scale,
                          layer_.border()));
    } else if (x.type.dtype == DType::kS8) {
      const auto rows = group_view<const std::int8_t>(x, first, channels);
      multiply(QuantizedRows(sizes.rows_of(rows), layer_.input_scale));
    } else {
      const auto rows = group_view<const float>(x, first, channels);
      multiply(FixedRows(sizes.rows_of(rows), layer_.input_scale, layer_.input_range));
    }
  }

  LinearS8 product_of(const Tensor& x, const Window& window, const SideBySide& sizes,
                      std::size_t group, const Execution& execution) const {
    if (sizes.times > 1) {
      return side_by_side_[sizes.form()]
          .get([&] {
            return std::make_unique<SideBySideLayer>(layer_, window, sizes, weight_.packed());
          })
          .product();
    }
    const bool reads_sums = linear_s8_reads_column_sums(rows_of(x, window), execution);
    return layer_.group(group, weight_.packed(), reads_sums ? weight_.column_sums() : nullptr);
  }

  Residual residual_of(const StepData& step, std::size_t group, const SideBySide& sizes) const {
    Residual residual;
    if (!layer_.adds) return residual;
    const Tensor& tensor = step.inputs[ConvS8Inputs::kResidual];
    const std::size_t first = group * layer_.filters;
    if (layer_.residual_scale == 0.0f) {
      residual.f32 = sizes.rows_of(group_view<const float>(tensor, first, layer_.filters));
    } else {
      residual.s8 = sizes.rows_of(group_view<const std::int8_t>(tensor, first, layer_.filters));
      residual.scale = layer_.residual_scale;
    }
    return residual;
  }

  Output output_of(const StepData& step, std::size_t group, const SideBySide& sizes) const {
    const Tensor& y = step.outputs[0];
    const std::size_t first = group * layer_.filters;
    if (layer_.form() == OutputForm::kF32)
      return Output::f32(sizes.rows_of(group_view<float>(y, first, layer_.filters)));
    return Output::fixed_s8(sizes.rows_of(group_view<std::int8_t>(y, first, layer_.filters)),
                            layer_.output_scale, layer_.output_range);
  }

  const ConvS8Layer layer_;
  const WeightS8 weight_;
  const MadeOnce<SideBySideLayer> side_by_side_[SideBySide::kForms];
};

}  // namespace

std::unique_ptr<Op> make_conv_s8(const OpRequest& request) {
  return std::make_unique<ConvS8Op>(conv_s8_layer(request));
}

}  // namespace fourfold
