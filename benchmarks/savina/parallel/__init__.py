"""Work that is divided among actors."""
