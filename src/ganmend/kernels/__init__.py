"""What knows tensors only: fused passes, attention, Winograd's convolutions, their C code; the allocator's settings."""
