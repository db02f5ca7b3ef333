"""The pages for people: server-rendered, live, and usable without JavaScript as far as it goes."""
