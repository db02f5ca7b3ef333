from __future__ import annotations

from whatsapp_session.engine.ladder import HEALTHY_AFTER, Ladder, Step


def climb(*, browser_gone: bool = False, healthy_for: float = 0) -> list[Step]:
    ladder = Ladder()
    steps: list[Step] = []
    while not steps or (steps[-1] is not Step.GIVE_UP and len(steps) < 100):
        ladder, step, _ = ladder.fail(browser_gone=browser_gone, healthy_for=healthy_for)
        steps.append(step)
    return steps


def test_a_page_that_never_works_is_given_up_after_reloads_and_new_browsers() -> None:
    assert climb() == [
        Step.RELOAD, Step.NEW_BROWSER, Step.RELOAD, Step.NEW_BROWSER, Step.NEW_BROWSER, Step.GIVE_UP,
    ]  # fmt: skip


def test_a_browser_that_is_gone_is_never_reloaded() -> None:
    assert climb(browser_gone=True) == [Step.NEW_BROWSER] * 5 + [Step.GIVE_UP]


def test_a_page_that_had_long_worked_begins_at_the_foot_again() -> None:
    assert Step.GIVE_UP not in climb(healthy_for=HEALTHY_AFTER)


def test_a_page_that_worked_for_a_moment_only_does_not() -> None:
    assert climb(healthy_for=HEALTHY_AFTER - 1)[-1] is Step.GIVE_UP


def test_the_first_cure_is_at_once_and_each_later_one_waits_longer() -> None:
    ladder, pauses = Ladder(), []
    for _ in range(5):
        ladder, _step, pause = ladder.fail(browser_gone=False, healthy_for=0)
        pauses.append(pause)
    assert pauses[0] == 0
    assert pauses == sorted(pauses)
