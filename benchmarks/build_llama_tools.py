"""Builds llama.cpp's own tools once, against the libraries kdedge itself runs on.

The wheel of llama-cpp-python holds libraries only. The sources of the tools lie in its source
archive; here they are compiled and linked with the *installed* libllama and libggml, so that a
comparison with kdedge compares two callers of one library and nothing else.

    python benchmarks/build_llama_tools.py [SOURCE_FOLDER] [--to FOLDER] [--jobs N]

SOURCE_FOLDER is an unpacked source archive of the installed version; without it pip fetches it.
"""

import argparse
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

TOOLS = (
    "llama-bench",
    "llama-batched-bench",
    "llama-quantize",
    "llama-imatrix",
    "llama-perplexity",
)
DEFAULT_FOLDER = Path.home() / ".cache" / "kdedge-dev" / "llama-tools"

# The tools and what they need of llama.cpp's common library are compiled; llama and ggml are not.
PROJECT = """\
cmake_minimum_required(VERSION 3.21)
project(llama_tools C CXX)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
set(BUILD_SHARED_LIBS OFF)
set(LLAMA_BUILD_COMMON ON)
set(LLAMA_OPENSSL OFF)
set(LLAMA_SUBPROCESS ON)
set(LLAMA_ALL_WARNINGS OFF)
set(LLAMA_TOOLS_INSTALL OFF)
set(LLAMA_VERSION_BASE "0.0.0")
set(LLAMA_VERSION_MAJOR 0)
set(LLAMA_BUILD_NUMBER 0)
set(LLAMA_BUILD_COMMIT "unknown")
list(APPEND CMAKE_MODULE_PATH "${LLAMA_SOURCE}/cmake/")
include("${LLAMA_SOURCE}/ggml/cmake/common.cmake")
function(llama_add_compile_flags)
endfunction()
function(license_add_file)
endfunction()
set(BUILD_COMPILER "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}")
set(BUILD_TARGET "${CMAKE_SYSTEM_NAME} ${CMAKE_SYSTEM_PROCESSOR}")
set(CMAKE_BUILD_RPATH "${LLAMA_LIBRARIES}")
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
find_package(Threads REQUIRED)
add_library(llama INTERFACE)
target_include_directories(llama INTERFACE
  "${LLAMA_SOURCE}/include" "${LLAMA_SOURCE}/ggml/include")
foreach(name llama ggml ggml-base ggml-cpu)
  find_library(found_${name} ${name} PATHS "${LLAMA_LIBRARIES}" NO_DEFAULT_PATH REQUIRED)
  target_link_libraries(llama INTERFACE "${found_${name}}")
endforeach()
add_library(ggml ALIAS llama)
add_subdirectory("${LLAMA_SOURCE}/vendor" vendor)
add_subdirectory("${LLAMA_SOURCE}/common" common)
foreach(tool llama-bench batched-bench quantize imatrix perplexity)
  add_subdirectory("${LLAMA_SOURCE}/tools/${tool}" ${tool})
endforeach()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", nargs="?", type=Path, help="unpacked source archive")
    parser.add_argument("--to", type=Path, default=DEFAULT_FOLDER, help="where the tools go")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    version = importlib.metadata.version("llama-cpp-python")
    if up_to_date(options.to, version):
        print(f"{options.to} already holds the tools of {version}")
        return
    source = options.source or fetched_source(version, options.to / "source")
    build(source / "vendor" / "llama.cpp", options.to, jobs=options.jobs)
    (options.to / "version.txt").write_text(f"{version}\n{installed_libraries()}\n")
    print(f"built {', '.join(TOOLS)} in {options.to}")


def up_to_date(folder: Path, version: str) -> bool:
    stamp = folder / "version.txt"
    present = all((folder / tool).exists() for tool in TOOLS)
    return present and stamp.exists() and stamp.read_text().split("\n")[0] == version


def installed_libraries() -> Path:
    """Return the folder of the shared libraries that ``import llama_cpp`` loads."""
    spec = importlib.util.find_spec("llama_cpp")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("llama-cpp-python is not installed in this environment")
    return Path(spec.submodule_search_locations[0]) / "lib"


def fetched_source(version: str, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    unpacked = folder / f"llama_cpp_python-{version}"
    if not unpacked.exists():
        words = ["download", "--no-deps", "--no-binary", ":all:"]
        requirement = f"llama-cpp-python=={version}"
        run([sys.executable, "-m", "pip", *words, "-d", str(folder), requirement])
        with tarfile.open(next(folder.glob(f"llama_cpp_python-{version}*.tar.gz"))) as archive:
            archive.extractall(folder, filter="data")
    return unpacked


def build(llama_source: Path, folder: Path, *, jobs: int) -> None:
    if not (llama_source / "CMakeLists.txt").exists():
        sys.exit(f"{llama_source} is missing: give an unpacked source archive of llama-cpp-python")
    project = folder / "project"
    project.mkdir(parents=True, exist_ok=True)
    (project / "CMakeLists.txt").write_text(PROJECT)
    tree = folder / "build"
    definitions = [
        f"-DLLAMA_SOURCE={llama_source.resolve()}",
        f"-DLLAMA_LIBRARIES={installed_libraries().resolve()}",
        "-DCMAKE_BUILD_TYPE=Release",
    ]
    run(["cmake", "-S", str(project), "-B", str(tree), *definitions])
    run(["cmake", "--build", str(tree), "--parallel", str(jobs), "--target", *TOOLS])
    for tool in TOOLS:
        shutil.copy2(tree / "bin" / tool, folder / tool)


def run(command: list[str]) -> None:
    print("$", " ".join(command), flush=True)
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
