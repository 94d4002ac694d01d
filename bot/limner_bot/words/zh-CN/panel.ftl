## 队列面板、插件与机器人状态

job-ready = { $who } 你的图片已完成：{ $link }
job-plugin-quarantined = { $reason }（插件 { $name } 失败次数过多，今后不再使用）
not-accepting = 目前不接受新任务：机器人即将停止或正在维护。排队中的任务会保留；请几分钟后再试。

## 队列面板

queue-private = （私密）
queue-begins = 大约 { $time }后开始
queue-all-paused = 一切都已暂停。什么都不会丢失；正在运行的任务会完成。
queue-all-already-paused = 一切都已经是暂停状态。
queue-all-resumed = 一切继续运行。
queue-all-not-paused = 之前并没有暂停一切。
queue-member-cleared = { $count ->
    [0] { $who } 在这里没有任务。
   *[other] 已取消 { $who } 的 { $count } 个任务。
 }
queue-not-waiting = 这个任务已不在等待。
queue-moved-front = 下一个就是它。
queue-moved-back = 它排到了所有任务之后。
queue-not-failed = 这个任务没有失败，或者它所用的图片从未送达。
queue-retried = 正在重试。
queue-drained = 正在运行的任务会完成；在你重新开放之前（重启之后也一样），不再接受或开始任何任务。
queue-already-draining = 已经不再接受任务。
queue-undrained = 重新接受任务。
queue-not-draining = 一直都在接受任务。
panel-title = **本服务器的队列**：{ $count } 个等待中
panel-title-everywhere = **所有服务器的队列**：{ $count } 个等待中
panel-paused = 已暂停
panel-draining = 已关闭：不接受也不开始任何任务
panel-not-ready = 主机正在准备
panel-runs-elsewhere = 另一个服务器的任务正在运行。
panel-since = 已运行 { $time }
panel-left = 还需 { $time }
panel-cost = 大约 { $time }
panel-moved = 已移到最前
panel-moved-back = 已移到最后
panel-page = 第 { $page } 页，共 { $pages } 页
panel-chosen = 已选：{ $job }
panel-quarantined = 插件 { $name } 已被隔离：{ $reason }
panel-broken = 插件 { $name } 已损坏：{ $reason }
panel-choose = 选择一个任务
panel-retry = 重试失败的任务
panel-front = 移到最前
panel-back = 移到最后
panel-member = 取消此成员的全部任务
panel-pause = 暂停
panel-resume = 继续
panel-clear = 清空
panel-refresh = 刷新
panel-drain = 关闭
panel-undrain = 重新接受任务
panel-here = 本服务器
panel-everywhere = 所有服务器
panel-yes = 是
panel-no = 否
panel-nothing-done = 什么都没有做。
panel-sure-cancel = 取消 { $who } 的任务 { $id }？
panel-sure-member = 取消 { $who } 的全部任务？
panel-sure-clear = { $count ->
   *[other] 取消本服务器的全部 { $count } 个等待中的任务？
 }
panel-sure-clear-everywhere = { $count ->
   *[other] 取消所有服务器的全部 { $count } 个等待中的任务？
 }

## 插件

plugins-title = **插件**
plugins-choose = 选择一个插件
plugins-all = 所有插件
plugin-ok = 正常
plugin-broken = 已损坏
plugin-disabled = 已停用
plugin-quarantined = 已隔离
plugin-gone = 未安装
plugin-failures = { $count ->
   *[other] 连续失败 { $count } 次
 }
plugin-enable = 启用
plugin-disable = 停用
plugin-release = 解除隔离
plugin-unknown = 没有名为 { $name } 的插件；/插件 列表 会列出全部。
plugin-enabled = 当前任务结束、主机重新启动后，将重新使用插件 { $name }。
plugin-switched-off = 当前任务结束、主机重新启动后，将不再使用插件 { $name }。
plugin-released = 插件 { $name } 已解除隔离；主机重新启动后即可使用。
plugin-disabled-already = 插件 { $name } 已经停用。
plugin-not-disabled = 插件 { $name } 既未停用也未隔离。
plugin-not-quarantined = 插件 { $name } 并未隔离。

## 机器人状态

status-title = **我的状态**
status-ready = 主机已就绪。
status-not-ready = 主机正在准备。
status-model = 已加载的模型：{ $name }
status-waiting = { $oldest ->
    [none] 没有人在等待。
   *[other] { $count } 个等待中，最早的请求在{ $oldest }
 }
