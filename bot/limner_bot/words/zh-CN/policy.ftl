## 为什么某人不能请求某事

banned = 你{ $ends ->
    [never] {""}
   *[other] 在 { $ends } 之前
 }不能在这里请求图片。{ $reason }
rule-channels = 只能在以下频道生成图片：{ $channels }
rule-age-restricted = 只能在有年龄限制的频道生成图片。
rule-uploads = 这里不能使用自己上传的图片。
rule-words = 这里的提示词中不能出现 { $word }。
rule-model = 这里不能使用模型 { $name }；请选择其他模型。
over-models = 你的身份组不允许使用模型 { $name }；请选择其他模型。
over-pixels = { $value } 像素的图片超出了你的身份组的限制；最多 { $most } 像素。
over-steps = { $value } 步超出了你的身份组的限制；最多 { $most } 步。
over-count = 一次 { $value } 张图片超出了你的身份组的限制；最多 { $most } 张。
over-repeat = 一条命令 { $value } 个任务超出了你的身份组的限制；最多 { $most } 个。
over-waiting = 你将有 { $value } 个任务在等待，而你的身份组只允许 { $most } 个；请等待其中一个完成，或取消一个。
over-day = 这需要 { $value } 秒 GPU 时间，{ $room ->
    [never] 超过了你每天的 { $most } 秒；请减少请求。
   *[other] 超过了你今天 { $most } 秒中剩余的部分；{ $room } 会再有空余。
 }
only-operators = 只有本机器人的运营者才能这样做。

## 对管理员的答复

everybody = 所有人
limits-title = **本服务器的限制**
limits-title-everywhere = **全局限制**
limits-empty = 没有任何身份组限制。
limits-set = { $role }: { $told }
limits-nothing = 请至少指定一项限制。
limits-not-set = 没有为{ $role }设置过限制。
limits-no-roles = 身份组只属于一个服务器；要限制所有服务器，请不要指定身份组。
limits-weight = 只有本机器人的运营者才能设置高于 { $most } 的权重。
limit-none = 没有限制
limit-any = 任意
limit-waiting = 同时 { $value } 个任务
limit-day = 每天 { $value } 秒 GPU
limit-pixels = { $value } 像素
limit-steps = { $value } 步
limit-count = 每个任务 { $value } 张图片
limit-repeat = 每条命令 { $value } 个任务
limit-models = 模型：{ $value }
limit-weight = 权重 { $value }
ban-title = **本服务器的封禁名单**
ban-title-everywhere = **全局封禁名单**
ban-nobody = 没有人被封禁。
ban-more = ……还有 { $count } 人
ban-not-them = 你不能封禁自己或本机器人的运营者。
ban-removed = { $who } 又可以请求图片了。
ban-unknown = { $who } 在这里没有被封禁。
ban-added = { $ends ->
    [never] { $who } 不能再请求图片。
   *[other] { $who } 在 { $ends } 之前不能请求图片。
 }
ban-cancelled = { $count ->
   *[other] 已取消其 { $count } 个任务。
 }
ban-line = { $ends ->
    [never] { $who } 永久，由 { $by } 封禁 { $reason }
   *[other] { $who } 至 { $ends }，由 { $by } 封禁 { $reason }
 }
rules-title = **本服务器的规则**
rules-title-everywhere = **全局规则**
rules-spoiler-never = 图片直接显示。
rules-spoiler-outside = 在没有年龄限制的频道中，图片以剧透形式隐藏。
rules-spoiler-always = 所有图片都以剧透形式隐藏。
rules-metadata-on = 发布的文件包含生成信息。
rules-metadata-off = 发布的文件不包含生成信息。
rules-uploads-on = 成员可以使用自己的图片。
rules-uploads-off = 成员不能使用自己的图片。
rules-age-on = 只在有年龄限制的频道生成图片。
rules-age-off = 没有年龄限制的频道也可以生成图片。
rules-all-channels = 所有频道都可以生成图片。
rules-channels = 只在 { $channels } 生成图片。
rules-none-blocked = 没有屏蔽任何词语。
rules-blocked = 屏蔽的词语：{ $words }
rules-no-words = 请至少写一个词语。
rules-not-blocked = { $word } 在这里没有被屏蔽。
rules-unblocked = { $word } 又可以使用了。
models-title = **本服务器的模型**
models-title-everywhere = **全局模型**
models-none = 主机尚未列出任何模型。
models-is-default = { $model }，默认
models-allowed = 可以使用 { $name }。
models-denied = 不能使用 { $name }。
models-default = 没有指定模型时使用 { $name }。
models-no-default = 没有指定模型时使用主机自己的模型。
models-reset = 所有模型都可以使用；默认使用主机自己的模型。
audit-title = **本服务器的决定**
audit-title-everywhere = **对所有服务器的决定**
audit-empty = 还没有人作过任何决定。

