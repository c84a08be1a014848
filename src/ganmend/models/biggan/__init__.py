"""BigGAN and BigGAN-deep: the one canonical generator, folded and frozen."""
