"""One module a lesson; `onnxviz.lessons.catalog` has their order."""
