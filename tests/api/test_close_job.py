from tests.api.answers import (
    NOT_ALLOWED,
    NOT_ASSIGNED,
    NOT_FOUND,
    NOT_VERIFIED,
    SOME_UUID,
    SUSPENDED,
    wrong_id_told,
    wrong_ids,
)


async def test_a_closed_job_is_answered_and_stays_in_the_list(api, recruiter):
    result = await api.perform("closeJob", recruiter, jobId=api.id("Job", recruiter.job))

    assert (result["__typename"], result["job"]["state"]) == ("JobSuccess", "CLOSED")
    listed = (await api.data("{ jobs { nodes { id state } } }", recruiter))["jobs"]["nodes"]
    assert listed == [{"id": api.id("Job", recruiter.job), "state": "CLOSED"}]


async def test_closing_twice_is_closing_once(api, recruiter):
    await api.perform("closeJob", recruiter, jobId=api.id("Job", recruiter.job))

    async with api.nothing_changes():
        result = await api.perform("closeJob", recruiter, jobId=api.id("Job", recruiter.job))

    assert result["job"]["state"] == "CLOSED"


async def test_the_job_of_another_employer_and_no_job_at_all_are_one_answer(api, recruiter):
    rival = await api.world.member()

    assert await api.refuse("closeJob", rival, jobId=api.id("Job", recruiter.job)) == NOT_FOUND
    assert await api.refuse("closeJob", rival, jobId=api.id("Job", SOME_UUID)) == NOT_FOUND


async def test_what_is_no_id_of_a_job_is_told_under_its_path(api, recruiter):
    for wrong_id in wrong_ids("Job"):
        assert await api.refuse("closeJob", recruiter, jobId=wrong_id) == wrong_id_told("Job", "jobId")


async def test_only_recruiters_of_verified_employers_close_jobs(api, roles):
    for who, expected in (
        (roles.candidate, NOT_ALLOWED),
        (roles.operator, NOT_ALLOWED),
        (roles.interviewer, NOT_ASSIGNED),
        (roles.unverified, NOT_VERIFIED),
        (roles.suspended, SUSPENDED),
    ):
        assert await api.refuse("closeJob", who, jobId=api.id("Job", roles.recruiter.job)) == expected
