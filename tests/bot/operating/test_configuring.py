"""limner.toml and the environment: which one counts, and one sentence for each mistake, all at once."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner_bot.operating.configuring import Misconfigured, warnings
from limner_bot.operating.keys import KEYS, Key
from limner_bot.operating.settings import Settings

HERE = {"LIMNER_DISCORD_TOKEN": "x"}


def written(folder: Path, text: str) -> Path:
    """A limner.toml."""
    path = folder / "limner.toml"
    path.write_text(text)
    return path


def problems(folder: Path, text: str, **environment: str) -> tuple[str, ...]:
    """What is wrong with a limner.toml."""
    with pytest.raises(Misconfigured) as caught:
        Settings.from_environment(HERE | environment, written(folder, text))
    return tuple(problem.removeprefix(f"{folder}/") for problem in caught.value.problems)


def test_the_environment_counts_for_more_than_the_file_and_the_file_for_more_than_a_default(tmp_path: Path) -> None:
    file = written(tmp_path, "[worker]\nsilence = 11\nstart_silence = 12\n")
    settings = Settings.from_environment(HERE | {"LIMNER_WORKER_SILENCE": "7"}, file)
    assert (settings.silence, settings.start_silence, settings.job_silence) == (7, 12, 900)


def test_the_file_is_named_by_the_option_then_by_the_variable_then_lies_in_the_data_folder(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("option", "variable", "data")]
    for seconds, folder in enumerate(folders, start=1):
        folder.mkdir()
        written(folder, f"[worker]\nsilence = {seconds}\n")
    option, variable, _ = (folder / "limner.toml" for folder in folders)
    data = HERE | {"LIMNER_DATA_DIR": str(folders[2])}
    named = data | {"LIMNER_CONFIG": str(variable)}
    found = [Settings.from_environment(*how).silence for how in ((named, option), (named,), (data,))]
    assert found == [1, 2, 3]


def test_all_mistakes_are_told_at_once_and_the_right_name_is_guessed(tmp_path: Path) -> None:
    text = 'silence = 3\n[worker]\nsilense = 2\nstart_silence = true\n[wroker]\n[queue]\nmost_per_user = "many"\n'
    assert problems(tmp_path, text, LIMNER_WORKER_SILENCE="soon") == (
        "limner.toml: 'silence' stands in no section; write it below [worker]",
        "limner.toml: [worker] has no key 'silense'; did you mean 'silence'?",
        "limner.toml: there is no section [wroker]; did you mean 'worker'?",
        "LIMNER_WORKER_SILENCE is 'soon'; it must be a number of seconds above 0",
        "limner.toml: [worker] start_silence is true; it must be a number of seconds above 0",
        "limner.toml: [queue] most_per_user is 'many'; it must be a whole number, 0 or more",
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[worker]\nsilence = 0", "[worker] silence is 0; it must be a number of seconds above 0"),
        ("[worker]\nsilence = inf", "[worker] silence is Infinity; it must be a number of seconds above 0"),
        ("[worker]\nsilence = 2020-01-01", "it must be a number of seconds above 0"),
        ('[worker]\ncommand = "host \'a"', "[worker] command: is no command line: no closing quotation"),
        ('[worker]\nlargest_canvas = "huge"', "it must be a size in pixels, such as 2048x2048"),
        ('[bot]\nbuttons = "detailer("', "[bot] buttons: 'detailer(' is not understood"),
        ('[bot]\nlanguage = "xx"', "[bot] language is 'xx'; it must be one of en"),
        ('[bot]\nlog_format = "xml"', "it must be text or json"),
        ('[discord]\napi = "discord.com"', "it must be an address that begins with http:// or https://"),
        ("[discord]\noperators = [1, 0]", "[discord] operators is [1, 0]; it must be a list of user ids"),
        ("[backup]\nkeep = 0", "it must be a whole number, 1 or more"),
        ("[keep]\npictures_days = -1", "[keep] pictures_days is -1; it must be a number, 0 or more"),
        ('[metrics]\naddress = "9464"', "it must be an address and a port"),
        ('[metrics]\naddress = "0.0.0.0:9464"', "can be reached by other machines"),
        ("worker = 3", "worker is a section; write [worker]"),
        ("[worker", "limner.toml: is no TOML"),
        ('[worker]\ndevice = "gpu"', "[worker] device is 'gpu'; it must be cuda, cuda:1, mps or cpu"),
        ('[worker]\nsafety = "safety_filter 0.3"', "it must be the name of a filter, and behind it parameters"),
        ('[worker]\nsafety = "filter labels=\'nsfw"', "it must be the name of a filter, and behind it parameters"),
        ("[bot]\nlog_level = 3", "[bot] log_level is 3; it must be debug, info, warning or error"),
    ],
)
def test_a_mistake_names_the_key_the_value_and_the_remedy(tmp_path: Path, text: str, says: str) -> None:
    (problem,) = problems(tmp_path, text)
    assert says in problem
    assert "\n" not in problem


def test_a_public_address_is_a_deliberate_choice(tmp_path: Path) -> None:
    file = written(tmp_path, '[metrics]\naddress = "0.0.0.0:9464"\npublic = true\n')
    assert Settings.from_environment(HERE, file).metrics.address == "0.0.0.0:9464"


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"nowhere\.toml: cannot be read: No such file"):
        Settings.from_environment(HERE | {"LIMNER_CONFIG": str(tmp_path / "nowhere.toml")})


def test_a_file_in_the_data_folder_does_not_lead_out_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    (tmp_path / "limner").mkdir()
    written(tmp_path / "limner", '[bot]\ndata_dir = "/elsewhere"\n')
    with pytest.raises(Misconfigured, match="lies in the data folder itself; put it elsewhere"):
        Settings.from_environment(HERE)


def test_lists_of_operators_are_written_in_both_ways(tmp_path: Path) -> None:
    file = written(tmp_path, "[discord]\noperators = [123456789012345678, 2]\n")
    assert Settings.from_environment(HERE, file).operators == {123456789012345678, 2}
    assert Settings.from_environment(HERE | {"LIMNER_OPERATORS": "4, 5"}, file).operators == {4, 5}


def test_what_the_worker_reads_is_passed_on_and_nothing_else(tmp_path: Path) -> None:
    file = written(tmp_path, f'[worker]\ndevice = "cpu"\nsafety = "filter"\n[bot]\ndata_dir = "{tmp_path}/data"\n')
    assert Settings.from_environment(HERE, file).worker_environment == {
        "LIMNER_DEVICE": "cpu",
        "LIMNER_SAFETY": "filter",
        "LIMNER_DATA_DIR": f"{tmp_path}/data",
    }


def test_relative_paths_begin_at_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, '[bot]\ndata_dir = "data"\n[backup]\nfolder = "copies"\n')
    settings = Settings.from_environment(HERE, file)
    assert (settings.folder.root, settings.backups) == (tmp_path / "data", tmp_path / "copies")


def test_a_variable_that_is_nearly_ours_is_told() -> None:
    assert warnings({"LIMNER_SAFTEY": "x", "LIMNER_HOST_DELAY": "1", "HOME": "/"}) == [
        "LIMNER_SAFTEY means nothing here; did you mean LIMNER_SAFETY?"
    ]


def test_keys_have_variables_of_their_own_and_words() -> None:
    variables = [key.variable for key in KEYS]
    assert len(set(variables)) == len(variables)
    assert [key.name for key in KEYS if not key.says.endswith(".") or not key.variable.startswith("LIMNER_")] == []


ASCII = st.text(st.characters(codec="ascii", exclude_characters="\x7f"))


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(KEYS),
    st.one_of(st.integers(-(2**62), 2**62), st.booleans(), ASCII, st.lists(ASCII)),
)
def test_any_value_is_taken_or_refused_by_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, key: Key, value: object
) -> None:
    text = f"[{key.section}]\n{key.name} = {json.dumps(value)}\n"
    tomllib.loads(text)
    file = written(tmp_path_factory.mktemp("toml"), text)
    said: tuple[str, ...] = ()
    try:
        Settings.from_environment(HERE, file)
    except Misconfigured as error:
        said = error.problems
    assert not [problem for problem in said if "\n" in problem or len(problem) < 20]
