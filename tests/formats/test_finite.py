"""NaN and infinity are found in every type and layout, without a copy of the numbers."""

import pytest
import torch

from ganmend.formats.tensors import FLOATS, all_finite


@pytest.mark.parametrize("wrong", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_one_wrong_number_anywhere(dtype: torch.dtype, wrong: float) -> None:
    kernel = torch.randn(8, 6, 3, 3).to(dtype)
    layouts = (kernel, kernel.to(memory_format=torch.channels_last), kernel.transpose(0, 1), kernel[:, ::2])
    assert all(all_finite(numbers) for numbers in (*layouts, kernel[:0], kernel[0, 0, 0, 0]))
    kernel[5, 4, 2, 1] = wrong
    assert not any(
        all_finite(numbers)
        for numbers in (kernel, kernel.to(memory_format=torch.channels_last), kernel.transpose(0, 1))
    )
