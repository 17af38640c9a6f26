// einsum: sums of products over named axes, as NumPy's einsum.
//
// Two inputs that share no axis but those of matmul's kinds are rearranged and multiplied as matmul
// does. Others are summed one output after the other, in the alphabetical order of the axes.
//
// Inputs      x0 ... of one type: float32, float64, or integers of 32 or 64 bits, which wrap around.
// Attributes  equation.
#include <algorithm>
#include <memory>

#include "base/aligned_buffer.h"
#include "base/check.h"
#include "base/round_up.h"
#include "matmul/matmul_f32.h"
#include "ops/checks.h"
#include "ops/linear/einsum_terms.h"
#include "ops/linear/plain_matmul.h"
#include "ops/movement/strided_copy.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

using LabelLists = std::initializer_list<const EinsumLabels*>;

// Those of a contiguous tensor with axes of these labels.
EinsumShape::Strides contiguous_strides_of(const EinsumShape& shape, const LabelLists& lists) {
  EinsumShape::Strides strides{};
  std::ptrdiff_t stride = 1;
  for (std::size_t list = lists.size(); list-- > 0;) {
    const EinsumLabels& labels = *lists.begin()[list];
    for (std::size_t i = labels.size(); i-- > 0;) {
      strides[labels[i]] = stride;
      stride *= static_cast<std::ptrdiff_t>(shape.sizes[labels[i]]);
    }
  }
  return strides;
}

// Copies an input to contiguous axes of these labels.
void arrange(const EinsumShape& shape, std::size_t input, const Tensor& x, const LabelLists& lists,
             void* to, const Execution& execution) {
  const EinsumShape::Strides strides = contiguous_strides_of(shape, lists);
  StridedCopy copy(dtype_bytes(x.type.dtype), x.data, to);
  for (const EinsumLabels* labels : lists) {
    for (const std::size_t label : *labels)
      copy.add_axis(shape.sizes[label], shape.strides[input][label], strides[label]);
  }
  copy.run(execution);
}

// Contiguous axes of these labels to the order of the output.
void put_in_order(const EinsumShape& shape, const LabelLists& lists, const void* from,
                  const Tensor& y, const Execution& execution) {
  const EinsumShape::Strides from_strides = contiguous_strides_of(shape, lists);
  const EinsumShape::Strides to_strides = contiguous_strides_of(shape, {&shape.output});
  StridedCopy copy(dtype_bytes(y.type.dtype), from, y.data);
  for (const std::size_t label : shape.output)
    copy.add_axis(shape.sizes[label], from_strides[label], to_strides[label]);
  copy.run(execution);
}

// One element of the output: the sum over all summed labels, the last of them innermost.
template <class T>
T sum_of_products(const EinsumShape& shape, std::size_t inputs, std::size_t terms,
                  const T* const* x) {
  T sum = 0;
  for (std::size_t term = 0; term < terms; ++term) {
    T product = 1;
    for (std::size_t i = 0; i < inputs; ++i) {
      std::size_t rest = term;
      std::ptrdiff_t at = 0;
      for (std::size_t s = shape.summed.size(); s-- > 0; rest /= shape.sizes[shape.summed[s]]) {
        const std::size_t label = shape.summed[s];
        at += static_cast<std::ptrdiff_t>(rest % shape.sizes[label]) * shape.strides[i][label];
      }
      product *= x[i][at];
    }
    sum += product;
  }
  return sum;
}

