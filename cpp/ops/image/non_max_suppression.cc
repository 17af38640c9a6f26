// non_max_suppression: of boxes that overlap the one with the best score, for each image and class.
//
// Inputs      boxes float32 [N, B, 4]; scores float32 [N, C, B]; most? int64, one: how many boxes to
//             keep for each image and class, absent: 0; overlap? float32, one: the intersection over
//             union beyond which a box gives way to a better one, absent: 0; score? float32, one:
//             what the score has to be above, absent: any will do.
// Attributes  center_point_box (0): boxes are (x centre, y centre, width, height), else two corners
//             (y1, x1, y2, x2) in any order.
// Output      int64 [kept, 3]: image, class, box, in this order, the best first; of equal scores the
//             box that comes first. Boxes whose score is a NaN are left out.
// As ONNX NonMaxSuppression.
#include <algorithm>
#include <memory>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/image/boxes.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

void expect_one(const char* name, const Tensor& tensor, DType dtype) {
  if (!tensor.present) return;
  if (tensor.type.dtype == dtype && element_count(tensor.shape()) == 1) return;
  refuse_value(name, ": expected one ", dtype_name(dtype), ", received ", type_text(tensor.type));
}

// Calls keep(image, class, box) for the boxes that stay.
template <class Keep>
void visit_kept(const Tensor* inputs, bool center_point_box, const Keep& keep) {
  const Tensor& boxes = inputs[0];
  const Tensor& scores = inputs[1];
  Suppression rule;
  rule.center_point_box = center_point_box;
  if (inputs[2].present) rule.most = std::max<std::int64_t>(*inputs[2].values<std::int64_t>(), 0);
  if (inputs[3].present) rule.overlap = *inputs[3].f32();
  if (inputs[4].present) rule.score = *inputs[4].f32();
  const std::size_t classes = scores.size(1), count = boxes.size(1);
  std::vector<std::int64_t> kept;
  for (std::size_t i = 0; i < boxes.size(0) * classes; ++i) {
    keep_best_boxes(rule, boxes.f32() + i / classes * count * 4, scores.f32() + i * count, count,
                    kept);
    for (const std::int64_t box : kept)
      keep(static_cast<std::int64_t>(i / classes), static_cast<std::int64_t>(i % classes), box);
  }
}

class NonMaxSuppressionOp final : public Op {
 public:
  explicit NonMaxSuppressionOp(bool center_point_box) : center_point_box_(center_point_box) {}

  InputSet needed_values() const override { return kAllInputs; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const Shape& boxes = inputs[0].type.shape;
    const Shape& scores = inputs[1].type.shape;
    if (boxes.rank() != 3 || scores.rank() != 3) {
      refuse_value("expected boxes and scores of three dimensions, received ", shape_text(boxes),
                   " and ", shape_text(scores));
    }
    expect_type("boxes", inputs[0].type, {DType::kF32, {boxes[0], boxes[1], 4}});
    expect_type("scores", inputs[1].type, {DType::kF32, {boxes[0], scores[1], boxes[1]}});
    expect_one("most", inputs[2], DType::kS64);
    expect_one("overlap", inputs[3], DType::kF32);
    expect_one("score", inputs[4], DType::kF32);
    std::int64_t count = 0;
    visit_kept(inputs, center_point_box_,
               [&](std::int64_t, std::int64_t, std::int64_t) { ++count; });
    outputs[0] = {DType::kS64, {count, 3}};
  }

  void run(const StepData& step, const Execution&) const override {
    auto* y = step.outputs[0].values_out<std::int64_t>();
    visit_kept(step.inputs, center_point_box_,
               [&](std::int64_t image, std::int64_t which, std::int64_t box) {
                 *y++ = image;
                 *y++ = which;
                 *y++ = box;
               });
  }

 private:
  const bool center_point_box_;
};

}  // namespace

std::unique_ptr<Op> make_non_max_suppression(const OpRequest& request) {
  expect_inputs(request, {"boxes", "scores", "most", "overlap", "score"}, 2);
  request.attributes.allow_only({"center_point_box"});
  return std::make_unique<NonMaxSuppressionOp>(
      request.attributes.flag_or("center_point_box", false));
}

}  // namespace fourfold
