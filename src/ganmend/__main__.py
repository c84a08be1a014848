"""`python -m ganmend`."""

from ganmend.cli import main

if __name__ == "__main__":
    main()
