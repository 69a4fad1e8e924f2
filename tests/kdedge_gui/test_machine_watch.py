import threading

from pytestqt.qtbot import QtBot

from kdedge_gui.machine_watch import MachineWatch, MemorySample

_WAIT_MS = 60_000


def test_facts_and_samples_come_and_the_thread_ends(qtbot: QtBot) -> None:
    watch = MachineWatch()
    threads: list[threading.Thread] = []
    watch.sampled.connect(lambda _: threads.append(threading.current_thread()))
    with qtbot.waitSignals([watch.facts_known, watch.sampled], timeout=_WAIT_MS):
        watch.start()
    assert watch.facts is not None
    assert watch.facts.memory_total_bytes > 0
    sample = watch.sample
    assert isinstance(sample, MemorySample)
    assert 0 < sample.available_bytes <= sample.total_bytes
    assert threads[0] is threading.current_thread()
    thread = watch._thread
    assert thread is not None
    watch.close()
    assert not thread.is_alive()


def test_a_watch_that_never_began_is_closed_as_well(qapp: object) -> None:
    watch = MachineWatch()
    watch.close()
    watch.start()
    assert watch._thread is None
    assert watch.facts is None
