"""`python -m onnxviz`."""

import sys

from onnxviz.cli import main

if __name__ == "__main__":
    sys.exit(main())
