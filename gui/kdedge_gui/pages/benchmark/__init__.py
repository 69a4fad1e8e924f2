"""Benchmark: models on suites, live; what became of each problem; speed and memory beside it."""

from kdedge_gui.pages.benchmark.page import BenchmarkPage

__all__ = ["BenchmarkPage"]
