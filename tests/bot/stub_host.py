"""A host without a GPU: speaks the wire protocol, paints flat colours, and fails the way its prompt says.

Words in a prompt: `slow` (2 s), `slower` (20 s), `stuck` (silent at the first attempt), `crash`, `crash-once`,
`internal`, `disk`, `plugin`, `late` (dies at the first attempt, and answers for it during the second), `hungry` (wants
more memory than there is), `frozen` (no thread moves any more, at the first attempt), `sparkling` (the plugin sparkles
is to blame for a failure). The wildcard `__weather__` is filled in with "a war of winds".
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import queue
import resource
import struct
import sys
import threading
import time
import zlib
from itertools import product
from pathlib import Path
from typing import Any

from limner_sdk import (
    Catalogue,
    Choice,
    FileEntry,
    ImageSeed,
    ModelEntry,
    ModelReference,
    PictureReference,
    PluginEntry,
    Recipe,
    Request,
    Stage,
    StageEntry,
)
from limner_sdk import Finished as Original
from limner_sdk.catalogue import AxisEntry
from limner_sdk.folders import DataFolder
from limner_sdk.messages import (
    TO_HOST,
    Alive,
    Cancel,
    Failed,
    Finished,
    GridWish,
    Picture,
    Plan,
    Planned,
    Progress,
    Ready,
    Result,
    Shutdown,
    Submit,
)
from limner_sdk.plugin_states import read_states
from limner_sdk.seeds import following
from limner_sdk.wire import frame, read_frame

#: The smallest JPEG that is one.
PREVIEW = bytes.fromhex(
    "ffd8ffdb004300030202020202030202020303030304060404040404080606050609080a0a090809090a0c0f0c0a0b0e0b09090d110d0e0f"
    "101011100a0c12131210130f101010ffc9000b080001000101011100ffcc000600101005ffda0008010100003f00d2cf20ffd9"
)


def png(width: int, height: int, colour: bytes) -> bytes:
    """A PNG of one colour."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = (b"\0" + colour * width) * height
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


#: What the sampler Euler takes.
ETA = {"properties": {"eta": {"type": "number", "minimum": 0, "maximum": 1, "default": 0, "description": "Noise"}}}


def catalogue() -> Catalogue:
    """One model, two samplers, one schedule, one tiler, three post-processors, and pictures of a megapixel at most."""
    known: dict[str, Any] = {"summary": "", "plugin": "stub", "parameters": {}}
    return Catalogue(
        models=(
            ModelEntry.model_validate(
                {"id": "stub:flat", "name": "flat", "label": "Flat", "summary": "One colour", "family": "stub"}
                | {"width": 128, "height": 128, "steps": 10, "cfg": 5, "sampler": "stub:euler"}
            ),
        ),
        stages=(
            StageEntry(kind="sampler", id="stub:euler", name="euler", label="Euler", **known | {"parameters": ETA}),
            StageEntry(kind="sampler", id="stub:heun", name="heun", label="Heun", **known),
            StageEntry(kind="schedule", id="stub:karras", name="karras", label="Karras", **known),
            StageEntry(kind="tiler", id="tilers:cosine", name="cosine", label="Cosine tiles", **known),
            *finishers(),
        ),
        plugins=tuple(plugin_entry(name) for name in ("sparkles", "stub")),
        files=(
            FileEntry(kind="lora", name="ink", family="stub"),
            FileEntry(kind="lora", name="night"),
            FileEntry(kind="style", name="noir"),
        ),
        axes=(
            AxisEntry(name="steps", label="Steps", form="whole", least=1, most=150),
            AxisEntry(name="sampler", label="Sampler", form="choice", values=("euler", "heun")),
        ),
        largest_pixels=2**20,
    )


def plugin_entry(name: str) -> PluginEntry:
    """A plugin that works, unless it is left out."""
    known, source = read_states(DataFolder.from_environment()).get(name), "bundled" if name == "stub" else "folder"
    if known is not None and known.left_out:
        return PluginEntry(name=name, version="", source=source, kinds=(), status=known.state, error=known.reason)
    return PluginEntry(name=name, version="1", source=source, kinds=("postprocessor",), status="ok")


def finishers() -> tuple[StageEntry, ...]:
    """One of a stranger's with a button, one that doubles sizes and has one, one that says something and has none."""
    known: dict[str, Any] = {"kind": "postprocessor", "summary": ""}
    scale = {"type": "integer", "minimum": 2, "maximum": 4, "default": 2, "description": "How much larger"}
    prompt = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None, "description": "What is drawn"}
    mode = {"type": "string", "enum": ["soft", "sharp"], "default": "soft", "description": "How"}
    known["parameters"] = {"properties": {"scale": scale, "prompt": prompt, "mode": mode}}
    return (
        StageEntry(id="sparkles:shine", name="shine", label="Shine", plugin="sparkles", button="Shine", **known),
        StageEntry(id="stub:enlarge", name="enlarge", label="Enlarge it", plugin="stub", button="Enlarge", **known),
        StageEntry(id="stub:find_faces", name="find_faces", label="Faces", plugin="stub", **known),
    )


