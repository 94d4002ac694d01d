"""Whoever may not ask is told why before anything is queued, and the same holds for every way to ask."""

from __future__ import annotations

from typing import Any

import pytest
from tests.bot.orders import order
from tests.bot.policy.people import CHANNEL, GUILD, NOON, Clock, admission, asked, interaction, opened

from limner_bot.admission import over
from limner_bot.policy.audit import Act
from limner_bot.policy.policies import Policies
from limner_bot.queue.database import Database
from limner_bot.queue.limits import Limits, OverLimit
from limner_bot.queue.records import Order, Price
from limner_bot.queue.room import NoRoom, Room, Share
from limner_bot.queue.store import Store
from limner_bot.talking.guard import Refusal
from limner_bot.words.language import LANGUAGES, words_in
from limner_bot.working.lessons import FINISHING
from limner_sdk import Request
from limner_sdk.messages import Planned

ACT = Act(GUILD, 7, "act-test")
PATRON = 33


@pytest.fixture
async def policies(database: Database) -> Policies:
    return await opened(database)


def refused(policies: Policies, request: Request | None = None, wish: str = "", **there: Any) -> str:
    """The name of the sentence that somebody hears, which exists in every language with these arguments."""
    with pytest.raises(Refusal) as caught:
        admission(policies).admit(interaction(**there), request or asked(), wish)
    for language in LANGUAGES:
        assert "{" not in words_in(language).say(caught.value.said)
    return caught.value.said.key


async def rule(policies: Policies, guild: int = GUILD, **changes: Any) -> None:
    await policies.rules.change(guild, lambda rules: rules.changed(**changes), ACT)


async def limit(policies: Policies, role: int = 0, guild: int = GUILD, **changes: Any) -> None:
    await policies.limits.change(guild, role, changes, ACT)


async def test_where_nothing_was_decided_all_may_ask(policies: Policies) -> None:
    admitted = admission(policies, most_per_user=3).admit(interaction(), asked())
    assert admitted.request == asked()
    assert admitted.room == Room(3, 500)
    assert (admitted.price.model, admitted.price.work) == ("stub:flat", 4 * 10 * 128 * 128 / 2**20)
    assert admitted.price.seconds > 0


async def test_the_default_model_costs_the_same_whether_named_or_not(policies: Policies) -> None:
    decides = admission(policies)
    assert decides.price(asked()) == decides.price(asked(model="stub:flat"))


async def test_post_processing_costs_what_was_learned_of_it(policies: Policies) -> None:
    decides, finish = admission(policies), asked("", finished="sha256:" + "0" * 64)
    plain, before = decides.price(asked()).seconds, decides.price(finish).seconds
    for _ in range(5):
        await policies.rates.learn(1.0, FINISHING, 60.0)
    assert decides.price(finish).seconds == pytest.approx(60, abs=2) != before
    assert decides.price(asked()).seconds == plain
    enlarged = decides.price(asked(count=2, postprocess=[{"name": "stub:enlarge"}])).seconds
    assert enlarged == pytest.approx(decides.price(asked(count=2)).seconds + 2 * 60, abs=4)


async def test_the_banned_may_ask_for_nothing(policies: Policies) -> None:
    await policies.bans.add(GUILD, 1, 3600, "spam", 7)
    await policies.bans.add(0, 2, None, "", 7)
    assert refused(policies) == refused(policies, user=2, guild=None) == "banned"
    admission(policies).admit(interaction(guild=None), asked())
    with pytest.raises(Refusal):
        admission(policies).admit(interaction(), asked(), draws=False)


@pytest.mark.parametrize(
    ("request_", "wish"),
    [
        (asked("so much g\u200bore"), ""),
        (asked(negative="gore"), ""),
        (asked(postprocess=[{"name": "detailer", "params": {"prompt": "gore"}}]), ""),
        (asked(), '{"x": "prompt: a, b", "y": {"of": ["x", "GORE"]}}'),
    ],
)
async def test_blocked_words_are_refused_wherever_they_stand(policies: Policies, request_: Request, wish: str) -> None:
    await rule(policies, blocked=["gore"])
    assert refused(policies, request_, wish) == "rule-words"
    admission(policies).admit(interaction(guild=8), request_, wish)


