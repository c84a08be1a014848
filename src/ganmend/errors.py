"""The exceptions a user can meet. Each message says what came, what was expected, and what to do."""


class GanmendError(Exception):
    """A user's mistake or an unusable input; the command line prints it as one line and exits with status 2."""


class GanmendWarning(UserWarning):
    """Something was left out or is doubtful; the command line prints it as one line on stderr."""


class UnreadableError(GanmendError):
    """A file is broken, claims more than it holds, or would run code; the message goes on from the file's name."""


class CheckpointError(GanmendError):
    """A file is not a generator checkpoint that can be read."""


class DrawingError(GanmendError):
    """A generator draws images that are no numbers: its weights are damaged, or an embedding is far from its table."""


class LatentError(GanmendError):
    """Latents are of another type or shape than the generator takes."""


class EmbeddingError(GanmendError):
    """An embedding does not fit its generator, or its file is unusable."""


class NoMemoryError(GanmendError):
    """Memory ran out, and less at once would change the result, or does not fit either."""


class Cancelled(GanmendError):
    """A progress callback raises it to end what it watches; a search then returns its best so far."""


class ClassifierError(GanmendError):
    """A classifier cannot be loaded, does not know the target, or gives unusable output."""


class SearchError(GanmendError):
    """A search found nothing: its objective or its gradient was NaN or infinite in all of its trials."""


class ClassNameError(GanmendError):
    """A class name or index that is not known; the message names the nearest ones."""


class ImageFolderError(GanmendError):
    """A folder of real images is missing, or holds none that can be read."""


class HubError(GanmendError):
    """Something on the Hugging Face hub cannot be had, or cannot be sent there."""


class HubUnreachableError(HubError):
    """The hub did not answer, or broke off: a matter of the network, not of what was asked."""


class OutputError(GanmendError):
    """A result cannot be written where it was asked for."""


class OptionError(GanmendError):
    """An option's value is outside what it can be."""


# What PyTorch, oneDNN, CUDA and the system's loader say where memory runs out; only some have a type of their own.
MEMORY_RAN_OUT = (
    "out of memory", "not enough memory", "can't allocate memory", "cannot allocate memory", "bad_alloc",
    "alloc_failed", "could not create a memory",
)  # fmt: skip

MORE_MEMORY = "free some, or raise the limit that is set (ulimit -v, a control group, a batch system)"  # about memory


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out, whoever raised it."""
    said = isinstance(error, (RuntimeError, ImportError, OSError))
    return isinstance(error, MemoryError) or (said and any(words in str(error).lower() for words in MEMORY_RAN_OUT))
