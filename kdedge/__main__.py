"""``python -m kdedge`` is the command line."""

from kdedge.cli.main import main

if __name__ == "__main__":
    main()
