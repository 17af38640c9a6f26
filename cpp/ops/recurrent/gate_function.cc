#include "ops/recurrent/gate_function.h"

#include <iterator>
#include <string>

#include "base/check.h"
#include "kernels/activation/activation.h"
#include "kernels/unary/unary.h"

namespace fourfold {
namespace {

struct Row {
  const char* name;
  bool reads_alpha, reads_beta;
  float alpha, beta;  // ONNX's defaults
};

// In the order of GateFunction::Kind.
constexpr Row kRows[] = {
    {"sigmoid", false, false, 0.0f, 0.0f},
    {"tanh", false, false, 0.0f, 0.0f},
    {"relu", false, false, 0.0f, 0.0f},
    {"leakyrelu", true, false, 0.01f, 0.0f},
    {"elu", true, false, 1.0f, 0.0f},
    {"hardsigmoid", true, true, 0.2f, 0.5f},
    {"softsign", false, false, 0.0f, 0.0f},
    {"softplus", false, false, 0.0f, 0.0f},
    {"affine", true, true, 1.0f, 0.0f},
    {"scaledtanh", true, true, 1.0f, 1.0f},
    {"thresholdedrelu", true, false, 1.0f, 0.0f},
};

GateFunction::Kind kind_named(const std::string& name) {
  std::string good;
  for (std::size_t i = 0; i < std::size(kRows); ++i) {
    if (name == kRows[i].name) return static_cast<GateFunction::Kind>(i);
    good += (good.empty() ? "" : ", ") + std::string(kRows[i].name);
  }
  refuse_value("activations: expected of ", good, "; received '", name, "'");
}

std::vector<GateFunction::Kind> kinds_named(const std::string& names) {
  std::vector<GateFunction::Kind> kinds;
  for (std::size_t start = 0; start <= names.size();) {
    const std::size_t end = std::min(names.find(',', start), names.size());
    kinds.push_back(kind_named(names.substr(start, end - start)));
    start = end + 1;
  }
  return kinds;
}

// Gives out the values of an attribute, one by one.
class Values {
 public:
  Values(const Attributes& attributes, const char* name) {
    if (attributes.has(name)) values_ = attributes.numbers(name);
  }
  float next_or(float otherwise) {
    return next_ < values_.size() ? static_cast<float>(values_[next_++]) : otherwise;
  }

 private:
  Attributes::Reals values_;
  std::size_t next_ = 0;
};

void apply_kernel(ActivationFunction function, float alpha, MatrixView<float> x) {
  function({x.data, x.stride, x.data, x.stride, x.rows, x.columns, alpha});
}

void apply_kernel(UnaryFunction function, const GateFunction& gate, MatrixView<float> x) {
  for (std::size_t r = 0; r < x.rows; ++r)
    function({x.row(r), x.row(r), x.columns, gate.alpha, gate.beta});
}

template <class Function>
void for_each(MatrixView<float> x, const Function& function) {
  for (std::size_t r = 0; r < x.rows; ++r) {
    float* row = x.row(r);
    for (std::size_t k = 0; k < x.columns; ++k)
      row[k] = function(row[k]);
  }
}

}  // namespace

std::vector<GateFunction> gate_functions(const Attributes& attributes,
                                         const std::vector<GateFunction::Kind>& otherwise,
                                         std::size_t directions) {
  std::vector<GateFunction::Kind> kinds;
  if (attributes.has("activations")) {
    kinds = kinds_named(attributes.text("activations"));
  } else {
    for (std::size_t i = 0; i < directions; ++i)
      kinds.insert(kinds.end(), otherwise.begin(), otherwise.end());
  }
  if (kinds.size() != otherwise.size() * directions) {
    refuse_value("activations: expected ", otherwise.size() * directions, " names, received ",
                 kinds.size());
  }
  Values alphas(attributes, "activation_alpha"), betas(attributes, "activation_beta");
  std::vector<GateFunction> functions;
  for (const GateFunction::Kind kind : kinds) {
    const Row& row = kRows[kind];
    functions.push_back({kind, row.reads_alpha ? alphas.next_or(row.alpha) : row.alpha,
                         row.reads_beta ? betas.next_or(row.beta) : row.beta});
  }
  return functions;
}

void apply(const GateFunction& function, MatrixView<float> x, Isa isa) {
  const ActivationKernels& activation = activation_kernels(isa);
  const UnaryKernels& unary = unary_kernels(isa);
  const float alpha = function.alpha, beta = function.beta;
  switch (function.kind) {
    case GateFunction::kSigmoid:
      return apply_kernel(activation.sigmoid, alpha, x);
    case GateFunction::kTanh:
      return apply_kernel(activation.tanh, alpha, x);
    case GateFunction::kRelu:
      return apply_kernel(activation.relu, alpha, x);
    case GateFunction::kLeakyRelu:
      return apply_kernel(activation.leaky_relu, alpha, x);
    case GateFunction::kElu:
      return apply_kernel(activation.elu, alpha, x);
    case GateFunction::kHardSigmoid:
      return apply_kernel(unary.of(Unary::hard_sigmoid), function, x);
    case GateFunction::kSoftsign:
      return apply_kernel(unary.of(Unary::softsign), function, x);
    case GateFunction::kSoftplus:
      return apply_kernel(unary.of(Unary::softplus), function, x);
    case GateFunction::kAffine:
      return for_each(x, [=](float value) { return alpha * value + beta; });
    case GateFunction::kScaledTanh:
      for_each(x, [=](float value) { return beta * value; });
      apply_kernel(activation.tanh, alpha, x);
      return for_each(x, [=](float value) { return alpha * value; });
    case GateFunction::kThresholdedRelu:
      return for_each(x, [=](float value) { return value < alpha ? 0.0f : value; });
  }
}

}  // namespace fourfold