async def test_channels_and_ages_are_checked(policies: Policies) -> None:
    await rule(policies, channels=[77])
    assert refused(policies) == "rule-channels"
    admission(policies).admit(interaction(parent=77), asked())
    await rule(policies, channels=[], age_restricted_only=True)
    assert refused(policies) == "rule-age-restricted"
    admission(policies).admit(interaction(nsfw=True), asked())


async def test_uploads_are_refused_and_pictures_that_are_kept_are_not(policies: Policies) -> None:
    await rule(policies, uploads=False)
    upload = asked("", finished="upload")
    assert refused(policies, upload) == refused(policies, asked(image="upload")) == "rule-uploads"
    with pytest.raises(Refusal):
        admission(policies).require_uploads(interaction())
    admission(policies).admit(interaction(), asked(image="sha256:" + "0" * 64))


async def test_denied_models_are_refused_named_or_not(policies: Policies) -> None:
    await rule(policies, denied_models=["stub:flat"])
    assert (refused(policies), refused(policies, asked(model="stub:flat"))) == ("rule-model-unsaid", "rule-model")
    assert not admission(policies).allows_model(interaction(), "stub:flat")
    # A picture that is finished may bring its own.
    admission(policies).admit(interaction(), asked("", finished="sha256:" + "0" * 64))


@pytest.mark.parametrize(
    ("limits", "key"),
    [
        ({"steps": 5}, "over-steps"),
        ({"largest_pixels": 64 * 64}, "over-pixels"),
        ({"count": 3}, "over-count"),
        ({"models": ["a:other"]}, "over-models"),
    ],
)
async def test_what_was_said_is_refused_beyond_the_limits(policies: Policies, limits: Any, key: str) -> None:
    await limit(policies, **limits)
    said = asked(steps=10, width=128, height=128)
    assert refused(policies, said) == key
    # What shows a picture that is there draws nothing.
    admission(policies).admit(interaction(), said, draws=False)


async def test_what_nobody_has_said_is_made_to_fit_the_limits(policies: Policies) -> None:
    await limit(policies, steps=5, largest_pixels=96 * 96, count=2)
    await policies.preferences.change("server", GUILD, {"count": 3, "steps": 50, "size": "128x256"})
    decides = admission(policies)
    admitted = decides.admit(interaction(), asked(count=decides.defaults(interaction())["count"]))
    request = admitted.request
    assert (request.steps, request.width, request.height, request.count) == (5, 96, 96, 2)
    assert admitted.price.work == pytest.approx(2 * 5 * 96 * 96 / 2**20)
    assert decides.defaults(interaction()) == {"count": 2, "steps": 5, "size": "128x256", "most_pixels": 96 * 96}
    assert decides.offered(interaction(), asked(count=4)).count == 2
    assert decides.offered(interaction(), asked(count=1)).count == 1


async def test_roles_count_as_they_are_at_the_click(policies: Policies) -> None:
    await limit(policies, steps=20)
    await limit(policies, PATRON, steps=60, weight=2.0, repeat=30)
    decides = admission(policies)
    assert decides.admit(interaction(roles=[PATRON]), asked(steps=60)).price.weight == 2
    assert refused(policies, asked(steps=60)) == "over-steps"
    assert [decides.most_jobs(interaction(roles=roles)) for roles in ([PATRON], [])] == [30, 10]


async def test_limits_for_everywhere_bound_every_role(policies: Policies) -> None:
    await limit(policies, PATRON, steps=60)
    await limit(policies, guild=0, steps=40)
    assert refused(policies, asked(steps=50), roles=[PATRON]) == refused(policies, asked(steps=50), guild=None)


