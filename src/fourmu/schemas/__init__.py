"""Versioned JSON schemas: the public contracts of files."""
