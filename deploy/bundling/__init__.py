"""Scripts and styles as they are served: an entry and the parts it imports, made one file when files are gathered."""
