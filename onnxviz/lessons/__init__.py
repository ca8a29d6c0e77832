"""Lessons on ONNX and constant folding: text, experiments that run the real thing, and questions."""
