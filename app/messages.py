"""What people read of an expected error, in the viewer's language. What is wrong is the code's to say."""

from collections.abc import Mapping

ENGLISH: Mapping[str, str] = {
    "NOT_FOUND": "There is no such thing, or it is not for you.",
    "EMPLOYER_NOT_VERIFIED": "Your employer is not verified yet: it can see and ask once it is.",
    "EMPLOYER_SUSPENDED": "Your employer is suspended: it can neither see, ask nor receive.",
    "JOB_CLOSED": "The job is closed: name an open one.",
    "LIMIT_EXCEEDED": "That is more than the purpose's template allows: see purposeTemplates.",
    "NOTHING_ASKED": "Name at least one category.",
    "ALREADY_ASKED": "This candidate has already been asked for this job: wait for the answer.",
    "ALREADY_GRANTED": "There is a live grant between this candidate and this employer for this job.",
    "COOLING_DOWN": "This candidate has revoked a grant and is left in peace for a while.",
    "TERMS_CHANGED": "These are not the terms that were shown: show them again.",
    "NOT_A_NARROWING": "You can only take away from what was asked.",
    "REQUEST_EXPIRED": "The time to answer is over.",
    "REQUEST_HELD": "The employer is not in good standing: you can decline, or wait.",
    "ALREADY_DECIDED": "The request was decided before; what is stored is attached.",
    "TOO_LATE": "The request is no longer open.",
    "GRANT_ENDED": "The grant has ended: it opens nothing any more.",
    "GRANT_PAUSED": "The candidate has paused the grant.",
    "GRANT_NOT_YET_VALID": "The grant's time has not begun.",
    "USES_EXHAUSTED": "Every agreed release has been made.",
    "NOT_ASSIGNED": "You are not assigned to this: the member who asked is.",
    "CATEGORY_NOT_GRANTED": "A category was not granted: ask for those that were.",
    "INVALID_INPUT": "Some inputs cannot be accepted: see problems.",
    "NOT_ALLOWED": "This is for another kind of account.",
    "INVALID_CREDENTIALS": "E-mail address, password or token is not accepted.",
    "EMAIL_TAKEN": "There is an account with this e-mail address: sign in.",
    "IDEMPOTENCY_MISMATCH": "This idempotency key was used with other parameters: take a new one.",
    "RATE_LIMITED": "Too many tries: wait.",
    "UNAUTHENTICATED": "Sign in first.",
    "UNAVAILABLE": "The service cannot answer for the moment: try again in a few seconds.",
    "UPDATES_MISSED": "Some updates were missed: read the list again, then subscribe again.",
}

CHINESE: Mapping[str, str] = {
    "NOT_FOUND": "没有这个对象，或您无权查看。",
    "EMPLOYER_NOT_VERIFIED": "贵单位尚未通过认证：认证后方可查看和请求。",
    "EMPLOYER_SUSPENDED": "贵单位已被暂停：不能查看、请求或接收任何信息。",
    "JOB_CLOSED": "该职位已关闭：请选择开放的职位。",
    "LIMIT_EXCEEDED": "超出该目的模板允许的范围：请查看 purposeTemplates。",
    "NOTHING_ASKED": "请至少选择一类信息。",
    "ALREADY_ASKED": "已就该职位向这位求职者发出请求：请等待答复。",
    "ALREADY_GRANTED": "该求职者与该单位就该职位已有有效授权。",
    "COOLING_DOWN": "这位求职者撤回过授权，暂时不能再次请求。",
    "TERMS_CHANGED": "条款与所展示的不一致：请重新展示。",
    "NOT_A_NARROWING": "只能在所请求的范围内缩小。",
    "REQUEST_EXPIRED": "答复期限已过。",
    "REQUEST_HELD": "该单位目前状态异常：您可以拒绝，或等待。",
    "ALREADY_DECIDED": "该请求此前已有决定；附上所存内容。",
    "TOO_LATE": "该请求已不再开放。",
    "GRANT_ENDED": "授权已结束：不再提供任何信息。",
    "GRANT_PAUSED": "求职者已暂停该授权。",
    "GRANT_NOT_YET_VALID": "授权尚未生效。",
    "USES_EXHAUSTED": "约定的次数已用完。",
    "NOT_ASSIGNED": "此事未分配给您：请由发出请求的成员处理。",
    "CATEGORY_NOT_GRANTED": "有一类信息未获授权：请只请求已授权的类别。",
    "INVALID_INPUT": "部分输入无法接受：请查看 problems。",
    "NOT_ALLOWED": "此操作属于另一类账户。",
    "INVALID_CREDENTIALS": "邮箱、密码或令牌不被接受。",
    "EMAIL_TAKEN": "该邮箱已有账户：请登录。",
    "IDEMPOTENCY_MISMATCH": "该幂等键曾用于其他参数：请换一个。",
    "RATE_LIMITED": "尝试次数过多：请稍候。",
    "UNAUTHENTICATED": "请先登录。",
    "UNAVAILABLE": "服务暂时无法答复：请几秒后重试。",
    "UPDATES_MISSED": "错过了部分更新：请重新读取列表并重新订阅。",
}


def message(code: str, language: str) -> str:
    """Return the message of a code in ``zh`` or ``en``."""
    return (CHINESE if language == "zh" else ENGLISH)[code]
