"""What is embedded runs on any x86-64 processor since about 2009 (x86-64-v2): the binaries are read, not run."""

import platform
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.embedded import postgres

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64", reason="reads the binaries for Linux on x86-64"
)
# Functions that are called only after the processor was asked for what they need.
CHOSEN_AT_RUN_TIME = re.compile(r"(_avx512|Avx512Popcount|F16c|\.fma)(\.|$)")
BEYOND_V2 = {
    "ADX", "AES", "AMX", "AVX", "AVX2", "AVX512BW", "AVX512CD", "AVX512DQ", "AVX512ER", "AVX512F", "AVX512PF",
    "AVX512VBMI", "AVX512VL", "AVX512_BF16", "AVX512_BITALG", "AVX512_FP16", "AVX512_IFMA", "AVX512_VBMI2",
    "AVX512_VNNI", "AVX512_VPOPCNTDQ", "AVX_VNNI", "BMI1", "BMI2", "F16C", "FMA", "FMA4", "GFNI", "LZCNT",
    "MOVBE", "PCLMULQDQ", "RDRAND", "RDSEED", "SHA", "SSE4A", "VAES", "VPCLMULQDQ", "XOP",
}  # fmt: skip


def functions(file: Path) -> Iterator[tuple[str, int, bytes]]:
    """Yield name, address and machine code of every function."""
    from elftools.elf.elffile import ELFFile  # noqa: PLC0415 (only these tests need it)

    with file.open("rb") as opened:
        elf: Any = ELFFile(opened)
        text = elf.get_section_by_name(".text")
        start, code = text["sh_addr"], text.data()
        for symbol in elf.get_section_by_name(".symtab").iter_symbols():
            at = symbol["st_value"] - start
            if symbol["st_info"]["type"] == "STT_FUNC" and 0 <= at < len(code):
                yield symbol.name, symbol["st_value"], code[at : at + symbol["st_size"]]


def needing_more(file: Path) -> set[str]:
    """Return the functions with instructions beyond x86-64-v2 that may run on any processor."""
    import iced_x86  # noqa: PLC0415

    beyond = {getattr(iced_x86.CpuidFeature, name) for name in BEYOND_V2 if hasattr(iced_x86.CpuidFeature, name)}
    needing = set()
    for name, address, code in functions(file):
        if CHOSEN_AT_RUN_TIME.search(name):
            continue
        for one in iced_x86.Decoder(64, code, ip=address):
            # Compilers write `tzcnt` for any processor: an older one reads it as `bsf`, which does the same there.
            if beyond & set(one.cpuid_features()) and one.mnemonic != iced_x86.Mnemonic.TZCNT:
                needing.add(name)
                break
    return needing


def test_the_vector_extension_in_use_is_the_portable_one() -> None:
    path = next(option for option in postgres.extension_options() if option.startswith("dynamic_library_path="))
    assert Path(path.partition("=")[2].split(":")[0], "vector.so").exists()


@pytest.mark.parametrize("name", ["vector.so", "pg_trgm.so"])
def test_extensions_run_on_any_processor(name: str) -> None:
    paths = next(option for option in postgres.extension_options() if option.startswith("dynamic_library_path="))
    folders = paths.partition("=")[2].replace("$libdir", str(postgres.programs().parent / "lib")).split(":")
    file = next(Path(folder, name) for folder in folders if Path(folder, name).exists())
    assert needing_more(file) == set()


def test_the_server_runs_on_any_processor() -> None:
    assert needing_more(postgres.programs() / "postgres") == set()


def test_the_test_sees_such_instructions() -> None:
    """The wheel's own vector extension has them, and so do the functions chosen at run time."""
    assert "l2_distance" in needing_more(postgres.programs().parent / "lib" / "vector.so")


def test_vectors_work_here() -> None:
    assert postgres.try_vector() == ""
