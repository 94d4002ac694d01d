## 任务的消息，从排队到出图

job-paused = 队列已暂停，等待管理员。
job-place = 排在队列第 { $place } 位。
job-next = 下一个就是它。
job-next-soon = 下一个就是它；主机正在准备。
job-eta = 大约还需 { $time }。
stage-resolve = 准备中
stage-encode = 读取提示词
stage-invert = 读取图片
stage-sample = 绘制中
stage-enlarge = 放大中
stage-decode = 解码中
stage-check = 检查中
stage-save = 保存中
job-a-picture = 一张图片
job-finished-by = 后期处理：{ $names }
job-titled = { $what }，{ $done }
job-nothing = 无
job-for = { $what }，给 { $who }
job-cancelled = 已由 { $who } 取消。
job-failed = 没有成功：{ $why }
job-failed-unknown = 原因不明
job-gave-up = { $reason }（已尝试 { $attempts } 次）
job-host-ended = 主机进程在中途结束
job-accident = 内部出了问题
job-not-on-disk = 图片没有写入磁盘
job-words-blocked = 填入风格、通配符和随机选项后，提示词中含有“{ $word }”，而这里的提示词中不能出现它
job-took-host-down = 它使主机崩溃的次数过多
job-never-arrived = 由于机器人重启，图片未能收到；请重新附上
job-undeliverable = 结果无处可以发布；请看 /历史
job-too-large = 图片文件有 { $size } MiB，而这里最多 { $limit } MiB；文件已保留。
job-shown-as = 以 { $format } 显示，因为文件有 { $size } MiB，而这里最多 { $limit } MiB；原图已保留。
job-shown-with-loss = 以 { $format } 显示（略有损失），因为文件有 { $size } MiB，而这里最多 { $limit } MiB；原图已保留。
job-file-refused = Discord 没有接受这张图片的文件；文件已保留。
job-cannot-be-shown = { $who } 的图片已完成，但这条消息无法显示；请看 /历史。
job-uploaded = 来自上传的图片
job-from = 来自{ $where }
job-variations-of = { $where }的变体
job-strong-variations-of = { $where }的大幅变体
job-reroll-of = 重新生成自{ $where }
job-picture-number = 图片 { $number }
job-picture-of = { $link } 的图片 { $number }
job-picture-in = { $link } 中的图片

## 一行设置

detail-seed = 种子 { $seed }
detail-seeds = 种子 { $first } 至 { $last }
detail-seed-variations = { $count ->
   *[other] 种子 { $seed }，{ $count } 个变体
 }
detail-model = 模型 { $name }
detail-steps = { $count } 步
detail-cfg = CFG { $cfg }
detail-drawn-at = 以 { $size } 绘制
detail-enlarged = 以 { $size } 绘制，再放大到 { $last }
detail-enlarged-parts = 以 { $size } 绘制，再分块放大到 { $last }
detail-finished-at = { $told }，完成于 { $size }
detail-tiled = 由 { $name } 分块
detail-with = 带 { $names }
detail-decoded = 由 { $name } 解码

## 时长

seconds = { $count } 秒
minutes = { $count } 分钟
hours = { $count } 小时

## 按钮

button-original = 原图
button-cancel = 取消
button-reroll = 重新生成
button-variations = 变体
button-older = 下一页
button-newer = 上一页
