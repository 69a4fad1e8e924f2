"""A download from a hub on loopback: whole, checked, resumed, or refused in a sentence."""

import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kdedge.core.errors import InterruptedRunError, KdedgeError
from kdedge.core.events import Event, Note, Progress
from kdedge.models import hub as hub_module
from kdedge.models import pull as pull_module
from kdedge.models.identity import remembered_sha256
from kdedge.models.library import list_models
from kdedge.models.pull import Pulled, pull_model
from kdedge.models.verify import verify_model
from tests.kdedge.models.fake_hub import COMMIT, REPO, FakeHub, running
from tests.tiny_gguf import F32_TENSOR, Tensor, tiny_llama

FILE = "coder.Q8_0.gguf"


def a_model(mebibytes: int = 0) -> bytes:
    file = tiny_llama()
    if mebibytes:
        shape = (256, mebibytes * 1024)
        file.tensors.append(Tensor(name="output.weight", shape=shape, kind=F32_TENSOR))
    return file.to_bytes()


SMALL, LARGE = a_model(), a_model(4)
MIB = 1024**2


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_TOKEN", "OLLAMA_MODELS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("KDEDGE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(pull_module, "_PATIENCE_S", (0.0, 0.0, 0.0))
    return tmp_path / "home"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeHub]:
    constants = hub_module.hub().constants
    with running(FakeHub(files={FILE: LARGE, "README.md": b"read me"})) as serving:
        template = serving.address + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "ENDPOINT", serving.address)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
        yield serving
        hub_module.hub().close_session()


class Attempt(NamedTuple):
    pulled: Pulled
    events: list[Event]


def pull(reference: str = f"hf:{REPO}") -> Attempt:
    events: list[Event] = []
    return Attempt(pull_model(reference, sink=events.append), events)


def blobs(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "hf" / "hub").glob("models--*/blobs/*"))


def refused(reference: str = f"hf:{REPO}") -> KdedgeError:
    with pytest.raises(KdedgeError) as caught:
        pull(reference)
    assert "\n" not in caught.value.problem
    assert caught.value.problem.endswith(".")
    return caught.value


@pytest.mark.usefixtures("hub")
def test_a_pulled_model_is_in_the_cache_and_has_a_name() -> None:
    pulled = pull().pulled
    assert pulled.path.read_bytes() == LARGE
    assert pulled.sha256 == hashlib.sha256(LARGE).hexdigest()
    assert (pulled.downloaded_bytes, pulled.resumed_bytes) == (len(LARGE), 0)
    (entry,) = [each for each in list_models() if each.origin == "huggingface"]
    assert (entry.name, entry.path) == (f"{REPO}/coder.Q8_0", pulled.path)
    assert entry.sha256 == pulled.sha256


@pytest.mark.usefixtures("hub")
def test_huggingface_hub_itself_finds_what_was_pulled() -> None:
    pulled = pull().pulled
    library = hub_module.hub()
    cache = pulled.path.parents[3]
    found = library.hf_hub_download(REPO, FILE, cache_dir=cache, local_files_only=True)
    assert Path(found) == pulled.path
    scanned = library.scan_cache_dir(cache)
    (repository,) = scanned.repos
    (revision,) = repository.revisions
    assert (repository.repo_id, revision.commit_hash, revision.refs) == (REPO, COMMIT, {"main"})
    assert scanned.warnings == []


@pytest.mark.usefixtures("hub")
def test_its_sha256_is_remembered_and_verified_without_asking_the_hub() -> None:
    pulled = pull().pulled
    assert remembered_sha256(pulled.path) == pulled.sha256
    found = verify_model(pulled.path)
    assert (found.verdict, found.recorded) == ("same", "by the hub it came from")


@pytest.mark.usefixtures("hub")
def test_progress_is_told_in_bytes_up_to_the_end_of_each_phase() -> None:
    told = [each for each in pull().events if isinstance(each, Progress)]
    for phase in ("downloading", "checking"):
        last = [each for each in told if each.phase == phase][-1]
        assert (last.done, last.total, last.unit) == (len(LARGE), len(LARGE), "bytes")


def test_what_is_here_already_is_checked_and_not_downloaded_again(hub: FakeHub) -> None:
    pull()
    hub.asked.clear()
    again = pull()
    assert again.pulled.downloaded_bytes == 0
    assert hub.ranges() == []
    assert any(isinstance(each, Note) and "is here already" in each.text for each in again.events)


