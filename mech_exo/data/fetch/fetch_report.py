"""What came of a fetch."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mech_exo.data.fetch.fetching import Fetched
    from mech_exo.data.store.intake import ImportReport


@dataclass(frozen=True)
class FetchReport:
    """What came of a fetch.

    Attributes
    ----------
    vendor
        Its name.
    fetched
        Which symbols are there, and which are not.
    imported
        What the store says; None if nothing was brought to it.
    """

    vendor: str
    fetched: "Fetched"
    imported: "ImportReport | None" = None

    @property
    def succeeded(self) -> bool:
        """Whether all symbols came, and the store took them."""
        return self.fetched.complete and self.imported is not None and not self.imported.refused
