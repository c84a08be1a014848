"""The bundled generator, classifiers and statistics; `recipes/cifar10` made them."""
