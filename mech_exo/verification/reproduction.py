"""Does a factor file reproduce its own numbers?

The hashes over its content and over the whole document must be the file's, data and objective file
those that it states, and every field equal to the one computed again (`recomputed`) or
named with the reason why it is not (`unchecked`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mech_exo.backtest.kernel_version import KERNEL_VERSION
from mech_exo.config.load import settings_from_mapping
from mech_exo.config.settings import Settings
from mech_exo.data.identity import DataIdentity, differences
from mech_exo.data.market import Market
from mech_exo.data.panel import Panel
from mech_exo.errors import ExoError
from mech_exo.objective.exposures import data_fingerprint, known, market_fingerprint
from mech_exo.objective.objective_file import ObjectiveFile
from mech_exo.objective.spec import ObjectiveSpec
from mech_exo.verification.comparisons import DATA, KERNEL, OBJECTIVE, FieldComparison, Verification
from mech_exo.verification.recomputed import Recomputed
from mech_exo.verification.unchecked import NOT_COMPUTED, UNKNOWN, Unchecked, unchecked

if TYPE_CHECKING:
    from mech_exo.factor_file.document import FactorFile
    from mech_exo.tuning.study_record import StudyRecord

STUDY_FINGERPRINT = "provenance.study_fingerprint"
DOCUMENT_HASH = "provenance.document_hash"
BEFORE = "there is none: the file was made before exo wrote one"
_LOCATED = {
    "files": ("prices", "prices_layout", "factors", "returns", "keys", "sheet", "query"),
    "store": ("store", "as_of", "factors"),
}
"""Source -> the settings that say where its data lie."""
GONE_ON = "the study has gone on since"


def settings_of(label: str, file: "FactorFile", own: Settings | None = None) -> Settings:
    """The settings under which a file's metrics were computed.

    Parameters
    ----------
    own
        Settings of the reader (--config): they say in which files the same data lie on this
        machine; everything else is the file's.

    Raises
    ------
    ExoError
        If the file states no settings.
    """
    stated = file.stated_settings
    if stated is None:
        raise ExoError(
            f"{label}: has no provenance.settings, so its metrics cannot be computed again.",
            hint="Only files that exo exported can be verified.",
        )
    settings = settings_from_mapping(stated, f"{label}: provenance.settings")
    if own is None or settings.data.source not in _LOCATED:  # the other sources lie nowhere
        return settings
    located = {name: getattr(own.data, name) for name in _LOCATED[settings.data.source]}
    located |= {name: own.data.paths.get(name, path) for name, path in settings.data.paths.items()}
    return replace(settings, data=replace(settings.data, **located))


def verify(
    file: "FactorFile",
    settings: Settings,
    objective: ObjectiveFile,
    market: Market,
    panel: Panel,
    study: "StudyRecord | None" = None,
) -> Verification:
    """Compare a file with what its settings, data and objective file give today.

    Parameters
    ----------
    settings
        From `settings_of`.
    market, panel
        Of those settings and the file's list of factors, all dates.
    study
        The study that the file names, if it is at hand.
    """
    stated = file.provenance or {}
    again = Recomputed(
        file=file, settings=settings, objective=objective, market=market, panel=panel
    )
    identity = identity_of(file, objective, market, panel)
    divided = "data" in stated and not identity[0].equal
    words = _data_words(stated, market, panel) if divided else []
    # If the parts are those of the data, it is their one hash that was edited.
    edited = identity[:1] if divided and not words else ()
    identity = identity[len(edited) :]
    computed = all(c.equal for c in identity)
    decided = tuple(again.comparisons()) if computed else ()
    studied = tuple(again.of_study(study)) if computed and study is not None else ()
    kernel = kernel_of(stated)
    values = (*hashes_of(file), *edited, *decided, *studied)
    return Verification(
        identity=identity,
        values=values,
        unchecked=_unchecked(again, (*identity, *values, kernel), computed, gone_on=bool(studied)),
        kernel=kernel,
        made_by=_made_by(stated),
        data=tuple(words),
    )


def _unchecked(
    again: Recomputed, compared: Iterable[FieldComparison], computed: bool, *, gone_on: bool
) -> tuple[Unchecked, ...]:
    """The fields without a comparison, and why."""
    reasons = {"metadata.total_trials": GONE_ON} if gone_on else {}
    covered: set[str] = set()
    if not computed:
        reasons = dict.fromkeys(("provenance.settings", STUDY_FINGERPRINT), NOT_COMPUTED)
    elif again.provenance.get("study_fingerprint") is not None:
        covered = again.counted_settings
    names = {c.name for c in compared}
    otherwise = UNKNOWN if computed else NOT_COMPUTED
    left = unchecked(again.file, names, covered, found=reasons, otherwise=otherwise)
    return left if "document_hash" in names else (Unchecked(DOCUMENT_HASH, BEFORE), *left)


def hashes_of(file: "FactorFile") -> tuple[FieldComparison, ...]:
    """The hashes over the content and over the whole document, as stated and as they are.

    Only a file from before exo wrote the latter may have none.
    """
    stated = file.provenance or {}
    content = stated.get("content_hash")
    found = [
        FieldComparison("content_hash", content, file.content_hash, content == file.content_hash)
    ]
    whole = stated.get("document_hash")
    if whole is not None or "data" in stated:
        same = whole == file.document_hash
        found.append(FieldComparison("document_hash", whole, file.document_hash, same))
    return tuple(found)


def identity_of(
    file: "FactorFile", objective: ObjectiveFile, market: Market, panel: Panel
) -> tuple[FieldComparison, ...]:
    """Whether data and objective file are those that the file states."""
    stated = file.provenance or {}
    same_objective = stated.get("objective_sha256") == objective.sha256
    now = {
        DATA: _data_now(stated, objective if same_objective else None, market, panel),
        OBJECTIVE: objective.sha256,
    }
    stored = {name: stated.get(name.rpartition(".")[2]) for name in now}
    return tuple(FieldComparison(n, stored[n], now[n], stored[n] == now[n]) for n in now)


def other_inputs(
    file: "FactorFile", objective: ObjectiveFile, market: Market, panel: Panel
) -> tuple[str, ...]:
    """Why data or objective file are not those that a file states, in words; () if they are.

    Nothing is computed again: a file whose figures or hashes were edited passes.
    """
    stated = file.provenance or {}
    identity = identity_of(file, objective, market, panel)
    divided = "data" in stated and not identity[0].equal
    words = _data_words(stated, market, panel) if divided else []
    if divided and not words:  # the parts are those of the data: their one hash was edited
        identity = identity[1:]
    return Verification(identity=identity, values=(), data=tuple(words)).reasons


def _data_now(
    stated: Mapping[str, Any], objective: ObjectiveFile | None, market: Market, panel: Panel
) -> str:
    """The data's fingerprint; whether it covers the market is for the file's own objective to say.

    Under another objective that is unknown to an older file, and either one that is stated will do.
    """
    if "data" in stated:
        return _identity(stated, market, panel).fingerprint
    if objective is not None:
        spec = ObjectiveSpec.compile(objective.source, objective.label)
        return data_fingerprint(panel, market, spec)
    whole = market_fingerprint(panel, market)
    return whole if stated.get("data_fingerprint") == whole else panel.fingerprint


def _data_words(stated: Mapping[str, Any], market: Market, panel: Panel) -> list[str]:
    """How the data differ from the parts that the file states."""
    return differences(DataIdentity.from_dict(stated["data"]), _identity(stated, market, panel))


def _identity(stated: Mapping[str, Any], market: Market, panel: Panel) -> DataIdentity:
    parts = stated["data"]
    read = known(market, panel) if "fields" in parts else None
    return DataIdentity.of(panel, read, liquid="liquidity" in parts)


def kernel_of(stated: Mapping[str, Any]) -> FieldComparison:
    """Whether the backtest is of the version that a file's provenance states."""
    version = stated.get("kernel_version")
    return FieldComparison(KERNEL, version, KERNEL_VERSION, version == KERNEL_VERSION)


def _made_by(stated: Mapping[str, Any]) -> str:
    version = (stated.get("packages") or {}).get("mech-exo")
    commit = stated.get("git_commit")
    if version is None:
        return ""
    return f"mech-exo {version}" + (f", in a folder at commit {commit[:12]}" if commit else "")
