"""Which file ``hf:ORG/REPO:FILE`` means, and the hub's errors as sentences.

huggingface_hub does the talking: its addresses, its log-in, its errors. It is imported when it is
used, and sends nothing but the request: the hub is not told what else is installed here.
"""

import logging
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

from kdedge.core.errors import KdedgeError

_REFERENCE = re.compile(r"hf:(?P<repo>\w[\w.-]*/\w[\w.-]*)(?::(?P<file>.+))?", re.ASCII)
_PART_OF_A_SPLIT = re.compile(r"-\d{5}-of-\d{5}\.gguf$", re.IGNORECASE)
_MOST_NAMED = 20
_TIMEOUT_S = 30.0
_MIB = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What a user asks for."""

    repo: str
    """Such as ``ORG/REPO``."""
    file: str | None
    """A file, or a part of just one file's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubFile:
    """One file as the hub has it on record."""

    repo: str
    name: str
    """Its path inside the repository."""
    commit: str
    n_bytes: int
    sha256: str | None
    """``None`` for a small file that is kept in git itself."""
    git_sha1: str
    """Git's name of the file, or of the note that stands for a large one."""

    @property
    def etag(self) -> str:
        """Return what the cache calls the file."""
        return self.sha256 or self.git_sha1


def parse_reference(text: str) -> Reference:
    """Return what ``hf:ORG/REPO`` or ``hf:ORG/REPO:FILE`` asks for.

    Raises:
        KdedgeError: It is neither.
    """
    found = _REFERENCE.fullmatch(text.strip())
    if found is None or ".." in found["repo"] or "--" in found["repo"]:
        raise KdedgeError(
            f"{text!r} is no model on the hub.",
            hint="Write hf:ORG/REPO, or hf:ORG/REPO:FILE.gguf when it has several.",
        )
    return Reference(repo=found["repo"], file=found["file"])


