"""pass@k by execution: suites, prompts, extraction, the judge and its sandbox, statistics."""
