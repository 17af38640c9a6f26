"""The drop-in for ONNX models: a program behind the interface of onnxruntime's session."""
