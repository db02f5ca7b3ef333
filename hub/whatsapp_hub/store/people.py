"""Who wrote to one tenant, as a person looks for them."""

from __future__ import annotations

from collections.abc import Sequence

from whatsapp_hub.database.models import Contact
from whatsapp_hub.store.scoped import Scoped


class People(Scoped):
    """Contacts by a part of their number."""

    async def search(self, asked: str, *, limit: int, before: int | None) -> Sequence[Contact]:
        """Whose number has `asked` in it (nothing: everybody), the newest first, older than `before`."""
        found = self.rows(Contact).order_by(Contact.id.desc()).limit(limit)
        if asked:
            found = found.where(Contact.phone.contains(asked, autoescape=True))
        if before is not None:
            found = found.where(Contact.id < before)
        return (await self._db.execute(found)).scalars().all()
