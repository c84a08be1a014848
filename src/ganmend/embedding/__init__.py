"""c: class embeddings, their files, range and initialisations."""

from ganmend.embedding.bounds import project, table_bounds
from ganmend.embedding.file import EMBEDDING_SUFFIXES, FILE_NAME, ClassEmbedding, is_embedding, load_embedding
from ganmend.embedding.initialise import INITIALISATIONS, initial_embeddings

__all__ = [
    "EMBEDDING_SUFFIXES",
    "FILE_NAME",
    "INITIALISATIONS",
    "ClassEmbedding",
    "initial_embeddings",
    "is_embedding",
    "load_embedding",
    "project",
    "table_bounds",
]
