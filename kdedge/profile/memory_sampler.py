"""The process that watches another one's memory: ``python -m kdedge.profile.memory_sampler``.

Arguments: the process id, the model file, the milliseconds between samples. Each line on stdin is
the name of a mark; it is answered at once by one JSON line with the sample of that moment and the
highest values since the last mark. The process ends when its input does.
"""

import json
import selectors
import sys
from dataclasses import asdict
from typing import Any

from kdedge.profile.process_memory import MemorySample, read_mapped, read_sample


class Sampler:
    """Keeps the highest values between two marks."""

    def __init__(self, pid: int, model_path: str) -> None:
        self._pid = pid
        self._model_path = model_path
        self._peaks: dict[str, int] = {}
        self._samples = 0

    def sample(self) -> None:
        """Take one sample."""
        if sys.platform == "linux":
            self._note(read_sample(self._pid))
        else:
            self._note_elsewhere()

    def mark(self, name: str) -> dict[str, Any]:
        """Return what the process holds now and held at most since the last mark."""
        self._peaks, peaks = {}, self._peaks
        self.sample()
        now = dict(self._peaks)
        mapped = read_mapped(self._pid, self._model_path) if sys.platform == "linux" else None
        highest = {key: max(value, peaks.get(key, 0)) for key, value in now.items()}
        count, self._samples = self._samples, 0
        source = "/proc" if sys.platform == "linux" else "psutil"
        return {
            "mark": name,
            "source": source,
            "samples": count,
            "now": now,
            "highest": highest,
            "weights_resident_bytes": mapped,
        }

    def _note(self, sample: MemorySample | None) -> None:
        if sample is None:
            return
        self._samples += 1
        for key, value in asdict(sample).items():
            if value is not None:
                self._peaks[key] = max(value, self._peaks.get(key, 0))

    def _note_elsewhere(self) -> None:
        import psutil  # not needed on Linux

        try:
            info = psutil.Process(self._pid).memory_info()
        except psutil.Error:
            return
        self._samples += 1
        peak = getattr(info, "peak_wset", info.rss)
        for key, value in {"rss_bytes": info.rss, "peak_rss_bytes": peak}.items():
            self._peaks[key] = max(value, self._peaks.get(key, 0))


def main() -> None:
    """Sample until stdin ends."""
    pid, model_path, interval_s = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]) / 1000
    sampler = Sampler(pid, model_path)
    if sys.platform == "win32":  # pipes cannot be waited for there: marks alone
        for line in sys.stdin:
            _answer(sampler, line)
        return
    with selectors.DefaultSelector() as waiting:
        waiting.register(sys.stdin, selectors.EVENT_READ)
        while True:
            if not waiting.select(interval_s):
                sampler.sample()
            elif line := sys.stdin.readline():
                _answer(sampler, line)
            else:
                return


def _answer(sampler: Sampler, line: str) -> None:
    sys.stdout.write(json.dumps(sampler.mark(line.strip())) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
