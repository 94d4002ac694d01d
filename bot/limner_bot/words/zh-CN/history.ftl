## 自己的图片

history-empty = 你还没有图片；用 /imagine 生成一张吧。
history-nothing-found = 你没有这样的图片；不带选项的 /历史 会显示全部。
history-not-shown = （文件已不存在）
history-no-sheet = 暂时无法显示缩略图；可以用菜单打开每张图片。
history-too-large = 文件太大，这里无法显示；本机器人的运营者可以发给你。
history-message = 消息
history-open = 打开一张图片…
history-children = 由它生成：{ $links }
button-post-here = 发布到这里
button-reuse = 沿用设置
button-back = 返回
reuse-title = 再次使用这些设置
reuse-options-help = 例如 --steps 30 --cfg 7 --size 768x512
reuse-private = 只有我能看到回复

c-history-name = 历史
c-history-text = 显示你自己的图片，最新的在前；只有你能看到
c-history-search-name = 搜索
c-history-search-text = 提示词中的词
c-history-favourites-name = 收藏
c-history-favourites-text = 只显示收藏
c-history-model-name = 模型
c-history-model-text = 只显示该模型的图片
