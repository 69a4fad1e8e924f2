import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent
LIST = ROOT / "packaging" / "debian-packages.txt"
INSTALL = ROOT / "packaging" / "install-debian-packages"


def _sections() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in LIST.read_text().splitlines():
        if line.startswith("["):
            found[line.strip("[]")] = []
        elif line and not line.startswith("#"):
            list(found.values())[-1].append(line)
    return found


def test_every_purpose_that_is_asked_for_is_in_the_list() -> None:
    asked = (ROOT / "Makefile").read_text() + (ROOT / ".ci" / "run").read_text()
    purposes = re.findall(r"install-debian-packages ([a-z ]+)", asked)
    assert {word for words in purposes for word in words.split()} == set(_sections())


def test_the_list_has_names_of_packages_only_and_none_twice() -> None:
    names = [name for section in _sections().values() for name in section]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9.+-]+", name) for name in names)


def test_nothing_is_installed_where_there_is_no_apt(tmp_path: Path) -> None:
    # An empty PATH has neither apt-get nor dpkg-query.
    found = subprocess.run(
        ["/bin/bash", str(INSTALL), "build", "window"],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": f"{tmp_path}"},
    )
    assert (found.returncode, found.stdout) == (0, "")
