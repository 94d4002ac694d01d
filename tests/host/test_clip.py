"""Reading prompts with CLIP: chunks, weights, layers and learnt words, on Pocket's encoder and on tiny random ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from limner_host.families.chunks import BREAK, Piece, Token, chunked
from limner_host.families.clip import ClipEncoder
from limner_host.families.weighting import weighted
from limner_plugins.pocket import WEIGHTS
from limner_sdk import Encoding, InvalidRequest, Size, Span

PLAIN = "a red circle, on a blue background"
WIDTH = 16


@pytest.fixture(autouse=True)
def _no_gradients() -> Iterator[None]:
    with torch.inference_mode():
        yield


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return CLIPTokenizer.from_pretrained(WEIGHTS / "tokenizer", local_files_only=True)


@pytest.fixture(scope="module")
def pockets(tokenizer: Any) -> ClipEncoder:
    """Pocket's own encoder."""
    return ClipEncoder(tokenizer, _pockets_own())


def _pockets_own() -> Any:
    return CLIPTextModel.from_pretrained(WEIGHTS / "text_encoder", local_files_only=True, dtype=torch.float32)


def tiny(tokenizer: Any, kind: Any = CLIPTextModel, *, length: int = 77, **options: Any) -> ClipEncoder:
    """An encoder with random weights."""
    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=WIDTH,
        projection_dim=8,
        num_hidden_layers=3,
        num_attention_heads=2,
        max_position_embeddings=length,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return ClipEncoder(tokenizer, kind(config).eval(), **options)


def how(clip_skip: int = 1, weighting: str = "a1111") -> Encoding:
    return Encoding(Size(64, 64), clip_skip, weighting)


def plain(encoder: ClipEncoder, text: str) -> Any:
    """What the encoder itself says, the way diffusers asks it."""
    batch = encoder.tokenizer(text, padding="max_length", max_length=encoder.room + 2, truncation=True)
    return encoder.text_encoder(torch.tensor([batch.input_ids]), output_hidden_states=True)


def read(encoder: ClipEncoder, *spans: Span | str, **options: Any) -> Tensor:
    prompt = [Span(span) if isinstance(span, str) else span for span in spans]
    return encoder.encode(prompt, how(**options)).hidden


@pytest.mark.parametrize("text", [PLAIN, "", "emoji 🐱 مرحبا", "x," * 37 + "y"])
def test_a_prompt_of_one_chunk_is_what_the_encoder_says_to_the_bit(pockets: ClipEncoder, text: str) -> None:
    assert torch.equal(read(pockets, text), plain(pockets, text).last_hidden_state)


def test_it_reads_as_a_pipeline_of_diffusers_does(pockets: ClipEncoder) -> None:
    from diffusers import StableDiffusionPipeline

    parts = {"tokenizer": pockets.tokenizer, "text_encoder": pockets.text_encoder, "safety_checker": None}
    pipeline = StableDiffusionPipeline.from_pretrained(WEIGHTS, local_files_only=True, **parts)
    assert torch.equal(read(pockets, PLAIN), pipeline.encode_prompt(PLAIN, "cpu", 1, False)[0])


def test_a_long_prompt_is_read_chunk_by_chunk(pockets: ClipEncoder) -> None:
    words = "red blue green " * 40
    hidden = read(pockets, words)
    assert hidden.shape == (1, 154, 96)
    assert torch.equal(hidden[:, :77], read(pockets, "red blue green " * 25))
    assert torch.equal(hidden[:, 77:], read(pockets, "red blue green " * 15))


def test_the_chunks_are_as_long_as_the_encoder_reads(tokenizer: Any) -> None:
    encoder = tiny(tokenizer, length=8)
    assert encoder.room == 6
    assert read(encoder, "red " * 13).shape == (1, 24, WIDTH)


def test_a_break_begins_a_new_chunk(pockets: ClipEncoder) -> None:
    hidden = read(pockets, "red", Span("blue", breaks=True))
    assert torch.equal(hidden, torch.cat([read(pockets, "red"), read(pockets, "blue")], dim=1))


