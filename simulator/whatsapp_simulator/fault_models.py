"""The JSON of the control API's faults."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from whatsapp_simulator.faults import Faults
from whatsapp_simulator.phone_models import NUMBER, Strict
from whatsapp_simulator.records import MAX_LINKED_DEVICES

Seconds = Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)]


class LateDecryption(Strict):
    seconds: Annotated[Seconds, Field(description="how long a received message is ciphertext")]


class FaultsBody(Strict):
    ackDelaySeconds: Annotated[Seconds, Field(description="until a page is told of acks 1, 2 and 3")] = 0.0
    loseAcks: Annotated[bool, Field(description="ack 1 is not told until this ends or the page logs in")] = (
        False
    )
    loseReceipts: Annotated[bool, Field(description="acks 2 and 3 likewise")] = False
    lateDecryption: Annotated[
        LateDecryption | None, Field(description="received messages come as ciphertext first")
    ] = None
    dropLive: Annotated[
        bool, Field(description="received messages are stored, and told only at the next login or look-up")
    ] = False
    deviceLimit: Annotated[int, Field(ge=1, le=100)] = MAX_LINKED_DEVICES

    def faults(self) -> Faults:
        return Faults(
            ack_delay=self.ackDelaySeconds,
            lose_acks=self.loseAcks,
            lose_receipts=self.loseReceipts,
            late_decryption=self.lateDecryption.seconds if self.lateDecryption else None,
            drop_live=self.dropLive,
            device_limit=self.deviceLimit,
        )

    @classmethod
    def of(cls, faults: Faults) -> FaultsBody:
        late = faults.late_decryption
        return cls(
            ackDelaySeconds=faults.ack_delay,
            loseAcks=faults.lose_acks,
            loseReceipts=faults.lose_receipts,
            lateDecryption=None if late is None else LateDecryption(seconds=late),
            dropLive=faults.drop_live,
            deviceLimit=faults.device_limit,
        )


class Cut(Strict):
    seconds: Annotated[Seconds, Field(description="how long new connections are refused")] = 10.0


class Network(Strict):
    down: bool


class NetworkOut(BaseModel):
    down: bool
    dropped: Annotated[int, Field(description="how many pages lost their connection by this call")]


class Affected(BaseModel):
    pages: Annotated[int, Field(description="how many open linked pages were hit")]


class BanOut(BaseModel):
    number: Annotated[str, Field(examples=[NUMBER])]
    banned: bool
