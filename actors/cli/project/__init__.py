"""The files of a new project, as `repertory new` writes them."""
