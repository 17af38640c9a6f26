"""Names that are no text: onnx's checker passes them."""

import pytest

pytest.importorskip("onnx")

import fourfold as ff
from fourfold.importers.onnx import import_onnx
from onnx_models import model

MARKS = ["xxx", "yyy", "nnn", "bbb", "ggg", "ppp", "ddd", "mmm", "NNN"]


def marked(op, kind):
    """A model with a mark in each kind of text."""
    proto = model(f"({kind}[NNN] xxx) => ({kind}[NNN] yyy) {{ yyy = {op} (xxx) }}")
    proto.graph.name, proto.graph.node[0].name = "ggg", "nnn"
    proto.producer_name, proto.doc_string = "ppp", "ddd"
    proto.metadata_props.add(key="key", value="mmm")
    inner = proto.graph.node.add(op_type="If", input=["xxx"], output=["z"])
    branch = inner.attribute.add(name="then_branch", type="GRAPH").g
    branch.node.add(op_type="Relu", input=["bbb"], output=["b"])
    return proto.SerializeToString()


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize(("op", "kind"), [("Relu", "float"), ("StringNormalizer", "string")])
def test_bytes_that_are_no_text(op, kind, mark):
    content = marked(op, kind).replace(mark.encode(), b"a\xef\xbe")
    for read in (import_onnx, ff.InferenceSession):
        with pytest.raises(ff.ModelFileError, match=r"expected names in UTF-8, found b'a\\xef"):
            read(content)
