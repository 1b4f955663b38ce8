"""The format of a backup: a gzipped tar whose last part says what the others must be.

In it: the database, the files that people sent, the signing key if it was asked for, and last
`manifest.json` with the hash of each part. A file that lacks its manifest was cut short.
"""

import gzip
import hashlib
import io
import os
import tarfile
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Literal

import click
from pydantic import BaseModel, ValidationError

MANIFEST = "manifest.json"
KEY = "secret_key"
FILES = "files"
DATABASE = {"sqlite": "database.sqlite", "postgresql": "database.pgdump"}
_CHUNK = 1 << 20


class Damaged(click.ClickException):
    """The file is not what `mayday backup` wrote. Ends with exit code 3."""

    exit_code = 3


class Part(BaseModel):
    """One thing in the file."""

    name: str
    bytes: int
    sha256: str


class Manifest(BaseModel):
    """What is in the file, written after everything else."""

    format: Literal[1] = 1
    made_at: datetime
    app_version: str
    database: Literal["sqlite", "postgresql"]
    schema_revision: str
    journal_head: int
    parts: list[Part]


class _Hashed(io.RawIOBase):
    """A file that is hashed while it is read."""

    def __init__(self, source: IO[bytes]) -> None:
        self.source, self.digest = source, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        piece = self.source.read(size)
        self.digest.update(piece)
        return piece


def write_archive(path: Path, manifest: Manifest, parts: Iterator[tuple[str, Path]]) -> None:
    moment = int(manifest.made_at.timestamp())
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        with (
            gzip.GzipFile(fileobj=out, mode="wb", compresslevel=6, filename="") as packed,
            tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
        ):
            for name, place in parts:
                with place.open("rb") as source:
                    manifest.parts.append(_add(tar, name, source, os.fstat(source.fileno()).st_size, moment))
            told = manifest.model_dump_json(indent=1).encode()
            _add(tar, MANIFEST, io.BytesIO(told), len(told), moment)
        out.flush()
        os.fsync(out.fileno())


def _add(tar: tarfile.TarFile, name: str, source: IO[bytes], size: int, moment: int) -> Part:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, moment
    hashed = _Hashed(source)
    tar.addfile(member, hashed)
    return Part(name=name, bytes=size, sha256=hashed.digest.hexdigest())


def read_archive(file: Path, staged: Path) -> Manifest:
    """Unpack a backup and check every part. Raises `Damaged` when anything is missing or altered."""
    try:
        with gzip.open(file) as packed:
            while packed.read(_CHUNK):
                pass  # to the end: its checksum finds every altered or missing byte
        with gzip.open(file) as packed, tarfile.open(fileobj=packed, mode="r|") as tar:
            found = {member.name: _unpack(tar, member, staged) for member in tar}
        manifest = Manifest.model_validate_json((staged / MANIFEST).read_bytes())
    except (gzip.BadGzipFile, EOFError, zlib.error, tarfile.TarError):
        raise Damaged(f"{file} is cut short or altered. Take another backup; nothing was changed.") from None
    except (FileNotFoundError, ValidationError):
        raise Damaged(f"{file} is not a backup that this version of Mayday can read.") from None
    promised = {part.name: (part.bytes, part.sha256) for part in manifest.parts}
    del found[MANIFEST]
    if found != promised or DATABASE[manifest.database] not in found:
        wrong = ", ".join(sorted(n for n in found | promised if found.get(n) != promised.get(n)))
        raise Damaged(f"{file} does not hold what its manifest says: {wrong}. Nothing was changed.")
    return manifest


def _unpack(tar: tarfile.TarFile, member: tarfile.TarInfo, staged: Path) -> tuple[int, str]:
    """Write one part into the staging folder and nowhere else; gives its size and hash."""
    name = PurePosixPath(member.name)
    source = tar.extractfile(member) if member.isreg() else None
    if source is None or name.is_absolute() or ".." in name.parts or (staged / name).exists():
        raise tarfile.ReadError(f"unexpected part {member.name}")
    place = staged / name
    place.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        while piece := source.read(_CHUNK):
            digest.update(piece)
            out.write(piece)
        out.flush()
        os.fsync(out.fileno())
    return member.size, digest.hexdigest()


def sync_folder(folder: Path) -> None:
    """Make sure that the names in a folder are on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
