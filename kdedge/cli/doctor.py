"""``kdedge doctor``: what this machine has, and what is missing."""

from rich.console import Group
from rich.table import Table
from rich.text import Text

from kdedge.cli.diagnosis import Diagnosis, diagnose
from kdedge.cli.output import JsonOption, open_output

_GIB = 1024**3


def command(json_target: JsonOption = None) -> None:
    """Show what this machine has, what is missing, and the command that mends it.

    \b
    Examples:
      kdedge doctor
      kdedge doctor --json doctor.json
    """  # noqa: D301 - the backspace keeps the lines apart
    with open_output(json_target, events=False) as output:
        found = diagnose()
        output.print(Group(_facts(found), *_problems(found)))
        output.document(found.as_json())


def _facts(found: Diagnosis) -> Table:
    machine = found.machine
    cores = f"{machine.usable_cores} usable of {machine.logical_cores}"
    total, free = machine.memory_total_bytes, machine.memory_available_bytes
    rows = [
        ("CPU", f"{machine.cpu_model}, {cores} cores"),
        ("CPU features", " ".join(machine.cpu_features) or "not shown by this system"),
        ("memory", f"{total / _GIB:.1f} GiB, {free / _GIB:.1f} GiB free"),
        *_runtime_rows(found),
        ("sandbox", found.sandbox_level or "none"),
        ("starter model", "missing" if found.starter is None else str(found.starter)),
        ("plots in reports", "yes" if found.has_plots else "no"),
        ("store", f"{found.store}{'' if found.store_is_usable else ' (cannot be used)'}"),
    ]
    if found.disk_free_bytes is not None:
        rows.append(("disk free", f"{found.disk_free_bytes / _GIB:.1f} GiB"))
    table = Table(show_header=False, box=None)
    for label, shown in rows:
        table.add_row(label, Text(shown, overflow="fold"))
    return table


def _runtime_rows(found: Diagnosis) -> list[tuple[str, str]]:
    if found.runtime is None:
        return [("llama.cpp", "cannot be started")]
    gpus = [
        f"{each.name} {each.description} ({(each.memory_total_bytes or 0) / _GIB:.1f} GiB)"
        for each in found.runtime.gpus
    ]
    return [
        ("GPUs", ", ".join(gpus) or "none that llama.cpp can use"),
        ("backends", " ".join(found.runtime.backends)),
        ("llama.cpp", found.runtime.system_info),
    ]


def _problems(found: Diagnosis) -> list[Text]:
    if not found.problems:
        return [Text("\nNothing is missing.", "green")]
    lines = [Text("\nWhat to mend:", "bold")]
    for problem in found.problems:
        lines += [Text(f"- {problem.what}"), Text(f"  {problem.fix}", "cyan")]
    return lines
