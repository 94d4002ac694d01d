"""Textual inversions: read from every kind of file, found as words in prompts, heard by the text encoder."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch
from torch import Tensor

from limner_host.adapters.embeddings import EmbeddingFiles, read_embedding
from limner_host.digests import DigestCache
from limner_sdk import AmbiguousName, FileEntry, UnknownName, UnusableModel

from .making import numbers, written


def shelf_of(folder: Path, *names: str) -> EmbeddingFiles:
    for name in names:
        written(folder / f"{name}.safetensors", {"emb_params": numbers(2, 768)})
    return EmbeddingFiles(folder, DigestCache(None))


@pytest.mark.parametrize("key", ["emb_params", "*", "<my-cat>", "string_to_param.*", "clip_l"])
def test_the_vectors_of_one_encoder_are_clip_l(key: str, tmp_path: Path) -> None:
    vectors = numbers(3, 16)
    found = read_embedding(written(tmp_path / "cat.safetensors", {key: vectors.half()}))
    assert list(found) == ["clip_l"]
    assert found["clip_l"].dtype == torch.float32
    assert torch.equal(found["clip_l"], vectors.half().float())


@pytest.mark.parametrize("keys", [("clip_l", "clip_g"), ("text_encoders_0", "text_encoders_1")])
def test_sdxl_has_vectors_for_both_encoders(keys: tuple[str, str], tmp_path: Path) -> None:
    first, second = numbers(3, 768), numbers(3, 1280, seed=1)
    file = written(tmp_path / "cat.safetensors", {keys[0]: first, keys[1]: second})
    found = read_embedding(file)
    assert torch.equal(found["clip_l"], first)
    assert torch.equal(found["clip_g"], second)


def test_a_single_vector_may_come_without_its_row(tmp_path: Path) -> None:
    vector = numbers(16)
    assert torch.equal(read_embedding(written(tmp_path / "a.safetensors", {"<a>": vector}))["clip_l"], vector[None])


@pytest.mark.parametrize(
    ("tensors", "reason"),
    [
        ({"a": numbers(2, 4), "b": numbers(2, 4)}, "it has no vectors that are read here"),
        ({"emb_params": numbers(2, 2, 4)}, r"it holds no vectors \(2x2x4\)"),
        ({"emb_params": numbers(0, 4)}, "it holds no vectors"),
        ({"emb_params": torch.ones(2, 4, dtype=torch.int64)}, "it holds no vectors"),
        ({"emb_params": torch.full((2, 4), torch.nan)}, "it has numbers that are not finite; fetch it again"),
        ({"emb_params": torch.full((2, 4), -1e30)}, r"it has numbers up to 1e\+30; the most is 10000"),
        ({"emb_params": numbers(1000, 4)}, "it holds 1000 vectors; the most is 750"),
    ],
)
def test_what_is_no_embedding_is_refused(tensors: dict[str, Tensor], reason: str, tmp_path: Path) -> None:
    with pytest.raises(UnusableModel, match=f"embedding cat: {reason}"):
        read_embedding(written(tmp_path / "cat.safetensors", tensors))


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path / "cat.safetensors", {"emb_params": numbers(2, 4)})
    file.write_bytes(file.read_bytes()[:-4])
    with pytest.raises(UnusableModel, match=r"^embedding file cat\.safetensors is damaged"):
        read_embedding(file)


def test_files_tell_their_family_and_the_hash_of_other_tools(tmp_path: Path) -> None:
    shelf = shelf_of(tmp_path, "cat")
    written(tmp_path / "dog.safetensors", {"clip_l": numbers(1, 768), "clip_g": numbers(1, 1280)})
    assert shelf.entries() == (
        FileEntry(kind="embedding", name="cat", family="sd1", summary="2 vectors of 768"),
        FileEntry(kind="embedding", name="dog", family="sdxl", summary="1 vector of 1280"),
    )
    digest = hashlib.sha256((tmp_path / "cat.safetensors").read_bytes()).hexdigest()
    assert (shelf.reference("cat").digest, shelf.reference("cat").hash) == (digest, digest[:12])


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a photo of My-Cat, sitting", ("my-cat",)),
        ("my-cat-2 (my-cat:1.3)", ("my-cat-2", "my-cat")),
        ("my-cats and amy-cat", ()),
        ("MY-CAT, my-cat", ("my-cat",)),
        ("bob, people/ann, ann", ("people/ann", "ann")),
        ("", ()),
    ],
)
def test_embeddings_are_whole_words_of_a_prompt(text: str, names: tuple[str, ...], tmp_path: Path) -> None:
    shelf = shelf_of(tmp_path, "my-cat", "my-cat-2", "people/ann", "people/bob", "places/bob")
    assert shelf.in_prompt(text) == names
    assert all(set(shelf.read(name)) == {"clip_l"} for name in names)


def test_a_prompt_without_any_file_holds_no_embedding(tmp_path: Path) -> None:
    assert EmbeddingFiles(tmp_path / "none", DigestCache(None)).in_prompt("a cat") == ()


def test_an_unknown_or_ambiguous_embedding_is_called_one(tmp_path: Path) -> None:
    shelf = shelf_of(tmp_path, "people/bob", "places/bob")
    with pytest.raises(UnknownName, match=r"embedding: '\.\./bob' is unknown"):
        shelf.find("../bob")
    with pytest.raises(AmbiguousName, match="embeddings:people/bob"):
        shelf.find("bob")