def test_bytes_of_another_name_in_the_repository_are_not_downloaded_twice(
    hub: FakeHub, tmp_path: Path
) -> None:
    hub.files = {FILE: SMALL, "sub/copy.gguf": SMALL}
    pull(f"hf:{REPO}:{FILE}")
    pulled = pull(f"hf:{REPO}:sub/copy.gguf").pulled
    assert (pulled.downloaded_bytes, pulled.path.read_bytes()) == (0, SMALL)
    assert len(blobs(tmp_path)) == 1


def test_a_cut_connection_is_taken_up_again_where_it_was(hub: FakeHub) -> None:
    hub.cuts = [MIB, MIB + 7, 0, 5]
    pulled = pull().pulled
    assert pulled.path.read_bytes() == LARGE
    first, *later = hub.ranges()
    assert first is None
    assert [int(str(each)[len("bytes=") : -1]) for each in later] == [
        MIB, 2 * MIB + 7, 2 * MIB + 7, 2 * MIB + 12
    ]  # fmt: skip


def test_a_connection_that_stays_cut_is_given_up_and_the_next_pull_goes_on(
    hub: FakeHub, tmp_path: Path
) -> None:
    hub.cuts = [MIB] + [0] * 10
    error = refused()
    assert "cannot be reached" in error.problem
    assert "the same command goes on" in error.hint
    (partial,) = blobs(tmp_path)
    assert (partial.suffix, partial.stat().st_size) == (".incomplete", MIB)
    hub.cuts.clear()
    hub.asked.clear()
    pulled = pull().pulled
    assert (pulled.resumed_bytes, pulled.downloaded_bytes) == (MIB, len(LARGE) - MIB)
    assert hub.ranges() == [f"bytes={MIB}-"]
    assert pulled.path.read_bytes() == LARGE


def test_an_interrupted_download_is_kept_and_the_next_pull_goes_on(
    hub: FakeHub, tmp_path: Path
) -> None:
    def stop(event: Event) -> None:
        if isinstance(event, Progress) and event.done >= MIB:
            raise KeyboardInterrupt

    hub.cuts = [2 * MIB]
    with pytest.raises(InterruptedRunError, match="MiB; they are kept") as caught:
        pull_model(f"hf:{REPO}", sink=stop)
    assert caught.value.exit_code == 130
    kept = blobs(tmp_path)[0].stat().st_size
    assert kept >= MIB
    assert pull().pulled.resumed_bytes == kept


def test_a_hub_that_cannot_resume_sends_all_of_it_again(hub: FakeHub, tmp_path: Path) -> None:
    hub.cuts = [MIB] + [0] * 10
    refused()
    hub.cuts.clear()
    hub.takes_ranges = False
    assert pull().pulled.path.read_bytes() == LARGE


def test_a_partial_file_with_too_much_in_it_is_begun_again(hub: FakeHub, tmp_path: Path) -> None:
    folder = tmp_path / "hf/hub" / f"models--{REPO.replace('/', '--')}" / "blobs"
    folder.mkdir(parents=True)
    (folder / f"{hub.etag(FILE)}.incomplete").write_bytes(LARGE + b"more")
    pulled = pull().pulled
    assert (pulled.resumed_bytes, pulled.path.read_bytes()) == (0, LARGE)


def test_a_wrong_checksum_removes_the_file_and_says_so(hub: FakeHub, tmp_path: Path) -> None:
    hub.sent = {FILE: LARGE[:-1] + b"x"}
    error = refused()
    assert "not what the hub has on record" in error.problem
    assert "removed" in error.problem
    assert blobs(tmp_path) == []
    assert [each for each in list_models() if each.origin == "huggingface"] == []
    hub.sent.clear()
    assert pull().pulled.path.read_bytes() == LARGE


@pytest.mark.usefixtures("hub")
def test_a_file_that_was_damaged_in_the_cache_is_removed_and_pulled_again() -> None:
    path = pull().pulled.path
    path.resolve().write_bytes(LARGE[:-1] + b"x")
    assert "not what the hub has on record" in refused().problem
    assert not path.exists()
    assert pull().pulled.path.read_bytes() == LARGE


def test_a_small_file_that_git_keeps_is_checked_by_gits_own_checksum(hub: FakeHub) -> None:
    hub.files, hub.in_git = {FILE: SMALL}, {FILE}
    assert pull().pulled.sha256 == hashlib.sha256(SMALL).hexdigest()
    hub.files = {FILE: a_model(1)}
    hub.sent = {FILE: b"x" * len(a_model(1))}
    assert "not what the hub has on record" in refused().problem


