from datetime import datetime

import strawberry

from schema.candidates import CandidateProfile
from schema.employers import Member
from schema.enums import AccountKind


@strawberry.type(description="Who is signed in.")
class Viewer:
    kind: AccountKind = strawberry.field(description="What the account signs in as.")
    candidate: CandidateProfile | None = strawberry.field(description="The profile, for a candidate.")
    member: Member | None = strawberry.field(description="The membership, for a member of an employer.")


@strawberry.input(description="A new candidate's account.")
class SignUpInput:
    email: str = strawberry.field(description="The address to sign in with. Kept only as a keyed hash.")
    password: str = strawberry.field(description="10 to 200 characters.")


@strawberry.input(description="Who signs in.")
class SignInInput:
    email: str = strawberry.field(description="The address of the account.")
    password: str = strawberry.field(description="The password.")


@strawberry.input(description="A session to go on with.")
class RefreshSessionInput:
    refresh_token: str = strawberry.field(
        description="The last refresh token. Good once: using it twice ends the session."
    )


@strawberry.type(description="A session. Keep both tokens; send the access token as `Authorization: Bearer`.")
class SessionSuccess:
    access_token: str = strawberry.field(description="A JWT, good for some minutes.")
    refresh_token: str = strawberry.field(description="Good once, to get the next pair.")
    expires_at: datetime = strawberry.field(description="When the access token ends.")
    kind: AccountKind = strawberry.field(description="What the account signs in as.")


@strawberry.type(description="The session has ended.")
class SignOutSuccess:
    signed_out: bool = strawberry.field(description="Always true.")
