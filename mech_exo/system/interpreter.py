"""Starting this interpreter again for a process of our own."""

import json
import sys

_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from {module} import main; main(*map(int, sys.argv[2:]))"
)


def call_main(module: str, *numbers: int) -> list[str]:
    """A command that calls `main(*numbers)` of a module, which it finds as this process does.

    `python -m` would look for packages in the working directory first, which is the user's.
    """
    boot = _BOOT.format(module=module)
    return [sys.executable, "-c", boot, json.dumps(sys.path), *map(str, numbers)]
