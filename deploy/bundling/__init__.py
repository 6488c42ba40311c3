"""Bundling of scripts and styles: `collectstatic` combines each entry point and the parts it imports into one file."""
