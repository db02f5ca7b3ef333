"""What a contributor's machine does for the project: build images, run the demo. Ships in no image."""
