"""c: class embeddings, their files, range and initialisations."""

from ganmend.embedding.bounds import project, table_bounds
from ganmend.embedding.file import ClassEmbedding, load_embedding
from ganmend.embedding.initialise import INITIALISATIONS, initial_embeddings

__all__ = [
    "INITIALISATIONS",
    "ClassEmbedding",
    "initial_embeddings",
    "load_embedding",
    "project",
    "table_bounds",
]
