from __future__ import annotations

import re
from string import Formatter

import pytest

from whatsapp_contracts.states import Reason, State
from whatsapp_hub.dashboard import pages, site, texts
from whatsapp_hub.dashboard.texts import TEXTS, accepted

assert site.PARTS  # every part has put its texts in

EXACT = {
    "product": "Gestión WhatsApp - CRM",
    "sessions.title": "Gestión de Sesiones WhatsApp",
    "card.name": "📱 {name}",
    "card.status": "Estado:",
    "status.pending": "⏳ Esperando conexión",
    "status.connected": "✅ Conectado",
    "status.disconnected": "❌ Desconectado",
    "status.error": "🚨 Error",
    "card.phone": "Teléfono:",
    "card.no_phone": "No conectado",
    "qr.scan": "Escanea este código QR con WhatsApp:",
    "qr.alt": "QR Code",
    "qr.expires": "El QR expira automáticamente",
    "session.reconnect": "🔄 Reconectar",
    "session.reconnected": "Reconexión iniciada. Se generará un nuevo QR.",
    "session.reconnect_failed": "Error al reconectar: {detail}",
    "new.open": "➕ Crear Nueva Sesión WhatsApp",
    "new.client": "Nombre del cliente:",
    "new.phone": "Número de teléfono (opcional):",
    "new.done": "Sesión creada. Escanea el QR para conectar.",
    "new.failed": "Error: {detail}",
}


def test_both_languages_have_the_same_texts() -> None:
    assert TEXTS["es"].keys() == TEXTS["en"].keys()


@pytest.mark.parametrize("key", sorted(TEXTS["es"]))
def test_a_text_names_the_same_values_in_both_languages(key: str) -> None:
    named = [
        {name for _, name, _, _ in Formatter().parse(TEXTS[each][key]) if name is not None}
        for each in texts.LANGUAGES
    ]
    assert named[0] == named[1]


def test_the_contracts_texts_are_exact() -> None:
    assert {key: TEXTS["es"][key] for key in EXACT} == EXACT


@pytest.mark.parametrize("reason", [*Reason, "Suspended", "Gone"])
def test_every_reason_has_words(reason: str) -> None:
    for language in texts.LANGUAGES:
        assert texts.reason(language, str(getattr(reason, "value", reason))) != str(reason)
        assert f"reason.{getattr(reason, 'value', reason)}" in TEXTS[language]


def test_a_reason_that_is_new_is_shown_as_it_is() -> None:
    assert texts.reason("es", "SomethingNew") == "SomethingNew"


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_words(state: State) -> None:
    assert f"state.{state.value}" in TEXTS["es"]


def test_every_text_that_a_template_names_is_there() -> None:
    for name in pages.TEMPLATES.list_templates():
        source, _, _ = pages.TEMPLATES.loader.get_source(pages.TEMPLATES, name)  # type: ignore[union-attr]
        for key in re.findall(r'\bt\("([a-z_.A-Z0-9]+)"[,)]', source):
            assert key in TEXTS["es"], (name, key)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "es"),
        ("de-DE,fr;q=0.8", "es"),
        ("en", "en"),
        ("en-GB,en;q=0.9,es;q=0.8", "en"),
        ("es-AR,es;q=0.9,en;q=0.8", "es"),
        ("de,en;q=0.5,es;q=0.9", "es"),
        ("en;q=0,es;q=0.1", "es"),
        ("en;q=wrong", "es"),
        ("*", "es"),
    ],
)
def test_the_language_is_the_one_that_weighs_most(header: str, language: str) -> None:
    assert accepted(header) == language


def test_a_text_in_one_language_only_cannot_be_added() -> None:
    with pytest.raises(ValueError, match=r"in one language only: \['x\.b'\]"):
        texts.add({"x.a": "a", "x.b": "b"}, {"x.a": "a"})


def test_a_text_cannot_be_added_over_another() -> None:
    with pytest.raises(ValueError, match="there already"):
        texts.add({"cancel": "No"}, {"cancel": "No"})
