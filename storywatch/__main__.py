"""``python -m storywatch`` is the command ``storywatch``."""

from storywatch.cli import main

if __name__ == "__main__":
    main()
