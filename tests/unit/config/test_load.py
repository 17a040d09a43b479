"""Settings are resolved from defaults, file, environment and command line, in that order."""

from pathlib import Path

import pytest

from mech_exo.config import Settings
from mech_exo.config.load import load_settings, settings_from_mapping
from mech_exo.errors import ExitCode, ExoError


def written(folder: Path, text: str) -> Path:
    path = folder / "settings.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_shipped_settings_are_the_defaults() -> None:
    shipped = Path(__file__).parents[3] / "config" / "settings.yml"
    assert load_settings(shipped, environment={}) == Settings()


def test_precedence(tmp_path: Path) -> None:
    path = written(tmp_path, "tuning: {seed: 1, window: 2, population: 6}")
    settings = load_settings(
        path,
        environment={"EXO_TUNING__WINDOW": "3", "EXO_TUNING__POPULATION": "7"},
        overrides={"tuning.population": 8},
    )
    assert (settings.tuning.seed, settings.tuning.window, settings.tuning.population) == (1, 3, 8)


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "data: {prices: prices.csv, factors: [{file: sub/f.csv}]}")
    settings = load_settings(path, environment={})
    assert settings.data.prices == tmp_path / "prices.csv"
    assert settings.data.factors[0].file == tmp_path / "sub/f.csv"


def test_round_trip_through_a_mapping(tmp_path: Path) -> None:
    path = written(tmp_path, "data: {source: files, prices: p.csv, start: 2015-01-02}")
    settings = load_settings(path, environment={})
    assert settings.data.start == "2015-01-02"
    assert settings_from_mapping(settings.as_dict(), "provenance") == settings


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tunin: {seed: 1}", ["unknown key 'tunin'", "'tuning'"]),
        ("backtest: {rebalance_day: 5}", ["backtest.rebalance_day", "'rebalance_days'"]),
        ("tuning: {sampler: tpee}", ["tuning.sampler", "'tpe'"]),
        ("tuning: {seed: one}", ["tuning.seed", "whole number"]),
        ("tuning: {window: 0}", ["tuning.window is 0", "between 1"]),
        ("holdout: {fraction: .nan}", ["holdout.fraction is nan"]),
        ("tuning: 5", ["tuning is 5", "a section"]),
        ("tuning: [", ["not valid YAML", "line 1"]),
        ("- 1", ["must hold sections", "not a list"]),
        ("tuning: {seed: 1}\ndata: {}\ntuning: {window: 2}", ["line 3", "'tuning'", "line 1"]),
        ("tuning:\n  seed: 1\n  seed: 2", ["line 3", "'seed'", "line 2"]),
        ("data: {start: 2020-13-01}", ["data.start is '2020-13-01', not a date"]),
        ("data: {end: 2019-02-29}", ["data.end is '2019-02-29', not a date"]),
        ("tuning: {warm_start: 2020-13-01 10:00:00}", ["tuning.warm_start", "true or false"]),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, words: list[str]) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ExoError) as caught:
        load_settings(path, environment={})
    assert caught.value.exit_code == ExitCode.BAD_INPUT
    for word in [str(path), *words]:
        assert word in str(caught.value)


def test_a_mistake_in_the_environment_names_the_variable() -> None:
    with pytest.raises(ExoError, match=r"EXO_TUNING__SEED.*whole number"):
        load_settings(environment={"EXO_TUNING__SEED": "x"})
    with pytest.raises(ExoError, match=r"EXO_TUNING__SED.*seed"):
        load_settings(environment={"EXO_TUNING__SED": "1"})
    with pytest.raises(ExoError, match=r"EXO_NOPE__X: unknown key 'nope'"):
        load_settings(environment={"EXO_NOPE__X": "1"})


@pytest.mark.parametrize("address", ["foo", "file:///etc", "https://", "http://a b"])
def test_the_address_of_telegram_is_one(address: str) -> None:
    with pytest.raises(ExoError, match=r"EXO_NOTIFY__API_BASE_URL: notify\.api_base_url"):
        load_settings(environment={"EXO_NOTIFY__API_BASE_URL": address})


def test_a_single_underscore_in_the_environment_is_not_overlooked() -> None:
    with pytest.raises(ExoError, match="two underscores") as caught:
        load_settings(environment={"EXO_BACKTEST_COST_BPS": "3"})
    assert "EXO_BACKTEST__COST_BPS" in caught.value.hint
    others = {"EXO_CONFIG": "x.yml", "EXO_OBJECTIVE": "o.py", "EXO_HOME": "/", "EXO_DATA": "1"}
    assert load_settings(environment=others) == load_settings(environment={})


def test_a_date_that_does_not_exist_names_the_variable() -> None:
    with pytest.raises(ExoError, match=r"EXO_DATA__START: data\.start is '2020-13-01', not a date"):
        load_settings(environment={"EXO_DATA__START": "2020-13-01"})
    with pytest.raises(ExoError, match=r"EXO_TUNING__SEED: tuning\.seed is '2020-13-01'"):
        load_settings(environment={"EXO_TUNING__SEED": "2020-13-01"})


def test_a_value_outside_its_bounds_names_where_it_comes_from(tmp_path: Path) -> None:
    path = written(tmp_path, "tuning: {seed: 1}")
    with pytest.raises(ExoError, match=r"^the command line: tuning\.seed is -1, must be"):
        load_settings(path, environment={}, overrides={"tuning.seed": -1})
    with pytest.raises(ExoError, match=r"^EXO_TUNING__WINDOW: tuning\.window is 0, must be"):
        load_settings(path, environment={"EXO_TUNING__WINDOW": "0"})


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ExoError, match=r"none\.yml: cannot be read"):
        load_settings(tmp_path / "none.yml", environment={})


def test_an_entry_of_a_list_is_where_the_list_is(tmp_path: Path) -> None:
    file = tmp_path / "settings.yml"
    file.write_text("portfolio:\n  neutralise: [beta]\n")
    with pytest.raises(ExoError, match=r"^the command line: portfolio\.neutralise\[1\] is 'non'"):
        load_settings(file, overrides={"portfolio.neutralise": ["beta", "non"]})
    file.write_text("portfolio:\n  neutralise: [non]\n")
    with pytest.raises(ExoError, match=r"settings\.yml: portfolio\.neutralise\[0\] is 'non'"):
        load_settings(file)
