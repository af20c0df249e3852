"""Files as they come: told apart, decoded, read. Nothing is written anywhere."""

from __future__ import annotations

from pathlib import PurePosixPath

from kb.imports.decoding import decode
from kb.imports.entries import (
    MOST_BYTES,
    MOST_ENTRIES,
    Code,
    Form,
    Reading,
    ReadingError,
    Remark,
)
from kb.imports.support_document import read_document
from kb.imports.tables import read_csv, read_xlsx
from kb.imports.yaml_form import read_yaml

FORMS = {
    ".txt": Form.DOCUMENT,
    ".text": Form.DOCUMENT,
    ".md": Form.DOCUMENT,
    ".markdown": Form.DOCUMENT,
    ".yaml": Form.YAML,
    ".yml": Form.YAML,
    ".csv": Form.CSV,
    ".xlsx": Form.XLSX,
}


def form_of(name: str) -> Form | None:
    """How a file of this name is written, or None for one that cannot be read."""
    return FORMS.get(PurePosixPath(name.replace("\\", "/")).suffix.lower())


def check_offered(name: str, size: int) -> None:
    """Refuse a file by its name and size, before its bytes are looked at: ``ReadingError``."""
    if form_of(name) is None:
        raise ReadingError(name, [Remark(Code.UNKNOWN_FORM)])
    if size > MOST_BYTES:
        params = {"most": MOST_BYTES // 1024**2, "found": size // 1024**2}
        raise ReadingError(name, [Remark(Code.TOO_LARGE, params=params)])
    if not size:
        raise ReadingError(name, [Remark(Code.EMPTY)])


def read_file(name: str, data: bytes) -> Reading:
    """The questions of one file. Raises ``ReadingError`` with every problem found, and where."""
    check_offered(name, len(data))
    form = form_of(name)
    if form is Form.XLSX:
        return read_xlsx(data, file=name)
    text = decode(data, file=name)
    if form is Form.YAML:
        return read_yaml(text, file=name)
    if form is Form.CSV:
        return read_csv(text, file=name)
    reading = read_document(text, file=name)
    if len(reading.entries) > MOST_ENTRIES:
        raise ReadingError(name, [Remark(Code.TOO_MANY, params={"most": MOST_ENTRIES})])
    return reading
