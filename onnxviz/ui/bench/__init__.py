"""The page Benchmark, from the first click to the last.

1. *What to measure*: the models (before and after are chosen already), the execution providers with their
   options, the optimizations of ONNX Runtime, threads, batch sizes or the sizes that a model leaves open,
   inputs of one's own, and the time. Below stands how many configurations that makes, and how long they take.
2. *Measure*: a bar for each configuration with its median so far; what is done now; the seconds left. Cancel
   keeps what was measured, and says so.
3. *Result*: the verdicts in words, what ran elsewhere than asked for, the table, and what to mind.
4. *Tabs*: every run; round by round; all settings side by side; time against nodes; the first answer; which
   provider ran what; where the time goes; whether all give the same.
5. *Take away*: files, and the command that measures it again.
6. *Earlier results*: files are loaded and shown as if they were new, and two are set against each other.

`choosing` and what it calls make the plan, `running` shows it under way, `result` and what it calls show what
came of it. `words` and `files` are texts, `charts` are pictures; neither has a widget.
"""
