"""docs/operators.md says what the suite gives."""

import pytest

pytest.importorskip("onnx")

from onnx_report import PAGE, page


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page()
