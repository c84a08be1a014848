"""Repair, re-purpose and de-bias pre-trained class-conditional GANs by searching for better class embeddings.

What is public stands in `__init__.pyi`, and is imported when it is first asked for: `import ganmend` costs no PyTorch.
"""

from importlib.metadata import version

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__version__ = version("ganmend")
__all__ += ["__version__"]
