"""The process that renders slow content. Nothing here imports Django: it starts fast and stays small."""
