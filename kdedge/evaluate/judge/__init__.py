"""Verdicts that model code cannot forge: it never sees tests, expected values or the verdict.

``pool`` (this process) feeds judge processes. A judge (``process``) holds the test and calls the
model's function through a proxy; the function itself lives in a sandboxed child (``child``), made
by a fork server (``sandbox.zygote``) that has never seen a test. Between them goes plain data
(``codec``).
"""

from kdedge.evaluate.judge.jobs import JudgeJob, Judgement, JudgeOptions
from kdedge.evaluate.judge.pool import judge_all
from kdedge.evaluate.judge.references import ReferenceCheck, check_references

__all__ = [
    "JudgeJob",
    "JudgeOptions",
    "Judgement",
    "ReferenceCheck",
    "check_references",
    "judge_all",
]
