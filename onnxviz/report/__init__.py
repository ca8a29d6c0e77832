"""The comparison of two models as one HTML file: graphs, reasons, tables and the check, without a server.

Run `report_files` and `write_report` in a worker of kind "rewrite". `report` alone is pure.
"""

from onnxviz.report.making import report, report_files, write_report

__all__ = ["report", "report_files", "write_report"]
