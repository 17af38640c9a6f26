"""The linear layer, float32 in and out, in fourfold and in other engines, side by side.

``python -m benchmarks.peers`` starts one process per engine, pinned to one core, and lets them take
turns: only one is awake at a time. An engine whose answer is too far from float64 gets no time.
"""
