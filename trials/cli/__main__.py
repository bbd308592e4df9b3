from __future__ import annotations

import os

from trials.cli.app import main

if __name__ == "__main__":
    os.umask(0o077)  # whatever is written, here or by what is started from here, is for its owner only
    main()
