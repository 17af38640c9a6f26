"""Quantization: which layers run in INT8, and their weights as int8."""
