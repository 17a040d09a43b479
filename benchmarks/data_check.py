"""How often the data check is wrong about honest data, and what it costs.

python -m benchmarks.data_check [MARKETS]
"""

import sys
import time
from collections import Counter

import numpy as np

from benchmarks.honest_markets import honest_market
from mech_exo.config.settings import Settings
from mech_exo.data.check.rules import examine


def main(markets: int) -> None:
    """Print the findings of honest markets by rule and severity, for each name-year."""
    found: Counter[tuple[str, str]] = Counter()
    years, seconds, silent, large = 0.0, 0.0, 0, 0
    for seed in range(markets):
        market = honest_market(seed)
        years += market.close.shape[1] * market.close.shape[0] / 252.0
        large += int((abs(np.log(market.close[1:] / market.close[:-1])) >= 0.25).sum())
        start = time.perf_counter()
        checked = examine(market, Settings())
        seconds += time.perf_counter() - start
        silent += not checked.findings
        for finding in checked.findings:
            found[finding.severity, finding.rule] += 1
            print(f"  {seed}: {finding.severity} {finding.name}: {finding.message}")
    print(f"{markets} honest markets, {years:.0f} name-years; {silent} without any finding")
    print(f"moves of a quarter or more: {1000.0 * large / years:.0f} in a thousand name-years")
    for (severity, rule), count in sorted(found.items()):
        print(f"{severity} {rule}: {count}, {1000.0 * count / years:.2f} in a thousand name-years")
    print(f"{1000.0 * seconds / markets:.1f} ms a market")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
