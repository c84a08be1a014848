"""What is packed comes out the same, bit for bit, in memory that may be read-only and is not copied."""

import numpy as np
import torch

from ganmend.catalog.source import GeneratorSource
from ganmend.models.latents import sample_latents
from ganmend.runs.cluster.packed import Packed, pack, unpack
from ganmend.workbench.request import MendRequest


def read_only(packed):
    memory = tuple(np.frombuffer(row.tobytes(), np.uint8) for row in packed.memory)  # of bytes: not writable
    return Packed(packed.rest, memory)


def there_and_back(whole):
    return unpack(read_only(pack(whole)))


def test_tensors_keep_bits_types_strides_and_places():
    whole = torch.arange(24.0).reshape(2, 3, 4)
    tensors = {
        "transposed": whole.transpose(0, 2), "part": whole[1, 1:], "channels last": torch.randn(2, 3, 4, 5).to(
            memory_format=torch.channels_last
        ), "half": torch.randn(7).bfloat16(), "whole numbers": torch.tensor([1, -2]), "scalar": torch.tensor(2.5),
        "nothing": torch.zeros(0, 3), "yes": torch.tensor([True, False]),
    }  # fmt: skip
    back = there_and_back(tensors)
    for name, tensor in tensors.items():
        assert torch.equal(back[name], tensor), name
        assert (back[name].dtype, back[name].stride()) == (tensor.dtype, tensor.stride()), name


def test_nothing_is_copied_on_either_side():
    whole = torch.zeros(1000)
    packed = pack([whole])
    whole[3] = 7  # seen through what was packed, and through what is unpacked
    (back,) = unpack(packed)
    assert back[3] == 7
    assert back.data_ptr() == packed.memory[0].ctypes.data


def test_tensors_that_share_memory_lie_there_once():
    whole = torch.zeros(1000)
    packed = pack({"whole": whole, "part": whole[10:], "again": whole})
    assert len(packed.memory) == 1
    assert 4000 < packed.size < 6000
    back = unpack(packed)
    back["whole"][10] = 1
    assert back["part"][0] == back["again"][10] == 1


def test_parameters_stay_parameters_and_take_no_gradient():
    layer = torch.nn.Linear(2, 3)
    back = there_and_back(layer)
    assert [name for name, _ in back.named_parameters()] == ["weight", "bias"]
    assert not any(parameter.requires_grad for parameter in back.parameters())


def test_a_bench_draws_and_knows_real_images_the_same_after_it_was_sent():
    bench = MendRequest(task="repair", target="frog", generator=GeneratorSource("demo")).workbench()
    references = bench.real.references_of_others(bench.judge)  # what its healthy classes are judged by
    sent, found = there_and_back((bench, references))
    embedding = bench.generator.class_embeddings[2]
    z = sample_latents(3, 2, bench.generator.dim_z)
    assert torch.equal(sent.generator(z, embedding), bench.generator(z, embedding))
    assert torch.equal(found("frog").features, references("frog").features)
