"""Model files: safetensors files with fourfold's header in their metadata, mapped into memory.

``writing`` and ``reading`` know containers (a header of plain JSON and named arrays), ``model``
knows programs. Nothing here is ever unpickled.
"""

from fourfold.model_file.layout import FORMAT_VERSION, READABLE_VERSIONS
from fourfold.model_file.model import LoadedModel, dump_model, load_model, save_model
from fourfold.model_file.reading import Container, Source, is_model_file, read_container
from fourfold.model_file.writing import dump_container, write_container

__all__ = [
    "FORMAT_VERSION",
    "READABLE_VERSIONS",
    "Container",
    "LoadedModel",
    "Source",
    "dump_container",
    "dump_model",
    "is_model_file",
    "load_model",
    "read_container",
    "save_model",
    "write_container",
]
