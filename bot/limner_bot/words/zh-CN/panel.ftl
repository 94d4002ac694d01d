## 队列面板、插件与机器人状态

job-ready = { $who } 你的图片已完成：{ $link }
job-plugin-quarantined = { $reason }（插件 { $name } 失败次数过多，今后不再使用）
not-accepting = 目前不接受新任务：机器人即将停止或正在维护。排队中的任务会保留；请几分钟后再试。