class EinsumOp final : public Op {
 public:
  EinsumOp(EinsumEquation equation, std::size_t inputs)
      : equation_(std::move(equation)), inputs_(inputs) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const DType dtype = inputs[0].type.dtype;
    if (!is_multiplied(dtype)) {
      refuse_value("x0: expected float32, float64, int32, uint32, int64 or uint64, received ",
                   type_text(inputs[0].type));
    }
    for (std::size_t i = 1; i < inputs_; ++i) {
      if (inputs[i].type.dtype == dtype) continue;
      refuse_value("x", i, ": expected ", dtype_name(dtype), " as x0, received ",
                   type_text(inputs[i].type));
    }
    const EinsumShape shape(equation_, inputs);
    outputs[0] = {dtype, shape.output_shape};
    scratch_of(shape, dtype);
  }

  std::size_t scratch_bytes(const Tensor* inputs, const Execution&) const override {
    return scratch_of(EinsumShape(equation_, inputs), inputs[0].type.dtype);
  }

  void run(const StepData& step, const Execution& execution) const override {
    const EinsumShape shape(equation_, step.inputs);
    const EinsumProduct product(shape, inputs_);
    const DType dtype = step.inputs[0].type.dtype;
    if (product.possible) return run_product(shape, product, step, execution);
    if (dtype == DType::kF32) return run_sums<float>(shape, step, execution);
    visit_plain_product(
        dtype, [&](auto tag) { run_sums<typename decltype(tag)::Type>(shape, step, execution); });
  }

 private:
  // Sizes of a product, and where its matrices begin in the scratch, in bytes.
  struct Layout {
    std::size_t batches, rows, columns, depth;
    std::size_t b, y, product;

    Layout(const EinsumShape& shape, const EinsumProduct& of, DType dtype)
        : batches(shape.count(of.batch)),
          rows(shape.count(of.rows)),
          columns(shape.count(of.columns)),
          depth(shape.count(of.depth)),
          b(bytes(rows, depth, dtype)),
          y(b + bytes(depth, columns, dtype)),
          product(y + bytes(rows, columns, dtype)) {}

   private:
    // Of a matrix for every batch; refuses what no memory can hold.
    std::size_t bytes(std::size_t of_rows, std::size_t of_columns, DType dtype) const {
      const Shape stack = {static_cast<std::int64_t>(batches), static_cast<std::int64_t>(of_rows),
                           static_cast<std::int64_t>(of_columns)};
      return round_up(byte_count({dtype, stack}), kAlignment);
    }
  };

  // Refuses what is too large to be computed.
  std::size_t scratch_of(const EinsumShape& shape, DType dtype) const {
    shape.count(shape.summed);
    const EinsumProduct product(shape, inputs_);
    if (!product.possible) return 0;
    const Layout of(shape, product, dtype);
    return of.product + matmul_f32_scratch_bytes(of.rows, of.depth, of.columns, false);
  }

  void run_product(const EinsumShape& shape, const EinsumProduct& product, const StepData& step,
                   const Execution& execution) const {
    const DType dtype = step.inputs[0].type.dtype;
    const Layout of(shape, product, dtype);
    arrange(shape, 0, step.inputs[0], {&product.batch, &product.rows, &product.depth}, step.scratch,
            execution);
    arrange(shape, 1, step.inputs[1], {&product.batch, &product.depth, &product.columns},
            step.scratch + of.b, execution);
    if (dtype == DType::kF32) {
      multiply<float>(of, step.scratch, [&](auto a, auto b, auto y) {
        matmul_f32({a, b, false, y}, step.scratch + of.product, execution);
      });
    } else {
      visit_plain_product(dtype, [&](auto tag) {
        using T = typename decltype(tag)::Type;
        multiply<T>(of, step.scratch,
                    [&](auto a, auto b, auto y) { plain_matmul<T>(a, b, y, execution); });
      });
    }
    put_in_order(shape, {&product.batch, &product.rows, &product.columns}, step.scratch + of.y,
                 step.outputs[0], execution);
  }

  template <class T, class Multiply>
  static void multiply(const Layout& of, std::byte* scratch, const Multiply& multiply) {
    const auto* a = reinterpret_cast<const T*>(scratch);
    const auto* b = reinterpret_cast<const T*>(scratch + of.b);
    auto* y = reinterpret_cast<T*>(scratch + of.y);
    for (std::size_t batch = 0; batch < of.batches; ++batch) {
      multiply(MatrixView<const T>{a, of.rows, of.depth, of.depth},
               MatrixView<const T>{b, of.depth, of.columns, of.columns},
               MatrixView<T>{y, of.rows, of.columns, of.columns});
      a += of.rows * of.depth;
      b += of.depth * of.columns;
      y += of.rows * of.columns;
    }
  }

  template <class T>
  void run_sums(const EinsumShape& shape, const StepData& step, const Execution& execution) const {
    const std::size_t terms = shape.count(shape.summed);
    T* y = step.outputs[0].values_out<T>();
    share_out(element_count(shape.output_shape), terms, execution, [&](Range range) {
      const T* x[kMaxEinsumInputs];
      for (std::size_t element = range.begin; element < range.end; ++element) {
        for (std::size_t i = 0; i < inputs_; ++i)
          x[i] = step.inputs[i].values<T>();
        std::size_t rest = element;
        for (std::size_t o = shape.output.size(); o-- > 0;) {
          const std::size_t label = shape.output[o];
          const auto at = static_cast<std::ptrdiff_t>(rest % shape.sizes[label]);
          rest /= shape.sizes[label];
          for (std::size_t i = 0; i < inputs_; ++i)
            x[i] += at * shape.strides[i][label];
        }
        y[element] = sum_of_products<T>(shape, inputs_, terms, x);
      }
    });
  }

  const EinsumEquation equation_;
  const std::size_t inputs_;
};

}  // namespace

std::unique_ptr<Op> make_einsum(const OpRequest& request) {
  const std::size_t inputs = request.inputs.size();
  if (inputs == 0 || inputs > kMaxEinsumInputs) {
    refuse_value("expected 1 to ", kMaxEinsumInputs, " inputs, received ", inputs);
  }
  for (std::size_t i = 0; i < inputs; ++i) {
    if (!request.inputs[i].present) refuse_value("x", i, ": expected a value, not none");
  }
  request.attributes.allow_only({"equation"});
  return std::make_unique<EinsumOp>(EinsumEquation(request.attributes.text("equation"), inputs),
                                    inputs);
}

}  // namespace fourfold