async def test_a_grid_is_judged_by_all_of_its_cells(policies: Policies) -> None:
    await limit(policies, steps=20)
    await rule(policies, blocked=["gore"], denied_models=["a:bad"])
    decides, fine = admission(policies), Planned(number=1, work=8.0, steps=20, models=("stub:flat",), prompts=("a",))
    assert decides.admit_grid(interaction(), asked(), fine).work == 8
    for wrong in ({"steps": 21}, {"models": ("stub:flat", "a:bad")}, {"prompts": ("a", "gore")}):
        with pytest.raises(Refusal):
            decides.admit_grid(interaction(), asked(), fine.model_copy(update=wrong))


async def test_the_default_of_the_place_works_where_nobody_names_a_model(policies: Policies) -> None:
    await policies.preferences.change("server", GUILD, {"model": "flat"})
    assert admission(policies).admit(interaction(), asked()).request.model == "stub:flat"
    await policies.preferences.change("channel", CHANNEL, {"model": "of yesterday"})
    assert admission(policies).admit(interaction(), asked()).request.model is None


def of(user: int, seconds: float, interaction: int | None = None) -> Order:
    """An order in the server that takes so many seconds."""
    made = order(user, GUILD, interaction)
    return Order(made.id, made.kind, made.origin, made.request, price=Price(1, seconds))


async def test_the_days_allowance_is_checked_where_it_is_taken(database: Database) -> None:
    clock = Clock()
    store, room = Store(database, clock), Room(99, 99, (Share(Limits(seconds_per_day=100)),))
    assert await store.add(of(1, 60), room=room)
    with pytest.raises(OverLimit) as caught:
        await store.add(of(1, 60), room=room)
    refusal = over(caught.value, NOON)
    assert f"again <t:{NOON + 43201:.0f}:R>" in words_in("en").say(refusal.said)
    assert await store.add(of(2, 60), room=room)
    clock.moment += 43200
    assert await store.add(of(1, 60), room=room)


async def test_more_than_a_whole_day_never_fits(database: Database) -> None:
    with pytest.raises(OverLimit) as caught:
        await Store(database, Clock()).add(of(1, 101), room=Room(99, 99, (Share(Limits(seconds_per_day=100)),)))
    assert "that you have in a day" in words_in("en").say(over(caught.value, NOON).said)


async def test_servers_count_apart_and_everywhere_counts_together(database: Database) -> None:
    store, elsewhere = Store(database, Clock()), order(1, 8)
    await store.add(of(1, 1), room=Room(99, 99))
    here, all_over = Share(Limits(waiting=1)), Share(Limits(waiting=1), everywhere=True)
    with pytest.raises(OverLimit):
        await store.add(of(1, 1), room=Room(99, 99, (here,)))
    with pytest.raises(OverLimit):
        await store.add(elsewhere, room=Room(99, 99, (all_over,)))
    assert await store.add(elsewhere, room=Room(99, 99, (here,)))


async def test_several_jobs_of_one_command_are_let_in_together_or_not_at_all(database: Database) -> None:
    store = Store(database, Clock())
    for limits in (Limits(repeat=2), Limits(waiting=2), Limits(seconds_per_day=2)):
        with pytest.raises(OverLimit):
            await store.add(of(1, 1), of(1, 1), of(1, 1), room=Room(99, 99, (Share(limits),)))
    assert await database.rows("SELECT * FROM jobs UNION ALL SELECT * FROM jobs") == []


async def test_what_arrives_twice_is_no_second_job_that_is_refused(database: Database) -> None:
    store, room = Store(database, Clock()), Room(1, 99)
    assert await store.add(of(1, 1, interaction=12), room=room)
    assert not await store.add(of(1, 1, interaction=12), room=room)
    with pytest.raises(NoRoom):
        await store.add(of(1, 1), room=room)
