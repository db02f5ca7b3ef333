"""Words that every part shares: states, their spellings in each contract, events, errors.

Why apart: services import this and never each other, so a word cannot drift between them.
The source of every name is `docs/contracts.md`.
"""

__version__ = "0.1.0"
