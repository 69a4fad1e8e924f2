"""Machines to predict for."""

from kdedge.core.machine import MachineFacts


def a_machine(*, free_mib: int = 4096, cpu_features: tuple[str, ...] = ()) -> MachineFacts:
    return MachineFacts(
        os="Linux x86_64",
        kernel="6.1",
        cpu_model="CPU",
        cpu_features=cpu_features,
        physical_cores=2,
        logical_cores=2,
        usable_cores=2,
        memory_total_bytes=8 * 1024**3,
        memory_available_bytes=free_mib * 1024**2,
        governor=None,
        on_battery=None,
        load_average_1m=0.0,
        python="3.11.7",
    )
