from __future__ import annotations

from trials.cli.app import main

if __name__ == "__main__":
    main()
