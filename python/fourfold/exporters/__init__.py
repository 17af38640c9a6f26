"""Exporters: a quantization written out in somebody else's format, so that nobody is locked in."""
