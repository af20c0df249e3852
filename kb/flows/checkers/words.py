"""What the checker says, in words for the user; knowledge like any script, kept in one place.

``say`` may name {field}, {found} and {allowed}, and what the finding adds; ``remedy`` follows
when the corrected request already holds the change.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Words:
    severity: Severity
    say: str
    question: str | None = None
    remedy: str = "修正后的请求里已经改好。"


_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO
_AT = "{place}"

PASTE: dict[str, Words] = {
    "empty": Words(_E, "还没有收到内容，请把请求或任务的返回结果贴过来。"),
    "too-long": Words(
        _E, "内容太长了（{found}），最多能检查 {allowed}。请只贴出一条请求或一次返回结果。"
    ),
    "nothing-found": Words(
        _E,
        "没有从这段内容里找到视频接口的请求或返回结果。"
        "请贴出完整的 JSON、curl 命令，或者发送请求的那段代码。",
    ),
    "not-in-rules": Words(_I, "这段 JSON 里没有我们掌握的参数或任务状态，无法判断对错，没有检查。"),
    "json-broken": Words(
        _E, f"JSON 在{_AT}读不下去了，这里应当是{{allowed}}，实际是“{{found}}”。请改好后再发一次。"
    ),
    "too-deep": Words(_E, f"JSON 在{_AT}嵌套得太深，最多能检查 40 层，请精简后再发一次。"),
    "json-quotes": Words(_W, f"JSON 的文字要用英文双引号，{_AT}用了别的引号。"),
    "json-chinese-signs": Words(
        _W, f"{_AT}是中文标点“{{found}}”，JSON 里的引号、冒号、逗号都要用英文标点。"
    ),
    "json-last-comma": Words(_W, f"{_AT}多了一个逗号，JSON 的最后一项后面不能有逗号。"),
    "json-comment": Words(_W, f"{_AT}有一段注释，JSON 里不能写注释。"),
    "json-bare-key": Words(_W, f"{_AT}的字段名“{{found}}”没有加英文双引号。"),
    "json-bare-word": Words(_W, f"{_AT}的值“{{found}}”没有加英文双引号。"),
    "json-word": Words(_W, f"{_AT}写的是“{{found}}”，JSON 里只认 true、false、null（小写）。"),
    "json-number": Words(_W, f"{_AT}的“{{found}}”不是 JSON 认得的数字写法。"),
    "json-line-break": Words(_W, f"从{_AT}开始的文字里直接换了行，JSON 里的换行要写成 \\n。"),
    "json-escape": Words(_W, f"{_AT}起的文字里，“{{found}}”不是 JSON 认得的转义写法。"),
    "json-spread": Words(_I, f"{_AT}合并了别处的内容，这部分看不到，没有检查。"),
    "key-repeated": Words(
        _W, "字段 {field} 写了不止一次，服务端只会认其中一个，请只保留您要的那个。"
    ),
    "value-unseen": Words(
        _I, "{field} 的值来自变量“{found}”，从这段内容里看不到实际的值，没有检查。"
    ),
}

CALL: dict[str, Words] = {
    "curl-quotes": Words(
        _E,
        f"curl 命令的引号没有配对，{_AT}起的引号没有结束。"
        "提示词里若有单引号，请改用双引号，或把请求内容存成文件后用 -d @文件名 发送。",
    ),
    "curl-line-end": Words(
        _W, f"{_AT}换行了，但行尾没有续行符，命令会在这里断开。请在行尾加上反斜杠，后面不要留空格。"
    ),
    "curl-windows-quotes": Words(
        _W, f'Windows 命令行不认单引号（{_AT}），请用双引号，里面的双引号写成 \\"。'
    ),
    "body-in-file": Words(
        _I, "请求内容在文件“{found}”里，这里看不到，没有检查。请把文件内容也贴过来。"
    ),
    "body-not-json": Words(_E, "请求内容{found}，这个接口只收一个 JSON 对象。", "api-endpoints"),
    "body-missing": Words(_E, "请求里没有内容，{found} 需要带上 JSON。", "api-endpoints"),
    "authorization-missing": Words(
        _I,
        "这段内容里没有 Authorization 请求头。"
        "实际调用时请带上，格式为 Bearer 加空格加您的 API Key。",
        "api-endpoints",
    ),
    "authorization-scheme": Words(
        _I,
        "Authorization 请求头里没有写 Bearer。文档规定的格式是 Bearer 加空格加您的 API Key。",
        "api-endpoints",
    ),
    "content-type": Words(
        _W, "请求头 Content-Type 应当是 {allowed}，现在是{found}。", "api-endpoints"
    ),
    "endpoint-unknown": Words(
        _E, "地址 {found} 不在接口列表里。可用的接口是：{allowed}。", "api-endpoints"
    ),
    "method-wrong": Words(_E, "请求方法不对：现在是 {found}，应当是 {allowed}。", "api-endpoints"),
    "host-unknown": Words(
        _I,
        "这条请求发往 {found}，不是我们有资料的接口域名（{allowed}）。"
        "下面按兼容接口的文档检查，对方平台若有不同规定，请以对方文档为准。",
        "api-endpoints",
    ),
    "endpoint-foreign": Words(
        _I,
        "地址 {found} 不在我们掌握的规则里，请以对方平台的文档为准，请求内容没有检查。"
        "我们掌握的接口是：{allowed}。",
        "api-endpoints",
    ),
    "maybe-remix": Words(
        _I,
        "如果您是在对已有视频做 Remix，地址应当是 POST /videos/:id/remix，"
        "只需要 prompt，不用写 model。",
        "api-remix",
    ),
}

FIELD: dict[str, Words] = {
    "model-missing": Words(_E, "没有写 model。可以填：{allowed}。", "api-models"),
    "model-unknown": Words(
        _E,
        "model 填的是“{found}”，不在我们掌握的规则里。文档列出的模型是：{allowed}。",
        "api-models",
    ),
    "required-missing": Words(_E, "缺少必填的 {field}，请补上。"),
    "text-too-long": Words(_E, "{field} 太长：{found}，最多 {allowed}。请缩短后再试。"),
    "type-wrong": Words(_E, "{field} 的类型不对：现在是{found}，应当是{allowed}。"),
    "value-not-allowed": Words(_E, "{field} 填的是“{found}”，{model} 只能填：{allowed}。"),
    "default-not-allowed": Words(
        _W, "没有写 {field}：文档说这时按 {found} 处理，而 {model} 只支持 {allowed}，请明确填上。"
    ),
    "field-not-for-model": Words(_E, "{model} 没有 {field} 这个参数，支持它的模型是：{allowed}。"),
    "field-inherited": Words(
        _W, "Remix 会沿用原视频的模型、时长和分辨率，只需要 prompt，不用写 {field}。", "api-remix"
    ),
    "field-unknown": Words(_I, "参数 {field} 不在我们掌握的规则里，无法判断对错，没有检查。"),
    "too-many-pictures": Words(
        _W, "{field} 里有 {found}，最多 {allowed}，多出的会被忽略。请选出要用的图片。"
    ),
    "too-many-videos": Words(_E, "{field} 里有 {found}，最多 {allowed}。请只保留要用的那一段。"),
    "url-wanted": Words(
        _E, "{field} 要填公开可访问的网址（http 或 https），现在填的是{what}：{found}。"
    ),
    "url-not-public": Words(
        _E, "{field} 的网址从公网访问不到（{found}），请换成不用登录、公网能打开的网址。"
    ),
    "picture-unreadable": Words(_E, "{field} 既不是公开网址，也不是 Base64 图片：{found}。"),
    "data-prefix": Words(_E, "{field} 的 Base64 前面不能带 data: 前缀，只留后面的编码部分。"),
    "base64-broken": Words(_E, "{field} 的 Base64 编码不完整或有多余字符，请重新编码。"),
    "picture-format": Words(_E, "{field} 的图片格式是 {found}，只支持 {allowed}。"),
    "picture-too-big": Words(_E, "{field} 的图片有 {found}，不能超过 {allowed}。"),
    "picture-too-small": Words(_E, "{field} 的图片是 {found}，宽和高都不能小于 {allowed}。"),
    "picture-ratio": Words(_E, "{field} 的图片是 {found}，宽高比要在 {allowed} 之间。"),
    "pictures-mixed": Words(
        _W, "{field} 里既有网址又有 Base64。用 Base64 时，请把所有图片都换成 Base64。"
    ),
    "picture-must-match-size": Words(
        _I, "请自行确认 {field} 的图片尺寸与 size 一致（{allowed}），这里看不到图片本身。"
    ),
    "video-format": Words(_E, "{field} 的视频格式是 {found}，只支持 {allowed}。"),
    "frames-with-base-video": Words(
        _E,
        "参考视频作为待编辑视频（refer_type 为 base，不写也算）时，不能再设首帧或尾帧。"
        "请去掉首尾帧，或把 refer_type 改为 feature。",
    ),
    "end-frame-alone": Words(
        _W,
        "{field} 只标了尾帧 end_frame，没有首帧。做首尾帧时请再放一张 type 为 first_frame 的图片。",
    ),
    "tail-without-first": Words(
        _W, "填了尾帧 {field}，但没有首帧 input_reference。做首尾帧时请把首帧也填上。"
    ),
}

TASK: dict[str, Words] = {
    "status-missing": Words(_I, "返回结果里没有任务状态 status，无法判断进展。", "api-status"),
    "status-unknown": Words(
        _W, "任务状态“{found}”不在我们掌握的规则里。文档列出的状态是：{allowed}。", "api-status"
    ),
    "task-running": Words(
        _I, "任务还没有结束（{found}：{meaning}），请稍后再查询结果。", "api-status"
    ),
    "task-completed": Words(_I, "任务已经完成。", "api-status"),
    "task-cancelled": Words(_I, "任务已经取消，不会再有结果。需要视频请重新提交。", "api-status"),
    "task-failed": Words(
        _E, "任务生成失败，错误码是“{found}”，不在我们掌握的规则里，需要进一步核实。", "api-status"
    ),
    "task-moderation-blocked": Words(
        _E,
        "提示词或参考图没有通过内容审核。请去掉敏感内容、用中性的描述，并确认参考图合规后再试。",
        "api-moderation",
    ),
    "error-unknown": Words(
        _E, "接口返回了错误“{found}”，不在我们掌握的规则里，需要进一步核实。", "api-status"
    ),
    "result-expired": Words(
        _E,
        "视频链接在完成 {allowed}后过期，这个任务完成于 {found}，链接已经过期。",
        "api-video-expiry",
    ),
    "result-expires-early": Words(
        _W,
        "返回结果里写的过期时间是 {found}，已经过了。文档的说法是完成 {allowed}后过期，"
        "如果还能打开，请马上下载或转存。",
        "api-video-expiry",
    ),
    "result-valid": Words(
        _I,
        "视频链接在完成 {allowed}后过期，请最晚在 {found} 之前下载或转存。",
        "api-video-expiry",
    ),
    "result-undated": Words(
        _I,
        "返回结果里没有看得懂的完成时间，算不出链接是否过期。文档的说法是完成 {allowed}后过期。",
        "api-video-expiry",
    ),
    "remix-perhaps-unfinished": Words(
        _W,
        "返回结果里的任务状态是 {found}。如果它就是要做 Remix 的原视频，现在还不能做："
        "Remix 只能用状态为 {allowed} 的任务。",
        "api-remix",
    ),
    "remix-unfinished": Words(
        _E,
        "原视频的任务状态是 {found}，还不能做 Remix。Remix 只能用状态为 {allowed} 的任务。",
        "api-remix",
    ),
}

WORDS: dict[str, Words] = {**PASTE, **CALL, **FIELD, **TASK}
