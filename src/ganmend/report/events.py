"""The course of a search as TensorBoard shows it."""

import importlib.util
import shutil
import tempfile
from pathlib import Path

from ganmend.errors import OptionError
from ganmend.report.curves import Records, series

FILE = "events.out.tfevents.ganmend"  # TensorBoard knows its files by the middle of the name


def check_tensorboard() -> None:
    """Refuse to promise a file that this installation cannot write.

    Raises:
        OptionError: tensorboard is missing.
    """
    if importlib.util.find_spec("tensorboard") is None:
        raise OptionError(
            "--tensorboard needs the package tensorboard; install ganmend[tensorboard], or leave --tensorboard out"
        )


def save_events(folder: Path, history: Records) -> None:
    """Write a file of scalars for each trial of a search, in a folder of its own: 'trial0' and so on.

    The file's name says neither the machine's name nor the time, as TensorBoard's own would.

    Args:
        folder: that is there; to be given to `tensorboard --logdir`.
        history: one record a validation and trial.
    """
    from torch.utils.tensorboard import SummaryWriter

    with tempfile.TemporaryDirectory() as work:
        writers: dict[str, SummaryWriter] = {}
        for quantity, lines in series(history).items():
            for trial, (steps, values) in lines.items():
                name = f"trial{trial}"
                if name not in writers:
                    writers[name] = SummaryWriter(str(Path(work) / name))
                writer = writers[name]
                for step, value in zip(steps, values, strict=True):
                    writer.add_scalar(f"search/{quantity}", value, step)
        for name, writer in writers.items():
            writer.close()
            (written,) = (Path(work) / name).iterdir()
            (folder / name).mkdir()
            shutil.copyfile(written, folder / name / FILE)
