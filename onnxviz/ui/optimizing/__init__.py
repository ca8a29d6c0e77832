"""The parts of the Simplify page: what to run (`choosing`), the runs and what they give (`runs`, `results`,
`together`), and onnxsim one pass at a time (`stepping`)."""
