## 对某个人所做尝试的答复

unknown-picture = 这里已经没有这张图片了；请用 /imagine 生成新的。
elsewhere = 这张图片属于另一个频道。
private-picture = 这张图片是私密的。
picture-of-others = 这里使用的起始图片是别人上传的，只能按原来的设置使用；请上传你自己的图片。
not-yours = 只有提出请求的人或本服务器的管理员才能这样做。
only-admins = 只有拥有“管理服务器”权限的人才能这样做。
only-servers = 这只能在服务器中使用。
file-missing = 主机上找不到这张图片的文件；“重新生成”会生成新的。
file-gone = 为节省空间，这张图片的文件已被删除；“重新生成”会再做一次。
not-offered = 这台主机上没有 { $name }；/imagine 的“后处理”选项会列出现有的。
disk-full = 主机的磁盘已满，没有任何任务进入队列。请告知本机器人的运营者。
disk-full-unsaved = 主机的磁盘已满，什么都没有更改：这一决定没有生效。请告知本机器人的运营者。
disk-full-now = 主机的磁盘已满。请告知本机器人的运营者，稍后再试。
missing-permissions = 我无法在这里工作：本频道缺少 { $names } 权限。管理员可以授予。
accident = 内部出了问题；你的东西没有丢失。日志编号为 { $code }。
old-button = 这个按钮属于已不再使用的 Limner 版本。
too-many-waiting = { $most ->
   *[other] 你最多可以同时有 { $most } 个任务在等待
 }；请等待其中一个完成，或取消一个。
host-full = 队列已满；请几分钟后再试。
