"""The process that draws what may take long. Nothing here imports Django: it starts in a moment and stays small."""