def finished(name: str, painted: dict[str, Picture]) -> Original:
    """What the picture of a request to finish was: a file, or one that was painted before."""
    digest = name.removeprefix("sha256:") if name.startswith("sha256:") else hashed(Path(name).read_bytes())
    known = painted.get(digest)
    return Original(image=PictureReference(digest=digest), recipe=known.recipe if known else None)


def starve() -> None:
    """Ask for more memory than this process may have, and end as Python does then."""
    resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
    try:
        bytearray(2**32)
    except MemoryError:
        os._exit(137)


def hashed(data: bytes) -> str:
    """Its SHA-256."""
    return hashlib.sha256(data).hexdigest()


def stages(choices: tuple[Choice, ...]) -> tuple[Stage, ...]:
    """Choices, resolved."""
    return tuple(
        Stage(id=choice.name, params={name: filled(value) for name, value in choice.params.items()})
        for choice in choices
    )


def filled(text: Any) -> Any:
    """A prompt with what its wildcard stands for; anything else as it is."""
    return text.replace("__weather__", "a war of winds") if isinstance(text, str) else text


def recipe(request: Request, index: int, painted: dict[str, Picture]) -> Recipe:
    """The request, complete, for picture `index`."""
    seed, variations = request.seed or 0, request.variations
    if variations:
        last = variations[-1]
        variations = (*variations[:-1], last.model_copy(update={"seed": following(last.seed, index)}))
    else:
        seed = following(seed, index)
    return Recipe(
        prompt=filled(request.prompt),
        negative=filled(request.negative or ""),
        model=ModelReference(id=request.model or "stub:flat", digest="0" * 64),
        width=request.width or 128,
        height=request.height or 128,
        steps=request.steps or 10,
        cfg=5 if request.cfg is None else request.cfg,
        seed=ImageSeed(seed=seed, variations=variations),
        noise=Stage(id="stub:white"),
        sampler=Stage(id=request.sampler.name if request.sampler else "stub:euler"),
        schedule=Stage(id="stub:karras"),
        tiler=Stage(id=request.tiler.name) if request.tiler else None,
        hires=request.hires,
        postprocess=stages(request.postprocess),
        finished=finished(request.finished, painted) if request.finished else None,
    )


def picture(submit: Submit, index: int, painted: dict[str, Picture]) -> Picture:
    """Paint one picture; "enlarge" doubles it, and what was not painted here counts as 128x128."""
    made = recipe(submit.request, index, painted)
    digest = hashlib.sha256(made.seed.model_dump_json().encode()).digest()
    width, height = made.last_size
    if made.finished is not None:
        known = painted.get(made.finished.image.digest)
        width, height = (known.width, known.height) if known else (128, 128)
    times = 2 ** sum(stage.id == "stub:enlarge" for stage in made.postprocess)
    width, height = times * width, times * height
    data = png(width, height, digest[:3])
    name = f"{index + 1}.png"
    Path(submit.folder, name).write_bytes(data)
    return Picture(file=name, width=width, height=height, digest=hashed(data), recipe=made)


def cells(grid: GridWish) -> list[str]:
    """What tells a grid's cells apart: every combination of the values, separated by commas, of its axes."""
    sides = [side.partition("=") for side in (grid.x, grid.y, grid.z) if side]
    each = [[f"{name} {value.strip()}" for value in values.split(",")] for name, _, values in sides]
    return [", ".join(names) for names in product(*each)]


def planned(plan: Plan) -> Planned:
    """What a request would be; a grid with an axis called "nonsense" has a problem."""
    request, names = plan.request, cells(plan.grid) if plan.grid else [""]
    if any("nonsense" in name for name in names):
        return Planned(number=plan.number, problem="axis: 'nonsense' is no axis; take another one")
    width, height, count = request.width or 128, request.height or 128, len(names) * (request.count or 1)
    steps = request.steps or 10
    return Planned(
        number=plan.number,
        cells=len(names),
        pictures=count,
        evaluations=count * steps,
        work=count * steps * width * height / 2**20,
        width=width,
        height=height,
        steps=steps,
        models=(request.model or "stub:flat",),
        prompts=(request.prompt,),
        sheet_width=width * len(names) if plan.grid else 0,
        sheet_height=height if plan.grid else 0,
    )


