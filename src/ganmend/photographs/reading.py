"""A folder's photographs, read in batches: memory holds one batch, however many there are."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import torch
from torch import Tensor

from ganmend.errors import GanmendWarning, ImageFolderError
from ganmend.files.paths import as_path
from ganmend.photographs.find import Skipped, find_pictures
from ganmend.photographs.picture import UnreadablePictureError, read_picture

# Of one folder of real images, in order of their names: every other one for the search to match, the rest, held out,
# for the verdict.
ALL, TO_MATCH, HELD_OUT, NONE = slice(None), slice(0, None, 2), slice(1, None, 2), slice(0, 0)


class Photographs:
    """The pictures of a folder, or of a part of it, at one size.

    The part is taken of the files in order of their paths before any is decoded, so that two parts never share a
    file and none is decoded in vain. A file that proves broken is missing in its own part only.
    """

    def __init__(self, folder: str | Path, resolution: int, part: slice = ALL, without: slice = NONE) -> None:
        """Find the files.

        Args:
            folder: with any folders in it.
            resolution: height and width that the pictures get; the generator's.
            part: which of them, by number in order of their paths.
            without: which of all of them are left out.

        Raises:
            ImageFolderError: no such folder, or no picture in it.
        """
        found = find_pictures(folder)
        self.folder, self.resolution, self.part, self.kinds = as_path(folder), resolution, part, found.kinds
        # What is no picture is told once: with the first of two parts.
        left_out = set(found.paths[without])
        self.paths = [path for path in found.paths[part] if path not in left_out]
        self.skipped = Skipped() if part.start else found.skipped
        self.readable: list[Path] = []  # those that `batches` gave, once it went through them
        self._files = len(found.paths) + found.skipped.total  # of all parts
        if not found.paths:
            raise self._none_readable()

    def __len__(self) -> int:
        """How many files there are, some of which may prove broken."""
        return len(self.paths)

    def batches(self, size: int, start: int = 0) -> Iterator[tuple[Tensor, int]]:
        """Read the pictures; at the end one warning counts what was left out.

        Args:
            size: pictures of a batch; the last has fewer.
            start: files that were done with before, up to the end of a batch; they are left out, untold.

        Yields:
            (N, 3, resolution, resolution) float32 in [-1, 1], as a generator gives its images, and the number of
            files that are done with.

        Raises:
            ImageFolderError: none of them can be read.
        """
        waiting: list[Tensor] = []
        self.readable = []
        for done, path in enumerate(self.paths[start:], start + 1):
            try:
                waiting.append(read_picture(path, self.kinds[path], self.resolution))
                self.readable.append(path)
            except UnreadablePictureError as error:
                self.skipped.add(path, str(error))
            if waiting and (len(waiting) == size or done == len(self.paths)):
                yield _as_drawn(waiting), done
                waiting = []
        if self.paths and not self.readable and not start:
            raise self._none_readable()
        if self.skipped.total:
            message = f"skipped {self.skipped.total} of {self._files} files in {self.folder}: {self.skipped}"
            warnings.warn(message, GanmendWarning, stacklevel=2)

    def again(self, chosen: Sequence[int]) -> Tensor:
        """Read some of the pictures once more.

        Args:
            chosen: their numbers among those that `batches` gave, which went through them before.

        Returns:
            (len(chosen), 3, resolution, resolution), as `batches` gives them.

        Raises:
            ImageFolderError: one cannot be read any longer.
        """
        paths = [self.readable[index] for index in chosen]
        try:
            return _as_drawn([read_picture(path, self.kinds[path], self.resolution) for path in paths])
        except UnreadablePictureError as error:
            raise ImageFolderError(f"{self.folder} has changed since it was read: {error}") from error

    def spread(self, most: int) -> Tensor:
        """Some of the pictures, evenly spread over all, to be shown; one that cannot be read is left out.

        Args:
            most: of them, at most.

        Returns:
            (at most `most`, 3, resolution, resolution), as `batches` gives them.
        """
        wanted = min(most, len(self.paths))
        found = []
        for path in (self.paths[i * len(self.paths) // wanted] for i in range(wanted)):
            with suppress(UnreadablePictureError):
                found.append(read_picture(path, self.kinds[path], self.resolution))
        return _as_drawn(found) if found else torch.empty(0, 3, self.resolution, self.resolution)

    def _none_readable(self) -> ImageFolderError:
        found = str(self.skipped) if self.skipped.total else "none at all"
        return ImageFolderError(
            f"{self.folder} holds no picture that can be read (found {found}); expected JPEG, PNG or the like"
        )


def _as_drawn(pictures: Sequence[Tensor]) -> Tensor:
    """Pictures (3, H, W) uint8 as a generator gives its images: (N, 3, H, W) float32 in [-1, 1]."""
    return torch.stack(list(pictures)).float() / 127.5 - 1
