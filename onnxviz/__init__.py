"""onnxviz: see what is in an ONNX model, what a rewrite changed, and whether it is faster."""

__version__ = "0.1.0"
