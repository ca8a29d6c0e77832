"""The parts of the panel that describes what is selected; `onnxviz.ui.details` puts them together."""
