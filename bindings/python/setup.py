# SPDX-License-Identifier: MIT
"""Build libchurn with meson, then the extension against it; ship both in one folder.

The package holds `_core.abi3.so` and `libchurn.so.0`, which find each other through $ORIGIN.
libyaml and libxxhash are linked into libchurn where their static archives can be, and are copied
beside it where they cannot.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUNDLED = re.compile(r"^\s*(lib(?:yaml|xxhash)\S*) => (/\S+)", re.MULTILINE)


def project_version():
    text = (ROOT / "meson.build").read_text(encoding="utf-8")
    return re.search(r"version: '([^']+)'", text).group(1)


def tool(name):
    """meson and ninja of this interpreter's environment first, then those on the PATH."""
    beside = shutil.which(name, path=sysconfig.get_path("scripts"))
    found = beside or shutil.which(name)
    if not found:
        sys.exit(f"{name} is needed to build libchurn: pip install {name}")
    return found


def build_library(build):
    """Build libchurn and return the shared object."""
    subprocess.run(
        [tool("meson"), "setup", str(build), str(ROOT), "--buildtype=release",
         "-Dtests=disabled", "-Dexamples=false", "-Dstatic_deps=auto",
         "-Dc_link_args=-Wl,-rpath,$ORIGIN"],
        check=True, env={**os.environ, "NINJA": tool("ninja")})
    name = "lib/libchurn.so." + project_version()
    subprocess.run([tool("ninja"), "-C", str(build), name], check=True)
    return build / name


def outside_libraries(library):
    """The shared objects that a bare machine may lack: name and path."""
    text = subprocess.run(["ldd", str(library)], check=True, capture_output=True, text=True).stdout
    return BUNDLED.findall(text)


class BuildExt(build_ext):
    def run(self):
        # Always afresh: a build folder remembers the meson of an environment that pip removed.
        with tempfile.TemporaryDirectory(prefix="libchurn-") as folder:
            self.build_with(build_library(pathlib.Path(folder).resolve()))

    def build_with(self, library):
        for extension in self.extensions:
            extension.include_dirs.append(str(ROOT / "include"))
            extension.extra_objects.append(str(library))
        super().run()
        folder = pathlib.Path(self.get_ext_fullpath("churn._core")).resolve().parent
        shutil.copy2(library, folder / ("libchurn.so." + project_version().split(".")[0]))
        for name, path in outside_libraries(library):
            shutil.copy2(path, folder / name)


core = Extension(
    "churn._core",
    sources=sorted(str(p.relative_to(HERE)) for p in (HERE / "src").glob("*.c")),
    depends=sorted(str(p.relative_to(HERE)) for p in (HERE / "src").glob("*.h")),
    define_macros=[("Py_LIMITED_API", "0x030B0000")],
    extra_compile_args=["-std=c11", "-O2", "-fvisibility=hidden", "-Wall", "-Wextra",
                        "-Werror=implicit-function-declaration",
                        "-Werror=incompatible-pointer-types", "-Werror=int-conversion"],
    extra_link_args=["-Wl,-rpath,$ORIGIN", "-Wl,-z,now", "-Wl,-z,relro", "-pthread"],
    py_limited_api=True,
)

setup(
    version=project_version(),
    ext_modules=[core],
    cmdclass={"build_ext": BuildExt},
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
