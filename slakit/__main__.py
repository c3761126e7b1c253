"""`python -m slakit`."""

from slakit.cli import main

if __name__ == "__main__":
    main()
