"""P: everything that can say how well an image shows the target."""

from ganmend.classifier.classifier import Classifier, spatial_mean
from ganmend.classifier.load import load_classifier

__all__ = ["Classifier", "load_classifier", "spatial_mean"]
