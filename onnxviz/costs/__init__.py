"""What a node costs, from its operator and its shapes alone: operations, bytes, parameters.

Counted as operation: an addition, a multiplication, a division, a comparison, and one call of any other
function of a number (root, exp, tanh), each once. A multiply-add is therefore 2, as in PyTorch's
`torch.utils.flop_counter` and in onnx-tool ("FLOPs = 2 * MACs", https://pypi.org/project/onnx-tool/); fvcore,
ptflops and the "GFLOPS" in torchvision's tables count it once. Integers count like floating point numbers,
so that a quantized model compares with its original.
"""