## 决定记录中时间和人员之后的内容

act-banned = 封禁了 { $subject }{ $details }
act-unbanned = 解除了对 { $subject } 的封禁{ $details }
act-limits-set = 设置了限制 { $subject }{ $details }
act-limits-cleared = 撤销了限制 { $subject }{ $details }
act-words-blocked = 屏蔽了 { $subject }{ $details }
act-word-unblocked = 取消屏蔽 { $subject }{ $details }
act-spoiler = 设置剧透：{ $subject }{ $details }
act-metadata-on = 开启了文件元数据{ $subject }{ $details }
act-metadata-off = 关闭了文件元数据{ $subject }{ $details }
act-uploads-on = 允许了上传{ $subject }{ $details }
act-uploads-off = 禁止了上传{ $subject }{ $details }
act-age-on = 只允许在有年龄限制的频道生成图片{ $subject }{ $details }
act-age-off = 允许在所有频道生成图片{ $subject }{ $details }
act-channel-listed = 把 { $subject } 加入频道列表{ $details }
act-channel-unlisted = 把 { $subject } 移出频道列表{ $details }
act-model-allowed = 允许了模型 { $subject }{ $details }
act-model-denied = 禁止了模型 { $subject }{ $details }
act-model-default = 设置了默认模型 { $subject }{ $details }
act-models-reset = 重新允许了所有模型{ $subject }{ $details }

## 命令

