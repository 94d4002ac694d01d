## 自己

me-title = **关于你**
me-here = 这里：{ $limits }
me-everywhere = 所有地方：{ $limits }
me-spent = 你今天已使用 GPU { $seconds } 秒{ $left ->
    [any] 。
   *[other] ，还剩 { $left } 秒。
 }
me-jobs = { $count ->
    [0] 你没有等待或运行中的任务。
   *[other] 你有 { $count } 个任务在等待或运行。
 }
me-pictures = 图片：{ $count }（{ $size } MB），收藏：{ $favourites }
button-export = 导出我的数据
button-export-rest = 导出其余部分
button-erase = 删除我的数据
button-keep-all = 全部保留
export-running = 你的数据正在导出；请等它完成。
export-changed = 有文件在此期间消失了；请重新导出。
export-part = 第 { $number } 部分，共 { $of } 部分
export-done = 以上就是你的全部数据。
export-left = { $count ->
   *[other] 还剩 { $count } 个文件。
 }
export-too-large = { $count ->
   *[other] 有 { $count } 个文件太大，这里无法发送；本机器人的运营者可以发给你。
 }
erase-word = 删除
erase-title = 删除我的一切
erase-field = 输入“{ $word }”
erase-help = 图片、提示词、收藏、设置，以及能找到的我的消息
erase-other-word = 没有删除任何内容；要输入的词是“{ $word }”。
erase-question = { $count ->
   *[other] 要永久删除你的 { $count } 张图片、你请求过的一切、你的收藏和设置吗？别人用你的图片做出的内容会保留。
 }
erase-begun = 正在删除；频道中的消息会以 Discord 允许的速度消失。只有你能看到的消息请自行关闭。
erase-not = 没有删除任何内容。
act-data-erased = 让人删除了自己的数据 { $subject }{ $details }

c-me-name = 我
c-me-text = 你的限额和图片；导出或删除你的数据
