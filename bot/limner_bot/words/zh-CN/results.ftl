## 图片的后续

button-strong = 大幅变体
button-remix = 重新混合
button-favourite = 收藏
button-delete = 删除
button-keep = 保留

job-remix-of = 重新混合自{ $where }
job-outpaint-of = 向外扩展自{ $where }
job-inpaint-of = 局部重绘自{ $where }

remix-title = 重新混合
remix-prompt = 提示词
remix-negative = 反向提示词
remix-options = 设置
remix-options-help = 参数，例如 --steps 30 --cfg 7 --size 768x512；不写 --seed 则使用新的种子
remix-not-drawn = 这张图片不是在这里绘制的，没有可更改的设置；用 /imagine 可以画一张新的。
remix-too-long = 它的提示词超过了表单允许的 { $most } 个字符；请用 /imagine。

zoom-title = 向图片四周扩展
zoom-factor = 倍数
zoom-factor-help = 视野扩大多少倍，1.05 到 3

region-title = 局部重绘
region-mask = 蒙版
region-mask-help = 白色部分会重画；也可以上传带透明区域的原图
region-words = 或用文字说明
region-words-help = 左半、右上、中间，或以百分比写 x, y, 宽, 高：10, 20, 50, 30
region-strength = 强度
region-strength-help = 0 到 1：原有内容有多少会重画
region-nothing = 请说明要重画哪一部分：附上蒙版，或写“左半”之类的文字。

favourite-added = 已加入你的收藏；用 /历史 可以查看。
favourite-removed = 已从你的收藏中移除。
original-here = 原始文件，其中带有它的设置。
original-without-settings = 图片原件，不含生成设置：按本服务器规则，设置不向他人公开。
original-not-now = 暂时无法写出不含设置的图片，请一分钟后再试。
original-too-large = 文件有 { $size } MiB，而这里最多 { $limit } MiB；机器人的运营者可以把它发给你。

keep-only-owner = 只有请求这些图片的人才能把它们设为私密。
keep-already-private = 这已经是私密的了。
keep-not-yet = 这还没有完成；请稍后再试。
keep-made-private = { $who } 已将此内容设为私密。
keep-yours-now = 现在是私密的了；这是你的图片。

delete-question = 要永久删除这条消息及其图片文件吗？别人由此制作的图片会保留。
delete-question-copy = 要删除这条消息吗？图片仍保留在最初生成的地方。
delete-not = 没有删除任何内容。
deleted = 已删除。
deleted-but-message = 文件已删除。你的私密消息请自行关闭；在我不是成员的地方，我的消息会保留。
act-picture-deleted = 删除了 { $subject } 的一个结果{ $details }
