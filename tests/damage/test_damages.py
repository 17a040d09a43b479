"""Nearly two hundred ways to damage good files: none of them changes a result in silence.

Whatever the damage, the files give the same figures to 1e-9, or a refusal that names the file and
what to do, or a finding. What each kind comes to is stated beside it.
"""

from pathlib import Path

import pytest

from tests.damage.good_files import good_files, long_prices
from tests.damage.kinds import Damage, with_prices
from tests.damage.outcome import Outcome, differ, outcome_of
from tests.damage.spoilt_facts import FACTS
from tests.damage.spoilt_prices import PRICES
from tests.damage.spoilt_texts import TEXTS
from tests.damage.unforeseen import UNFORESEEN

DAMAGES = (*TEXTS, *PRICES, *FACTS, *UNFORESEEN)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return outcome_of(good_files(), tmp_path_factory.mktemp("good"))


def test_good_files_are_read_and_nothing_is_found_in_them(good: Outcome, tmp_path: Path) -> None:
    assert (good.refusal, good.warnings) == ("", ())
    files = good_files()
    long = outcome_of(with_prices(files, long_prices(files.prices)), tmp_path)
    assert long == good


def test_there_are_many_kinds_and_each_is_named_once() -> None:
    assert len({damage.name for damage in DAMAGES}) == len(DAMAGES) >= 180


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.name)
def test_no_damage_changes_a_result_in_silence(
    damage: Damage, good: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    damaged = damage.spoil(good_files())
    assert damaged != good_files()
    found = outcome_of(damaged, tmp_path)
    said = found.refusal or " ".join(found.warnings)
    became = "refused" if found.refusal else "warned" if found.warnings else "same"
    if became == "same" and damage.expected != "unseen":
        assert not differ(found.figures, good.figures), "a result changed in silence"
    if became == "refused":
        _names_place_and_remedy(found.refusal)
    wanted = {"any": became, "unseen": "same"}.get(damage.expected, damage.expected)
    assert became == wanted, said
    assert damage.says in said or became == "same"


def _names_place_and_remedy(refusal: str) -> None:
    """A refusal says where, and after its first sentence what to do."""
    places = ("prices", "reports", "sentiment", "data.", ".csv")
    assert any(place in refusal for place in places), refusal
    assert refusal.rstrip().endswith((".", "?", ")")), refusal