class Host:
    """One job at a time."""

    def __init__(self) -> None:
        self.source, self.sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
        self.lock = threading.Lock()
        self.waiting: queue.Queue[Submit | None] = queue.Queue()
        self.cancelled: set[str] = set()
        self.job: str | None = None
        self.silent = False
        self.painted: dict[str, Picture] = {}
        self.begun = time.monotonic()

    def send(self, message: Any) -> None:
        with self.lock:
            if not self.silent:
                self.sink.write(frame(message))
                self.sink.flush()

    def read(self) -> None:
        while (message := read_frame(self.source, TO_HOST)) is not None:
            if isinstance(message, Submit):
                self.waiting.put(message)
            elif isinstance(message, Cancel):
                self.cancelled.add(message.job)
            elif isinstance(message, Plan):
                self.send(planned(message))
            elif isinstance(message, Shutdown):
                self.waiting.put(None)
        os._exit(0)

    def beat(self) -> None:
        while True:
            self.send(Alive(job=self.job))
            time.sleep(0.3)

    def run(self) -> None:
        threading.Thread(target=self.read, daemon=True).start()
        threading.Thread(target=self.beat, daemon=True).start()
        self.send(Ready(catalogue=catalogue()))
        while (submit := self.waiting.get()) is not None:
            self.job, self.begun = submit.job, time.monotonic()
            self.send(self.safely_answered(submit))
            self.job = None

    def safely_answered(self, submit: Submit) -> Finished | Failed:
        """As the real host does: a full disk is a reason, not a crash."""
        try:
            return self.answer(submit)
        except OSError as error:
            return Failed(job=submit.job, attempt=submit.attempt, reason="disk", sentence=str(error))

    def answer(self, submit: Submit) -> Finished | Failed:
        words = submit.request.prompt.split()
        self.misbehave(words, submit)
        if "late" in words and submit.attempt == 2:
            self.haunt(submit)
        if "sparkling" in words:
            blamed = {"reason": "plugin", "sentence": "plugin sparkles:shine: it is dull", "plugin": "sparkles"}
            return Failed.model_validate({"job": submit.job, "attempt": submit.attempt} | blamed)
        for reason in ("internal", "disk", "plugin"):
            if reason in words:
                sentence = f"the {reason} said no to @everyone"
                return Failed(job=submit.job, attempt=submit.attempt, reason=reason, sentence=sentence)
        steps = 200 if "slower" in words else 20 if "slow" in words else 2
        for step in range(steps):
            if submit.job in self.cancelled:
                return Failed(job=submit.job, attempt=submit.attempt, reason="cancelled", sentence="cancelled")
            preview = PREVIEW if step % 5 == 0 else None
            self.send(
                Progress(job=submit.job, attempt=submit.attempt, stage="sample", done=step / steps, preview=preview)
            )
            time.sleep(0.1 if steps > 2 else 0.01)
        return self.paint(submit)

    def misbehave(self, words: list[str], submit: Submit) -> None:
        if "crash" in words or (submit.attempt == 1 and {"crash-once", "late"} & set(words)):
            Path(submit.folder, "half.png").write_bytes(b"half a picture")
            os._exit(9)
        if "hungry" in words:
            starve()
        if "frozen" in words and submit.attempt == 1:
            ctypes.PyDLL(None).sleep(3600)
        if "stuck" in words and submit.attempt == 1:
            self.silent = True
            time.sleep(3600)

    def haunt(self, submit: Submit) -> None:
        """Answer for the attempt before this one, with other pictures of the same names."""
        other = submit.request.model_copy(update={"seed": 999})
        self.send(self.paint(submit.model_copy(update={"attempt": submit.attempt - 1, "request": other})))
        time.sleep(0.5)

    def paint(self, submit: Submit) -> Finished:
        names = cells(submit.grid) if submit.grid else [""] * (submit.request.count or 1)
        pictures = tuple(
            picture(submit, index, self.painted).model_copy(update={"cell": name}) for index, name in enumerate(names)
        )
        self.painted |= {made.digest: made for made in pictures}
        grid = pictures[0].file
        if len(pictures) > 1:
            grid = "grid.png"
            side = pictures[0].width
            Path(submit.folder, grid).write_bytes(png(2 * side, 2 * side, b"abc"))
        blind = any(choice.name == "stub:find_faces" for choice in submit.request.postprocess)
        notices = ("find_faces: no face was found",) if blind else ()
        work = planned(Plan(number=0, request=submit.request, grid=submit.grid)).work
        seconds = {"sample": time.monotonic() - self.begun}
        result = Result(pictures=pictures, grid=grid, seconds=seconds, notices=notices, work=work)
        return Finished(job=submit.job, attempt=submit.attempt, result=result)


if __name__ == "__main__":
    print("a stray line", file=sys.stderr, flush=True)
    Host().run()
