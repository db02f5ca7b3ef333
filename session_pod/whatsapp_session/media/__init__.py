"""Files: what is sent lies on the volume before it goes, what came in lies there until its time is over."""