def hub() -> Any:  # noqa: ANN401 - a module
    """Return huggingface_hub, imported so that it reports nothing and draws nothing."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # it looks only while it is imported
    import huggingface_hub
    from huggingface_hub.utils import logging as its_logging

    its_logging.set_verbosity(logging.ERROR)
    return huggingface_hub


def chosen_file(wanted: Reference) -> HubFile:
    """Return the one GGUF file that ``wanted`` means; asks the hub once.

    Raises:
        KdedgeError: It means none or several, or the hub cannot be asked.
    """
    with hub_errors(wanted.repo):
        info = (
            hub()
            .HfApi(library_name="kdedge")
            .model_info(wanted.repo, files_metadata=True, timeout=_TIMEOUT_S)
        )
        files = [
            _hub_file(wanted.repo, commit=info.sha, told=each)
            for each in info.siblings or []
            if str(each.rfilename).lower().endswith(".gguf")
        ]
    return _choose(wanted, files)


def _hub_file(repo: str, *, commit: Any, told: Any) -> HubFile:  # noqa: ANN401 - the hub's words
    """Return a file the hub tells of; its words become paths here, so they are looked at.

    Raises:
        ValueError: They are not such as a hub says.
    """
    name, sha256 = str(told.rfilename), None if told.lfs is None else told.lfs.sha256
    inside = all(part not in {"", ".", ".."} for part in name.split("/"))
    if not inside or not name.isprintable() or "\\" in name:
        raise ValueError(f"{name!r} is no path inside a repository")
    for value, digits in ((commit, 40), (told.blob_id, 40), (sha256, 64)):
        if value is not None and not re.fullmatch(f"[0-9a-f]{{{digits}}}", str(value)):
            raise ValueError(f"{value!r} is no hash of {digits} digits")
    return HubFile(
        repo=repo,
        name=name,
        commit=commit,
        n_bytes=int(told.size),
        sha256=sha256,
        git_sha1=told.blob_id,
    )


def _choose(wanted: Reference, files: list[HubFile]) -> HubFile:
    for file in files:
        if file.name == wanted.file:
            if _PART_OF_A_SPLIT.search(file.name):
                raise KdedgeError(
                    f"{file.name} is one of the parts of a model.",
                    hint="Choose a model in one file; kdedge does not put parts together.",
                )
            return file
    whole = [each for each in files if _is_a_model(each.name)]
    part = (wanted.file or "").casefold()
    found = [each for each in whole if part in each.name.casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        _refuse_several(wanted, found)
    if wanted.file is not None and whole:
        raise KdedgeError(
            f"{wanted.repo} has no GGUF file {wanted.file!r}.", hint=f"It has {_named(whole)}."
        )
    raise KdedgeError(
        f"{wanted.repo} has no GGUF file" + (": its models are in parts." if files else "."),
        hint="Choose another repository, often one whose name ends in -GGUF, or convert its"
        " checkpoint with `kdedge convert`.",
    )


def _is_a_model(name: str) -> bool:
    base = name.rpartition("/")[2].lower()
    return not base.startswith("mmproj") and _PART_OF_A_SPLIT.search(base) is None


def _refuse_several(wanted: Reference, found: list[HubFile]) -> NoReturn:
    meaning = "" if wanted.file is None else f" whose name has {wanted.file!r} in it"
    raise KdedgeError(
        f"{wanted.repo} has {len(found)} GGUF files{meaning}: {_named(found)}.",
        hint=f"Name one, such as `kdedge models pull hf:{wanted.repo}:{found[0].name}`.",
    )


def _named(files: list[HubFile]) -> str:
    names = [f"{each.name} ({each.n_bytes / _MIB:,.0f} MiB)" for each in files[:_MOST_NAMED]]
    more = len(files) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


@contextmanager
def hub_errors(repo: str, *, kept: str = "") -> Iterator[None]:
    """Turn what huggingface_hub raises while it asks for ``repo`` into sentences.

    Args:
        repo: What is asked for.
        kept: What the remedy says of a download that was begun.

    Raises:
        KdedgeError: The hub could not be asked, or refused.
    """
    hub()  # before anything else of it is imported
    from huggingface_hub import constants, errors

    host = constants.ENDPOINT.partition("://")[2]
    try:
        yield
    except errors.OfflineModeIsEnabled as error:
        raise KdedgeError(
            "Nothing is downloaded: offline mode is on (HF_HUB_OFFLINE).",
            hint="Unset HF_HUB_OFFLINE; `kdedge models list` shows what is here already.",
        ) from error
    except errors.GatedRepoError as error:
        raise KdedgeError(
            f"{repo} is gated: its makers want you to agree to their terms first.",
            hint=f"Agree on the page {constants.ENDPOINT}/{repo}, then `hf auth login` or set"
            " HF_TOKEN.",
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise KdedgeError(
            f"There is no repository {repo} on {host}, or it is private.",
            hint="Check its name; for a private one `hf auth login` or set HF_TOKEN.",
        ) from error
    except errors.HfHubHTTPError as error:
        who = error.response.status_code in {401, 403}
        remedy = "Log in again with `hf auth login`, or set HF_TOKEN" if who else "Try again later"
        raise KdedgeError(
            f"{host} refused {repo}: {_status_line(error)}.",
            hint=f"{remedy}.{kept}",
            detail=str(error),
        ) from error
    except transport_errors() as error:
        raise KdedgeError(
            f"{host} cannot be reached: {str(error) or type(error).__name__}.",
            hint=f"Check the connection and HF_ENDPOINT, and try again.{kept}",
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise KdedgeError(
            f"{host} does not answer as a Hugging Face hub does.",
            hint="Check HF_ENDPOINT and the proxy.",
            detail=repr(error),
        ) from error


def transport_errors() -> tuple[type[Exception], ...]:
    """Return what a lost connection raises in the HTTP library that huggingface_hub uses."""
    # It has gone from one library to another before; both call the error the same.
    client = type(hub().get_session()).__module__.partition(".")[0]
    return (sys.modules[client].TransportError,)


def _status_line(error: Any) -> str:  # noqa: ANN401 - its type is imported when it is used
    response = error.response
    told = response.headers.get("X-Error-Message") or response.reason_phrase
    return f"{response.status_code} {told}".strip()
