"""The version of the backtest: results of one version are not those of another."""

KERNEL_VERSION = "2"  # part of every study's fingerprint: raise it when a result may change
CHANGES = {  # what a version may change in a result, for the owner of older files and studies
    "2": "scores are ranked as means, whatever the size of the weights; a benchmark that had all "
    "set aside pays for its next purchase; what is bought for nothing is not held",
}


def kernel_needed(version: object) -> str:
    """Which kernel a file or study of `version` needs, and what has changed since."""
    since = [
        f"kernel {number}: {change}"
        for number, change in CHANGES.items()
        if str(version).isdecimal() and int(str(version)) < int(number)
    ]
    changes = f" ({'; '.join(since)})" if since else ""
    return f"it needs backtest kernel {version}, this exo has kernel {KERNEL_VERSION}{changes}"
