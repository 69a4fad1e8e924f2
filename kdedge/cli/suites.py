"""``kdedge suites``: which benchmarks there are, and whether their own solutions pass here."""

from typing import Annotated

import typer
from rich.table import Table

from kdedge.cli.output import EventsOption, JsonOption, open_output
from kdedge.core.errors import GateError

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="List, show and check the benchmark suites.",
)


@app.command("list")
def list_suites(json_target: JsonOption = None) -> None:
    """List the suites of this version.

    \b
    Example:
      kdedge suites list --json -
    """  # noqa: D301 - the backspace keeps the lines apart
    from kdedge.evaluate.suites import load_suite, suite_names

    suites = [load_suite(name) for name in suite_names()]
    rows = [
        {
            "name": suite.name,
            "n_problems": len(suite.problems),
            "licence": suite.licence,
            "status": "ready",
        }
        for suite in suites
    ]
    table = Table()
    for heading in ("name", "problems", "licence", "status"):
        table.add_column(heading)
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    with open_output(json_target, events=False) as output:
        output.document({"schema": "kdedge.suites/1", "suites": rows})
        output.print(table)


@app.command("show")
def show(
    suite: Annotated[str, typer.Argument(help="A name of `kdedge suites list`.")],
    task_id: Annotated[
        str | None, typer.Argument(help="One problem, such as HumanEval/32; 32 will do.")
    ] = None,
    json_target: JsonOption = None,
) -> None:
    """Show the problems of a suite: prompt, entry point, tests and reference solution.

    \b
    Examples:
      kdedge suites show humaneval-mini
      kdedge suites show humaneval HumanEval/32
      kdedge suites show humaneval --json problems.json
    """  # noqa: D301
    from kdedge.evaluate.suites import find_problem, load_suite

    with open_output(json_target, events=False) as output:
        found = load_suite(suite)
        problems = found.problems if task_id is None else (find_problem(found, task_id),)
        output.document(
            {
                "schema": "kdedge.suites-show/1",
                "suite": found.name,
                "sha256": found.sha256,
                "licence": found.licence,
                "source": found.source,
                "problems": [
                    {
                        "task_id": problem.task_id,
                        "prompt": problem.prompt,
                        "entry_point": problem.entry_point,
                        "tests": problem.test,
                        "reference": problem.canonical_solution,
                    }
                    for problem in problems
                ],
            }
        )
        if task_id is None:
            table = Table("problem", "entry point", "lines of tests")
            for problem in problems:
                lines = str(len(problem.test.strip().splitlines()))
                table.add_row(problem.task_id, problem.entry_point, lines)
            output.print(table)
            return
        (problem,) = problems
        for heading, text in (
            ("prompt", problem.prompt),
            ("tests", problem.test),
            ("reference", problem.canonical_solution),
        ):
            output.print(f"# {problem.task_id}: {heading}\n{text.strip(chr(10))}\n")


@app.command("check")
def check(
    suite: Annotated[str, typer.Argument(help="A name of `kdedge suites list`.")] = "humaneval",
    allow_weak_sandbox: Annotated[
        bool, typer.Option(help="Run them although this machine has no strong sandbox.")
    ] = False,
    json_target: JsonOption = None,
    events: EventsOption = False,
) -> None:
    """Run the suite's own solutions; all of them must pass. Exit code 3 if one does not.

    \b
    Example:
      kdedge suites check humaneval
    """  # noqa: D301, DOC501 - this text is the command's help
    from kdedge.evaluate.judge import JudgeOptions, check_references
    from kdedge.evaluate.suites import load_suite

    with open_output(json_target, events=events) as output:
        options = JudgeOptions(allow_weak=allow_weak_sandbox)
        found = check_references(load_suite(suite), options=options)
        output.document(
            {
                "schema": "kdedge.suites-check/1",
                "suite": suite,
                "passed": found.passed,
                "total": found.total,
                "failed": [
                    {"task_id": j.job_id, "verdict": j.verdict.value, "detail": j.detail}
                    for j in found.failed
                ],
            }
        )
        output.print(f"{found.passed} of {found.total} reference solutions of {suite} pass.")
        if found.failed:
            names = ", ".join(j.job_id for j in found.failed[:5])
            raise GateError(
                f"{len(found.failed)} reference solutions of {suite} fail: {names}.",
                hint="A slow or busy machine can cause timeouts: try again when it is idle.",
            )