def test_the_filler_is_the_tokenizers_own() -> None:
    tokenizer = CLIPTokenizer.from_pretrained(WEIGHTS / "tokenizer", local_files_only=True, pad_token="!")
    encoder = tiny(tokenizer)
    assert tokenizer.pad_token_id == 0
    assert torch.equal(read(encoder, "a red cat"), plain(encoder, "a red cat").last_hidden_state)


def test_the_weights_of_a1111_keep_the_mean(pockets: ClipEncoder) -> None:
    before, after = read(pockets, "a ", "red", " cat"), read(pockets, "a ", Span("red", 1.5), " cat")
    ratio = before.mean() / (before * torch.ones(77, 1).index_fill(0, torch.tensor([2]), 1.5)).mean()
    assert after.mean() == pytest.approx(float(before.mean()), rel=1e-4)
    torch.testing.assert_close(after[:, 3], before[:, 3] * ratio)
    torch.testing.assert_close(after[:, 2], before[:, 2] * 1.5 * ratio)


def test_without_the_mean_only_the_weighted_words_change(pockets: ClipEncoder) -> None:
    before = read(pockets, "a ", "red", " cat")
    after = read(pockets, "a ", Span("red", 1.5), " cat", weighting="no_norm")
    assert torch.equal(after[:, 2], before[:, 2] * 1.5)
    assert torch.equal(after[:, 3:], before[:, 3:])


def test_comfys_weights_move_away_from_the_empty_prompt(pockets: ClipEncoder) -> None:
    before, empty = read(pockets, "a ", "red", " cat"), read(pockets, "")
    after = read(pockets, "a ", Span("red", 1.5), " cat", weighting="comfy")
    torch.testing.assert_close(after[:, 2], empty[:, 2] + 1.5 * (before[:, 2] - empty[:, 2]))
    assert torch.equal(after[:, 3:], before[:, 3:])


def test_a_chunk_without_weights_is_left_alone_by_its_neighbours(pockets: ClipEncoder) -> None:
    hidden = read(pockets, Span("red", 1.5), Span("blue", breaks=True))
    assert torch.equal(hidden[:, 77:], read(pockets, "blue"))


@pytest.mark.parametrize("second", [-1.0, -0.9])
def test_a_mean_that_says_nothing_is_not_restored(second: float) -> None:
    hidden = torch.tensor([[1.0], [second], [0.0]])
    weights = torch.tensor([1.0, 1.2, 1.0])
    changed = weighted(hidden, weights, "a1111", lambda: hidden)
    assert torch.equal(changed, hidden * weights[:, None])


def test_half_precision_comes_back_as_it_went_in() -> None:
    hidden = torch.full((3, 2), 0.5, dtype=torch.float16)
    assert weighted(hidden, torch.tensor([1.0, 2.0, 1.0]), "a1111", lambda: hidden).dtype == torch.float16


def test_clip_skip_reads_an_earlier_layer_through_the_last_norm(pockets: ClipEncoder) -> None:
    norm = pockets.text_encoder.final_layer_norm
    assert torch.equal(read(pockets, PLAIN, clip_skip=2), norm(plain(pockets, PLAIN).hidden_states[-2]))


def test_a_clip_skip_deeper_than_the_encoder_is_refused(pockets: ClipEncoder) -> None:
    with pytest.raises(InvalidRequest, match="clip_skip: 4 is deeper than this text encoder; the most is 3"):
        read(pockets, PLAIN, clip_skip=4)


@pytest.mark.parametrize(("skip", "layer"), [(1, -2), (2, -2), (3, -3)])
def test_an_encoder_of_the_penultimate_layer_never_reads_a_later_one(tokenizer: Any, skip: int, layer: int) -> None:
    encoder = tiny(tokenizer, layer="penultimate", final_norm=False)
    assert torch.equal(read(encoder, PLAIN, clip_skip=skip), plain(encoder, PLAIN).hidden_states[layer])