c-limits-name = 限制
c-limits-text = 按身份组设置成员可以请求的内容（管理员）
c-limits-show-name = 查看
c-limits-show-text = 查看每个身份组允许的内容
c-limits-show-everywhere-name = 全局
c-limits-show-everywhere-text = 适用于所有服务器（运营者）
c-limits-set-name = 设置
c-limits-set-text = 设置身份组允许的内容；成员取其所有身份组中的最大值
c-limits-set-role-name = 身份组
c-limits-set-role-text = 身份组；不填则为所有人
c-limits-set-waiting-name = 等待
c-limits-set-waiting-text = 一名成员同时等待的任务数
c-limits-set-seconds_per_day-name = 每日秒数
c-limits-set-seconds_per_day-text = 每名成员每天的 GPU 秒数
c-limits-set-size-name = 尺寸
c-limits-set-size-text = 最大的图片，例如 1024x1024；按面积计算
c-limits-set-steps-name = 步数
c-limits-set-steps-text = 每张图片的步数
c-limits-set-count-name = 数量
c-limits-set-count-text = 每个任务的图片数
c-limits-set-repeat-name = 重复
c-limits-set-repeat-text = 每条命令的任务数
c-limits-set-models-name = 模型
c-limits-set-models-text = 允许的模型，用逗号分隔；* 表示任意
c-limits-set-weight-name = 权重
c-limits-set-weight-text = 相对他人的 GPU 份额；通常为 1
c-limits-set-everywhere-name = 全局
c-limits-set-everywhere-text = 适用于所有服务器（运营者）
c-limits-clear-name = 清除
c-limits-clear-text = 撤销身份组的全部或一项限制
c-limits-clear-role-name = 身份组
c-limits-clear-role-text = 身份组；不填则为所有人
c-limits-clear-what-name = 项目
c-limits-clear-what-text = 要撤销的一项；不填则为全部
c-limits-clear-everywhere-name = 全局
c-limits-clear-everywhere-text = 适用于所有服务器（运营者）
c-ban-name = 封禁
c-ban-text = 谁不能请求图片（管理员）
c-ban-add-name = 添加
c-ban-add-text = 封禁某人；其任务会被取消
c-ban-add-user-name = 用户
c-ban-add-user-text = 封禁谁
c-ban-add-until-name = 时长
c-ban-add-until-text = 多长时间，例如 30m、3h、7d 或 2w；不填则为永久
c-ban-add-reason-name = 原因
c-ban-add-reason-text = 告诉对方的原因
c-ban-add-everywhere-name = 全局
c-ban-add-everywhere-text = 适用于所有服务器（运营者）
c-ban-remove-name = 解除
c-ban-remove-text = 解除封禁
c-ban-remove-user-name = 用户
c-ban-remove-user-text = 解除谁的封禁
c-ban-remove-everywhere-name = 全局
c-ban-remove-everywhere-text = 适用于所有服务器（运营者）
c-ban-list-name = 列表
c-ban-list-text = 查看谁被封禁、到何时以及原因
c-ban-list-everywhere-name = 全局
c-ban-list-everywhere-text = 适用于所有服务器（运营者）
c-rules-name = 规则
c-rules-text = 这里可以生成什么以及如何显示（管理员）
c-rules-show-name = 查看
c-rules-show-text = 查看规则
c-rules-show-everywhere-name = 全局
c-rules-show-everywhere-text = 适用于所有服务器（运营者）
c-rules-block-name = 屏蔽
c-rules-block-text = 拒绝包含这些词语的提示词
c-rules-block-words-name = 词语
c-rules-block-words-text = 词语或短语，用逗号分隔；* 代表任意字母：gore*
c-rules-block-everywhere-name = 全局
c-rules-block-everywhere-text = 适用于所有服务器（运营者）
c-rules-unblock-name = 取消屏蔽
c-rules-unblock-text = 重新允许某个词语
c-rules-unblock-word-name = 词语
c-rules-unblock-word-text = /规则 查看 列出的词语
c-rules-unblock-everywhere-name = 全局
c-rules-unblock-everywhere-text = 适用于所有服务器（运营者）
c-rules-spoiler-name = 剧透
c-rules-spoiler-text = 隐藏图片，点击后才显示
c-rules-spoiler-policy-name = 方式
c-rules-spoiler-policy-text = 在哪里隐藏
c-rules-spoiler-everywhere-name = 全局
c-rules-spoiler-everywhere-text = 适用于所有服务器（运营者）
c-rules-metadata-name = 元数据
c-rules-metadata-text = 发布的文件是否包含生成信息
c-rules-metadata-on-name = 开启
c-rules-metadata-on-text = 是则包含
c-rules-metadata-everywhere-name = 全局
c-rules-metadata-everywhere-text = 适用于所有服务器（运营者）
c-rules-uploads-name = 上传
c-rules-uploads-text = 成员是否可以使用自己的图片
c-rules-uploads-on-name = 开启
c-rules-uploads-on-text = 是则可以
c-rules-uploads-everywhere-name = 全局
c-rules-uploads-everywhere-text = 适用于所有服务器（运营者）
c-rules-adults-name = 成人
c-rules-adults-text = 是否只在有年龄限制的频道生成图片
c-rules-adults-on-name = 开启
c-rules-adults-on-text = 是则只在那里
c-rules-adults-everywhere-name = 全局
c-rules-adults-everywhere-text = 适用于所有服务器（运营者）
c-rules-channel-name = 频道
c-rules-channel-text = 只在列出的频道生成图片；没有列出则所有频道都可以
c-rules-channel-channel-name = 频道
c-rules-channel-channel-text = 频道或类别
c-rules-channel-listed-name = 列出
c-rules-channel-listed-text = 否则移出列表
c-models-name = 模型
c-models-text = 可以使用哪些模型（管理员）
c-models-list-name = 列表
c-models-list-text = 查看所有模型以及可以使用哪些
c-models-list-everywhere-name = 全局
c-models-list-everywhere-text = 适用于所有服务器（运营者）
c-models-allow-name = 允许
c-models-allow-text = 允许使用模型
c-models-allow-model-name = 模型
c-models-allow-model-text = 模型；* 表示全部
c-models-allow-everywhere-name = 全局
c-models-allow-everywhere-text = 适用于所有服务器（运营者）
c-models-deny-name = 禁止
c-models-deny-text = 禁止使用模型
c-models-deny-model-name = 模型
c-models-deny-model-text = 模型；* 表示除之后允许的以外的全部
c-models-deny-everywhere-name = 全局
c-models-deny-everywhere-text = 适用于所有服务器（运营者）
c-models-default-name = 默认
c-models-default-text = 选择没有指定模型时使用的模型
c-models-default-model-name = 模型
c-models-default-model-text = 模型；不填则使用主机自己的模型
c-models-default-everywhere-name = 全局
c-models-default-everywhere-text = 适用于所有服务器（运营者）
c-models-reset-name = 重置
c-models-reset-text = 重新允许所有模型，默认使用主机自己的模型
c-models-reset-everywhere-name = 全局
c-models-reset-everywhere-text = 适用于所有服务器（运营者）
c-audit-name = 审计
c-audit-text = 查看谁在何时作了什么决定（管理员）
c-audit-everywhere-name = 全局
c-audit-everywhere-text = 适用于所有服务器（运营者）
