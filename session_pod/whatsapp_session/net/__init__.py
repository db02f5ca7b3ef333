"""The way out of the pod: what a webhook or a media URL may reach, and how it is fetched."""
