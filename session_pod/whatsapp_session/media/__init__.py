"""Files: what is sent lies on the volume before it goes out, what came in lies there until its time is over."""
