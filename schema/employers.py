from datetime import datetime

import strawberry

from consent.parties import MemberRole, Standing
from schema.cards import PayBand, PayInput, Term
from schema.enums import JobState
from schema.nodes import Node


@strawberry.type(description="One legal entity.")
class Employer(Node):
    legal_name: str = strawberry.field(description="The registered name.")
    credit_code: str = strawberry.field(description="The unified social credit code (GB 32100).")
    standing: Standing = strawberry.field(description="What it is to the exchange.")


@strawberry.type(description="An account acting for an employer.")
class Member(Node):
    role: MemberRole = strawberry.field(description="What it may do.")
    employer: Employer = strawberry.field(description="The employer it acts for.")


@strawberry.type(description="A vacancy. Every authorization request names one.")
class Job(Node):
    title: str = strawberry.field(description="The title as it was written.")
    description: str = strawberry.field(description="The description as it was written.")
    function: Term = strawberry.field(description="The function read from the title.")
    region: Term = strawberry.field(description="The region read from city and country.")
    pay: PayBand = strawberry.field(description="The pay that is offered.")
    state: JobState = strawberry.field(description="Whether it may be named in a request.")
    created_at: datetime = strawberry.field(description="When it was created.")


@strawberry.input(description="A new job.")
class CreateJobInput:
    title: str = strawberry.field(description="1 to 120 characters, in Chinese or English.")
    description: str = strawberry.field(default="", description="At most 5,000 characters.")
    city: str = strawberry.field(default="", description="The city, in Chinese or English.")
    country: str = strawberry.field(default="CN", description="ISO 3166-1 alpha-2.")
    pay: PayInput = strawberry.field(description="The lower end of the pay.")
    pay_to: int = strawberry.field(description="The upper end, in the same currency and period.")


@strawberry.input(description="Which job to close.")
class CloseJobInput:
    job_id: strawberry.ID = strawberry.field(description="The id of the job.")


@strawberry.type(description="The job.")
class JobSuccess:
    job: Job = strawberry.field(description="The job as it is now.")