@pytest.mark.parametrize("sent", [LARGE + b"more", LARGE[:-5]])
def test_a_hub_that_sends_another_length_is_refused(hub: FakeHub, sent: bytes) -> None:
    hub.sent = {FILE: sent}
    assert "does not answer as a Hugging Face hub does" in refused().problem


def test_what_is_no_gguf_file_is_said_to_be_none(hub: FakeHub) -> None:
    hub.files = {FILE: b"x" * 1000}
    assert "is not a GGUF file that can be used" in refused().problem


MANY = {"coder.Q4_K_M.gguf": SMALL, "coder.Q8_0.gguf": SMALL, "mmproj-f16.gguf": b"x"}


def test_several_files_are_listed_with_the_command_for_one(hub: FakeHub) -> None:
    hub.files = MANY
    error = refused()
    assert "has 2 GGUF files: coder.Q4_K_M.gguf (" in error.problem
    assert error.hint == f"Name one, such as `kdedge models pull hf:{REPO}:coder.Q4_K_M.gguf`."


@pytest.mark.parametrize("part", ["q4_k", "Q4_K_M", "coder.Q4_K_M.gguf"])
def test_a_part_of_just_one_name_will_do(hub: FakeHub, part: str) -> None:
    hub.files = MANY
    assert pull(f"hf:{REPO}:{part}").pulled.file.name == "coder.Q4_K_M.gguf"


def test_a_part_of_several_names_and_of_none_names_them(hub: FakeHub) -> None:
    hub.files = MANY
    assert "2 GGUF files whose name has 'coder' in it" in refused(f"hf:{REPO}:coder").problem
    error = refused(f"hf:{REPO}:Q2_K")
    assert "has no GGUF file 'Q2_K'" in error.problem
    assert "coder.Q8_0.gguf" in error.hint


def test_a_repository_without_gguf_files_or_in_parts_only_is_refused(hub: FakeHub) -> None:
    hub.files = {"model.safetensors": b"x"}
    assert refused().problem == f"{REPO} has no GGUF file."
    hub.files = {"big-00001-of-00002.gguf": b"x", "big-00002-of-00002.gguf": b"x"}
    assert "in parts" in refused().problem
    assert "one of the parts" in refused(f"hf:{REPO}:big-00001-of-00002.gguf").problem


@pytest.mark.parametrize(
    "words", ["", "hf:", "hf:repo", "org/repo", "hf:a/b/c", "hf:../..", "hf:a--b/c", "hf:o/r:"]
)
def test_words_that_are_no_reference_are_refused_before_the_hub_is_asked(
    hub: FakeHub, words: str
) -> None:
    assert "is no model on the hub" in refused(words).problem
    assert hub.asked == []


def test_a_gated_repository_names_the_page_and_the_log_in(hub: FakeHub) -> None:
    hub.file_error = (401, {"X-Error-Code": "GatedRepo"})
    error = refused()
    assert f"{REPO} is gated" in error.problem
    assert f"{hub.address}/{REPO}" in error.hint
    assert "hf auth login" in error.hint


@pytest.mark.parametrize("status", [401, 404])
def test_a_missing_or_private_repository_is_one_sentence(hub: FakeHub, status: int) -> None:
    hub.error = (status, {"X-Error-Code": "RepoNotFound"})
    error = refused()
    assert "no repository" in error.problem
    assert "or it is private" in error.problem
    assert "HF_TOKEN" in error.hint


def test_a_wrong_token_says_to_log_in_again(hub: FakeHub) -> None:
    told = "Invalid credentials in Authorization header"
    hub.error = (401, {"X-Error-Message": told})
    error = refused()
    assert f"401 {told}" in error.problem
    assert "hf auth login" in error.hint


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_hub_says_what_it_answered(hub: FakeHub, status: int) -> None:
    hub.error = (status, {})
    assert str(status) in refused().problem
    hub.error, hub.file_error = None, (status, {})
    error = refused()
    assert str(status) in error.problem
    assert "the same command goes on" in error.hint


@pytest.mark.parametrize("page", [b"<html>log in here</html>", b"[]", b"{}", b'{"id": 5}', b""])
def test_a_page_that_is_no_hub_is_one_sentence(hub: FakeHub, page: bytes) -> None:
    hub.page = page
    assert refused().problem


