"""The front door: configuration, commands, service, demo. Objects are built here and nowhere else."""

from importlib.metadata import version

__version__ = version("storywatch")
