"""One small PyTorch model a file. Each file imports torch alone, so that it can be copied and run."""