status-hour = 最近一小时：{ $pictures } 张图片；任务：{ $done } 个完成，{ $failed } 个失败，{ $cancelled } 个取消
status-waited = 任务平均等待 { $time }。
status-took = 任务平均耗时 { $time }。
status-versions = 版本：{ $versions }
status-since = 启动于{ $moment }
status-workers = { $count ->
   *[other] 此后有 { $count } 个工作进程结束。
 }
status-trouble = 工作进程无法就绪。它最后的消息：{ $reason }
status-disk = 磁盘：剩余 { $free } MB；数据库：{ $database } MB
status-backup = { $moment ->
    [never] 还没有自动备份。
   *[other] 上次备份：{ $moment }
 }

## 决定记录

act-queue-paused = 暂停了队列{ $subject }{ $details }
act-queue-resumed = 让队列继续运行{ $subject }{ $details }
act-queue-cleared = 取消了所有等待中的任务{ $subject }{ $details }
act-member-cleared = 取消了 { $subject } 的全部任务{ $details }
act-job-cancelled = 取消了 { $subject } 的一个任务{ $details }
act-job-to-front = 把 { $subject } 的一个任务移到最前{ $details }
act-job-to-back = 把 { $subject } 的一个任务移到最后{ $details }
act-job-retried = 重试了 { $subject } 的一个任务{ $details }
act-drained = 关闭了机器人{ $subject }{ $details }
act-undrained = 让机器人重新接受任务{ $subject }{ $details }
act-plugin-enabled = 启用了插件 { $subject }{ $details }
act-plugin-disabled = 停用了插件 { $subject }{ $details }
act-plugin-quarantined = 隔离了插件 { $subject }{ $details }
act-plugin-released = 解除了插件 { $subject } 的隔离{ $details }

## 命令的名称与说明

c-queue-panel-name = 面板
c-queue-panel-text = 用菜单和按钮管理队列（管理员）
c-queue-move-name = 移动
c-queue-move-text = 把等待中的任务移到所有任务之前或之后（管理员）
c-queue-move-job-name = 任务
c-queue-move-job-text = /队列 查看 列出的任务
c-queue-move-to-name = 位置
c-queue-move-to-text = 移到哪里
c-queue-retry-name = 重试
c-queue-retry-text = 重试失败的任务（管理员）
c-queue-retry-job-name = 任务
c-queue-retry-job-text = 失败的任务
c-queue-pause-everywhere-name = 全部
c-queue-pause-everywhere-text = 所有服务器和私信（运营者）
c-queue-resume-everywhere-name = 全部
c-queue-resume-everywhere-text = 所有服务器和私信（运营者）
c-queue-clear-everywhere-name = 全部
c-queue-clear-everywhere-text = 所有服务器和私信（运营者）
c-queue-drain-name = 关闭
c-queue-drain-text = 完成正在运行的任务，不再接受新任务（运营者）
c-queue-undrain-name = 开放
c-queue-undrain-text = 重新接受任务（运营者）
c-plugins-name = 插件
c-plugins-text = 查看、停用和启用插件（运营者）
c-plugins-list-name = 列表
c-plugins-list-text = 显示所有插件及其问题（运营者）
c-plugins-enable-name = 启用
c-plugins-enable-text = 重新使用一个插件（运营者）
c-plugins-enable-name-name = 名称
c-plugins-enable-name-text = 插件
c-plugins-disable-name = 停用
c-plugins-disable-text = 不再使用一个插件（运营者）
c-plugins-disable-name-name = 名称
c-plugins-disable-name-text = 插件
c-plugins-release-name = 解除隔离
c-plugins-release-text = 解除一个插件的隔离（运营者）
c-plugins-release-name-name = 名称
c-plugins-release-name-text = 插件
c-status-name = 状态
c-status-text = 显示机器人的状态；只有你能看到答复
c-queue-name = 队列
c-queue-text = 查看谁在等待；管理员还可以管理队列
c-queue-show-name = 查看
c-queue-show-text = 显示谁在等待图片；只有你能看到答复
c-queue-pause-name = 暂停
c-queue-pause-text = 不再开始本服务器的任务（管理员）
c-queue-resume-name = 继续
c-queue-resume-text = 重新开始本服务器的任务（管理员）
c-queue-cancel-name = 取消
c-queue-cancel-text = 取消本服务器的一个任务（管理员）
c-queue-cancel-job-name = 任务
c-queue-cancel-job-text = /队列 查看 列出的任务
c-queue-clear-name = 清空
c-queue-clear-text = 取消本服务器所有等待中的任务（管理员）
