"""Made-up people and employers, for the demo, the tests and the benchmarks."""
