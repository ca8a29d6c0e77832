"""What each constant folder folds on one model, and why: ours, onnxsim, onnxscript, ONNX Runtime.

`column` runs one of them (a job of kind "rewrite" each, so that one that crashes costs its own column alone),
`join` puts columns side by side and is quick and pure, `beside` does both in one go.
"""

from onnxviz.rewrites.beside.folders import FOLDERS, Folder
from onnxviz.rewrites.beside.running import beside, column
from onnxviz.rewrites.beside.types import Beside, Column, Row, failed, join

__all__ = ["FOLDERS", "Beside", "Column", "Folder", "Row", "beside", "column", "failed", "join"]
