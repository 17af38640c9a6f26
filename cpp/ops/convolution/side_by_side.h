// Neighbouring columns of output as one: a convolution of few filters as one of `times` as many.
//
//   y[..., i * times + j, f] = y'[..., i, j * filters + f]
//
// which is the same memory. The window of y' is (times - 1) * stride columns wider, its stride is
// times * stride, and its filter j * filters + f is filter f, j * stride columns further to the right,
// with zeros beside it. So the sums are the same. But a product's columns and depth are padded to what
// its kernel takes at once, and its rows cost something each: where that is 16, of 8 filters over 8
// channels half of the columns are padding, of two positions side by side nothing is, and there are half
// as many rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/aligned_buffer.h"
#include "kernels/gemm_s8/gemm_s8.h"
#include "ops/convolution/conv_s8_layer.h"

namespace fourfold {

struct SideBySide {
  static constexpr std::size_t kForms = 5;

  std::size_t times;  // a power of two below 1 << kForms; 1: each column by itself
  std::size_t depth;
  std::size_t columns;

  // What takes the fewest products for a layer of one group, if it divides the columns of a row; of a
  // pointwise window all positions are one row. For this kernel.
  SideBySide(const ConvS8Layer& layer, const Window& window, std::size_t images,
             const GemmS8Kernels& gemm);

  std::size_t form() const;  // the power; layers of one form are the same

  Window window_of(const Window& window) const;

  // Rows without gaps, so many of them as one.
  template <class T>
  MatrixView<T> rows_of(const MatrixView<T>& view) const {
    return {view.data, view.rows / times, view.columns * times, view.stride * times};
  }
};

// The layer's constants for that.
class SideBySideLayer {
 public:
  // whole: the layer's weight, filled up.
  SideBySideLayer(const ConvS8Layer& layer, const Window& window, const SideBySide& sizes,
                  const std::int8_t* whole);

  const LinearS8& product() const { return product_; }

 private:
  void pack(const ConvS8Layer& layer, const Window& window, const SideBySide& sizes,
            const std::int8_t* whole);

  AlignedBuffer weight_;
  std::vector<float> column_scales_;
  std::vector<float> bias_;
  std::vector<float> post_scale_;
  std::vector<float> post_shift_;
  std::vector<std::int32_t> column_sums_;
  LinearS8 product_;
};

}  // namespace fourfold
