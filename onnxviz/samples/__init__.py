"""The sample models, the exporter, and the script that does the same by hand."""