def test_a_projection_sums_up_the_first_chunk(tokenizer: Any) -> None:
    encoder = tiny(tokenizer, CLIPTextModelWithProjection, layer="penultimate", final_norm=False)
    encoded = encoder.encode([Span("red"), Span("blue", 1.3, breaks=True)], how())
    assert encoded.hidden.shape == (1, 154, WIDTH)
    assert encoded.pooled is not None
    assert torch.equal(encoded.pooled, plain(encoder, "red").text_embeds)


def test_an_encoder_with_projection_finds_its_norm(tokenizer: Any) -> None:
    encoder = tiny(tokenizer, CLIPTextModelWithProjection)
    norm = encoder.text_encoder.text_model.final_layer_norm
    assert torch.equal(read(encoder, PLAIN, clip_skip=2), norm(plain(encoder, PLAIN).hidden_states[-2]))


def test_learnt_words_of_known_vectors_read_like_the_words_they_copy(pockets: ClipEncoder) -> None:
    table = pockets.text_encoder.get_input_embeddings()
    ids = pockets.tokenizer("red circle", add_special_tokens=False).input_ids
    learnt = {"my-thing": table.weight[ids].clone(), "my": table.weight[:1]}
    encoded = pockets.encode([Span("a My-Thing, nice")], how(), learnt)
    assert torch.equal(encoded.hidden, read(pockets, "a red circle, nice"))
    assert encoded.used == {"my-thing"}


def test_a_learnt_word_leaves_the_model_as_it_was(pockets: ClipEncoder) -> None:
    before, learnt = read(pockets, "a thing"), {"thing": torch.ones(2, 96)}
    assert not torch.equal(pockets.encode([Span("a thing")], how(), learnt).hidden, before)
    assert torch.equal(read(pockets, "a thing"), before)
    assert not pockets.text_encoder.get_input_embeddings()._forward_hooks


def test_part_of_a_word_is_no_learnt_word(pockets: ClipEncoder) -> None:
    encoded = pockets.encode([Span("anything things")], how(), {"thing": torch.ones(2, 96)})
    assert encoded.used == frozenset()


def test_an_embedding_for_another_model_is_named(pockets: ClipEncoder) -> None:
    learnt = {"thing": torch.ones(2, 95)}
    with pytest.raises(InvalidRequest, match="prompt: 'thing' is an embedding for another kind of model"):
        pockets.encode([Span("a thing")], how(), learnt)
    assert pockets.encode([Span("a cat")], how(), learnt).used == frozenset()


def pieces(*ids: int) -> list[Piece]:
    return [(Token(number),) for number in ids]


def lengths(given: list[Piece], room: int = 75, comma: int = 9) -> list[int]:
    return [len(chunk) for chunk in chunked(given, room, comma)]


def test_a_full_chunk_ends_after_a_comma_among_its_last_twenty_tokens() -> None:
    assert lengths(pieces(*[1] * 55, 9, *[1] * 24)) == [56, 24]
    assert lengths(pieces(*[1] * 54, 9, *[1] * 25)) == [75, 5]


def test_a_chunk_that_is_just_full_is_not_cut() -> None:
    assert lengths(pieces(*[1] * 70, 9, *[1] * 4)) == [75]
    assert lengths(pieces(*[1] * 70, 9, *[1] * 4, 9)) == [75, 1]


def test_a_learnt_word_is_never_cut() -> None:
    learnt = tuple(Token(0, 1.0, torch.ones(4)) for _ in range(8))
    assert lengths([*pieces(*[1] * 60, 9, *[1] * 9), learnt]) == [70, 8]


def test_breaks_make_chunks_even_if_they_are_empty() -> None:
    assert lengths([BREAK, *pieces(1), BREAK, BREAK, *pieces(1, 1), BREAK]) == [0, 1, 0, 2]
    assert lengths([]) == [0]
