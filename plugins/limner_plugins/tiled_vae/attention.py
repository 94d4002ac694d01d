"""Self-attention over a whole map, with queries taken some rows at a time: exact, in memory that grows with the map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from .parking import Map
from .statistics import Affine
from .work import finite


class Attending:
    """diffusers' `Attention` at work on a map whose statistics are known."""

    def __init__(self, module: Any, affine: Affine | None, dtype: torch.dtype) -> None:
        self._module, self._affine, self._dtype = module, affine, dtype

    def remember(self, source: Map, rows: int) -> tuple[Tensor, Tensor]:
        """Keys and values of all cells, each (1, heads, cells, width of a head), `rows` rows of the map at once."""
        found: Tensor | None = None
        for top in range(0, source.height, rows):
            part = self._safely(self._keys_and_values, source.read(top, min(top + rows, source.height)))
            found = _room(found, part, source.height * source.width)
            first = top * source.width
            found[:, :, :, first : first + part.shape[3]] = part
        assert found is not None
        keys, values = found.unbind(0)
        return keys, values

    def make(self, rows: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Rows (1, C, h, W) of the result."""
        return self._safely(lambda seen, dtype: self._attended(seen, keys.to(dtype), values.to(dtype)), rows)

    def _safely(self, make: Callable[[Tensor, torch.dtype], Tensor], rows: Tensor) -> Tensor:
        """What `make` gives in the network's dtype, or in float32 where a 16-bit one overflows."""
        made = make(rows, self._dtype)
        if self._dtype.itemsize == 2 and not finite(made):
            made = make(rows, torch.float32)
        return made

    def _keys_and_values(self, rows: Tensor, dtype: torch.dtype) -> Tensor:
        cells = self._cells(rows, dtype)
        return torch.stack([self._split(_linear(part, cells)) for part in (self._module.to_k, self._module.to_v)])

    def _attended(self, rows: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        module = self._module
        queries = self._split(_linear(module.to_q, self._cells(rows, keys.dtype)))
        found = functional.scaled_dot_product_attention(queries, keys, values)
        found = _linear(module.to_out[0], found.transpose(1, 2).flatten(2))
        made = found.view(1, rows.shape[2], rows.shape[3], -1).permute(0, 3, 1, 2)
        made = made + rows if module.residual_connection else made
        divisor = float(module.rescale_output_factor)
        return made if divisor == 1 else made / divisor

    def _cells(self, rows: Tensor, dtype: torch.dtype) -> Tensor:
        """The normalised cells of some rows, (1, cells, C)."""
        if self._affine is not None:
            scale, shift = self._affine.for_rows(rows)
            rows = torch.addcmul(shift, rows, scale)
        return rows.permute(0, 2, 3, 1).flatten(1, 2).to(dtype)

    def _split(self, cells: Tensor) -> Tensor:
        """(1, cells, C) to (1, heads, cells, width of a head)."""
        heads: int = self._module.heads
        return cells.view(*cells.shape[:2], heads, -1).transpose(1, 2)


def _linear(part: nn.Linear, cells: Tensor) -> Tensor:
    bias = None if part.bias is None else part.bias.to(cells.dtype)
    return functional.linear(cells, part.weight.to(cells.dtype), bias)


def _room(found: Tensor | None, part: Tensor, cells: int) -> Tensor:
    """Where the keys and values (2, 1, heads, cells, width) of all cells go; float32 once a part is."""
    if found is None:
        return part.new_empty((*part.shape[:3], cells, part.shape[4]))
    return found.to(torch.promote_types(found.dtype, part.dtype))
