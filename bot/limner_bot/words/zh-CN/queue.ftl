## 成员与管理员看到的队列

queue-title = **队列**
queue-title-paused = **队列**（已暂停）
queue-getting-ready = { $title }：主机正在准备
queue-running = 正在运行：{ $job }
queue-more = ……还有 { $count } 个
queue-elsewhere = 别处还有 { $count } 个在等待
queue-empty = 没有人在等待。
queue-in-another-channel = 在另一个频道
queue-paused = 本服务器的队列已暂停。什么都不会丢失；正在运行的任务会完成。
queue-already-paused = 本服务器的队列已经是暂停状态。
queue-resumed = 本服务器的队列继续运行。
queue-not-paused = 本服务器的队列并未暂停。
queue-cleared = { $count ->
   *[other] 已取消 { $count } 个等待中的任务。
 }
queue-unknown-job = 本服务器没有这样的等待或运行中的任务；/队列 查看 会列出它们。
cancel-done = 已取消。
cancel-soon = 当前步骤之后停止。
cancel-late = 来不及取消了：已经完成。
