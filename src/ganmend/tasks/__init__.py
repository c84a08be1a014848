"""What a user asks for: diagnose, repair, repurpose, debias, evaluate."""

from ganmend.tasks.diagnose import Diagnosis, diagnose
from ganmend.tasks.evaluate import (
    HELD_OUT,
    TO_MATCH,
    class_of,
    evaluate,
    matching_features_of_folder,
    reference_from_folder,
    reference_of,
)
from ganmend.tasks.mend import MendResult, debias, mend, repair, repurpose
from ganmend.tasks.nearest import Neighbour, nearest
from ganmend.tasks.real_images import read_images
from ganmend.tasks.sampling import class_row, draw

__all__ = [
    "HELD_OUT",
    "TO_MATCH",
    "Diagnosis",
    "MendResult",
    "Neighbour",
    "class_of",
    "class_row",
    "debias",
    "diagnose",
    "draw",
    "evaluate",
    "matching_features_of_folder",
    "mend",
    "nearest",
    "read_images",
    "reference_from_folder",
    "reference_of",
    "repair",
    "repurpose",
]