@pytest.mark.parametrize(
    "change",
    [
        {"rfilename": "../../../evil.gguf"},
        {"rfilename": "/etc/evil.gguf"},
        {"rfilename": "a\\evil.gguf"},
        {"blobId": "../../evil"},
        {"lfs": {"sha256": "../evil", "size": 1, "pointerSize": 1}},
        {"size": "many"},
        {"size": None},
    ],
)
def test_a_hub_that_names_paths_outside_the_cache_is_refused(
    hub: FakeHub, tmp_path: Path, change: dict[str, Any]
) -> None:
    listing = hub.listing()
    listing["siblings"][0] |= change
    hub.page = json.dumps(listing).encode()
    assert "does not answer as a Hugging Face hub does" in refused().problem
    assert blobs(tmp_path) == []


def test_no_connection_is_one_sentence(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module.hub().constants, "ENDPOINT", "http://127.0.0.1:9")
    error = refused()
    assert error.problem.startswith("127.0.0.1:9 cannot be reached")
    assert "HF_ENDPOINT" in error.hint
    assert hub.asked == []


def test_offline_mode_says_so_and_asks_nobody(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module.hub().constants, "HF_HUB_OFFLINE", True)
    assert "offline mode is on" in refused().problem
    assert hub.asked == []


def test_a_disk_that_is_too_small_is_said_before_anything_is_downloaded(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")._replace(free=65 * MIB)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage)
    error = refused()
    assert "has only 65 MiB free" in error.problem
    assert "HF_HOME" in error.hint
    assert hub.ranges() == []


def test_two_processes_do_not_write_the_same_file(hub: FakeHub, tmp_path: Path) -> None:
    folder = tmp_path / "hf/hub" / f"models--{REPO.replace('/', '--')}" / "blobs"
    folder.mkdir(parents=True)
    with (folder / f"{hub.etag(FILE)}.incomplete").open("ab") as partial:
        fcntl.flock(partial, fcntl.LOCK_EX)
        assert "Another process is downloading" in refused().problem
    pull()


def test_a_token_goes_to_the_hub_and_not_to_where_it_forwards(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    with running(FakeHub(files=hub.files)) as elsewhere:
        port = elsewhere.address.rpartition(":")[2]
        real, hub.address = hub.address, f"http://127.0.0.1:{port}"
        pull()
        hub.address = real
        assert elsewhere.asked
        assert all("authorization" not in headers for _, _, headers in elsewhere.asked)
    assert all("authorization" in headers for _, _, headers in hub.asked)


def test_the_hub_is_asked_for_nothing_else_and_told_nothing_else(hub: FakeHub) -> None:
    environment = {**os.environ, "HF_ENDPOINT": hub.address, "HF_HUB_DISABLE_XET": "1"}
    environment.pop("HF_HUB_DISABLE_TELEMETRY", None)
    done = subprocess.run(
        [sys.executable, "-m", "kdedge", "models", "pull", f"hf:{REPO}", "--json", "-"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    document = json.loads(done.stdout)
    assert document["schema"] == "kdedge.models.pull/1"
    assert document["model"]["name"] == f"{REPO}/coder.Q8_0"
    assert document["sha256"] == hub.etag(FILE)
    assert {path.partition("?")[0] for _, path, _ in hub.asked} == {
        f"/api/models/{REPO}",
        f"/{REPO}/resolve/{COMMIT}/{FILE}",
        f"/cdn/{FILE}",
    }
    agents = {headers["user-agent"] for _, _, headers in hub.asked}
    assert not any("torch" in each or "agent/" in each for each in agents)


def test_ctrl_c_on_the_command_line_keeps_what_is_there(hub: FakeHub, tmp_path: Path) -> None:
    hub.stall_after = 2 * MIB
    words = [sys.executable, "-m", "kdedge", "models", "pull", f"hf:{REPO}", "--events"]
    process = subprocess.Popen(
        words,
        env={**os.environ, "HF_ENDPOINT": hub.address},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not any(each.stat().st_size >= MIB for each in blobs(tmp_path)):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "are kept" in err
    assert json.loads(out.splitlines()[-1])["event"] == "failed"
    kept = blobs(tmp_path)[0].stat().st_size
    assert kept >= MIB
    hub.stall_after = None
    assert pull().pulled.resumed_bytes == kept
