"""The runtimes: each makes roles its own kind of actor."""
